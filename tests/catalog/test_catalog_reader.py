import dataclasses

import pyarrow.parquet as pq
import pytest

from catalog.checksums import write_checksums
from catalog.reader import count, read_items, verify
from catalog.recipe.writer import write_items
from catalog.schema import BYTES_COLUMNS, DATA_DIR, MEDIA_FILES
from catalog.stats import count_items


@pytest.fixture
def small(tmp_path, items):
    """A whole catalogue of two items a file."""
    for media_type, name in MEDIA_FILES.items():
        write_items([item for item in items if item.media_type == media_type][:2], tmp_path / name)
    write_checksums(tmp_path)
    return tmp_path


def test_the_shipped_catalogue_is_verified():
    verify(DATA_DIR)


def test_items_come_back_as_they_were_written(small, items):
    wanted = [item for media_type in MEDIA_FILES for item in items if item.media_type == media_type]
    by_id = {item.item_id: item for item in wanted}
    read = list(read_items(small))
    assert len(read) == 8
    assert all(item == by_id[item.item_id] for item in read)


def test_equal_items_are_written_as_equal_bytes(small, tmp_path, items):
    again = tmp_path / "again.parquet"
    write_items([item for item in items if item.media_type == "audio"][:2], again)
    assert again.read_bytes() == (small / MEDIA_FILES["audio"]).read_bytes()


def test_only_the_asked_media_types_are_read(small):
    assert {item.media_type for item in read_items(small, ["audio"])} == {"audio"}


def test_an_unknown_media_type_is_named_with_what_is_allowed(small):
    with pytest.raises(ValueError, match="'song', allowed: sticker, video, image, audio"):
        list(read_items(small, ["song"]))


def test_counts_come_from_the_footers_and_agree_with_the_rows(items):
    assert count() == count_items(items).by_media_type


def test_media_bytes_are_stored_uncompressed_and_the_rest_as_zstd():
    group = pq.ParquetFile(DATA_DIR / MEDIA_FILES["sticker"]).metadata.row_group(0)
    columns = [group.column(index) for index in range(group.num_columns)]
    for column in columns:
        expected = "UNCOMPRESSED" if column.path_in_schema in BYTES_COLUMNS else "ZSTD"
        assert column.compression == expected, column.path_in_schema


def test_a_missing_file_is_named_with_how_to_rebuild_it(small):
    (small / "clips.parquet").unlink()
    with pytest.raises(
        ValueError, match=r"clips\.parquet is missing; rebuild it with `python -m catalog\.recipe"
    ):
        verify(small)


def test_a_truncated_file_is_named(small):
    path = small / "sounds.parquet"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ValueError, match=r"sounds\.parquet is not a whole Parquet file"):
        verify(small)


def test_another_schema_is_told_by_its_columns(small):
    path = small / "pictures.parquet"
    table = pq.read_table(path).drop_columns(["licence"])
    pq.write_table(table, path)
    with pytest.raises(
        ValueError, match=r"pictures\.parquet has another schema: columns missing \['licence'\]"
    ):
        verify(small)


def test_changed_bytes_are_a_checksum_mismatch(small, items):
    sticker = next(item for item in items if item.media_type == "sticker")
    write_items([dataclasses.replace(sticker, alt_text="tampered")], small / "stickers.parquet")
    with pytest.raises(
        ValueError, match=r"stickers\.parquet has sha256 [0-9a-f]{64}, expected [0-9a-f]{64}"
    ):
        verify(small)


def test_a_catalogue_without_checksums_is_refused(small):
    (small / "SHA256SUMS").unlink()
    with pytest.raises(ValueError, match="SHA256SUMS is missing"):
        verify(small)


def test_a_file_that_the_checksums_do_not_name_is_refused(small):
    lines = (small / "SHA256SUMS").read_text("ascii").splitlines(keepends=True)
    (small / "SHA256SUMS").write_text("".join(line for line in lines if "clips" not in line), "ascii")
    with pytest.raises(ValueError, match=r"does not name clips\.parquet"):
        verify(small)
