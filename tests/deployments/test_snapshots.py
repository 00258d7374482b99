"""A start from a snapshot, with a real store and real files."""

from collections.abc import AsyncIterator, Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete
from typer.testing import CliRunner

from catalog.items import Term
from deployments.cli import app
from deployments.index_settings import ShardSettings
from deployments.part import Part
from deployments.settings import DEFAULT_CONFIG, AppSettings, StoreSettings
from deployments.shard import Shard
from deployments.snapshotting import snapshot_index
from models.text import TextEncoder
from ranking.index_files import read_index
from store.database import migrate
from store.erasure import erase
from store.item_files import read_items
from store.media import MediaStore
from store.media_item import MediaItem
from store.tables import media_items
from tests.deployments.test_shards import lookup
from tests.store.test_media_store import PICTURE, item

WHOLE = Part()
WITHOUT = "starts without a snapshot"


def named(word: str, owner_id: str | None = None) -> MediaItem:
    return item(
        word, alt_text=word, terms=(Term(word, "en", "upload"),), owner_id=owner_id, prompt={"seed": 1}
    )


async def new_store(settings: StoreSettings) -> MediaStore:
    await migrate(settings.database_url)
    store = await MediaStore.open(settings.database_url, settings.blob_url)
    await store.blobs.write(PICTURE)
    await store.add([named("cake"), named("cat"), named("tea", "ann"), named("walrus")])
    return store


@pytest.fixture(params=["folder", "s3"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> AppSettings:
    folder = tmp_path if request.param == "folder" else request.getfixturevalue("bucket")
    read = AppSettings.load(DEFAULT_CONFIG, tmp_path)
    return read.model_copy(
        update={"store": read.store.model_copy(update={"snapshot_url": f"{folder}/snapshots"})}
    )


@pytest.fixture
async def store(settings: AppSettings) -> AsyncIterator[MediaStore]:
    opened = await new_store(settings.store)
    yield opened
    await opened.close()


def as_dict(item: MediaItem) -> dict[str, Any]:
    return asdict(item) | {"embedding": None if item.embedding is None else item.embedding.tobytes()}


async def items_of(
    settings: StoreSettings, encoder: TextEncoder, part: Part = WHOLE
) -> dict[str, MediaItem]:
    """What a replica holds that starts now."""
    shard = await Shard.open(settings, encoder, part)
    await shard.store.close()
    assert shard.check() == len(shard.items)
    return shard.items


async def test_a_start_reads_the_snapshot_and_from_the_store_only_what_changed(
    settings: AppSettings, store: MediaStore, encoder: TextEncoder, caplog: pytest.LogCaptureFixture
) -> None:
    before = await items_of(settings.store, encoder)
    assert await snapshot_index(settings) == "4 items in 1 parts written"
    caplog.clear()
    async with store.engine.begin() as connection:  # behind the back of those who follow the changes
        await connection.execute(delete(media_items).where(media_items.c.item_id == "walrus"))
    await store.add([named("night sky")])
    await store.remove("cat")
    items = await items_of(settings.store, encoder)
    assert WITHOUT not in caplog.text
    assert items.keys() == {"cake", "tea", "walrus", "night sky"}
    assert as_dict(items["tea"]) == as_dict(before["tea"])
    shard = await Shard.open(settings.store, encoder, Part())
    for n_gram in ("cake", "nigth sky", "tea", "wal"):
        hits = shard.search(lookup(n_gram), encoder.encode([n_gram])[0])
        assert hits[0].match.index_match > 0.3
        assert hits[0].item.alt_text == {"nigth sky": "night sky", "wal": "walrus"}.get(n_gram, n_gram)
    await shard.store.close()


async def test_who_was_erased_does_not_come_back_with_a_snapshot(
    settings: AppSettings, store: MediaStore, encoder: TextEncoder
) -> None:
    await snapshot_index(settings)
    await erase(store, "ann", "test")
    assert "tea" not in await items_of(settings.store, encoder)


@pytest.mark.parametrize("settings", ["folder"], indirect=True)
@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("about.json", lambda path: path.unlink()),
        ("about.json", lambda path: path.write_text(path.read_text().replace("walrus", "narwhal"))),
        (
            "index.json",
            lambda path: path.write_text(path.read_text().replace('"format": 1', '"format": 0')),
        ),
        ("items.parquet", lambda path: path.write_bytes(path.read_bytes()[:-9])),
        ("entries.parquet", lambda path: path.unlink()),
    ],
    ids=["unfinished", "of another store", "of another format", "cut off", "incomplete"],
)
async def test_what_is_no_snapshot_of_this_store_is_passed_over(
    settings: AppSettings, store: MediaStore, encoder: TextEncoder, caplog: pytest.LogCaptureFixture,
    name: str, change: Callable[[Path], object],
) -> None:  # fmt: skip
    await snapshot_index(settings)
    caplog.clear()
    change(next(Path(str(settings.store.snapshot_url)).rglob(name)))
    assert len(await items_of(settings.store, encoder)) == 4
    assert WITHOUT in caplog.text


@pytest.mark.parametrize("settings", ["folder"], indirect=True)
async def test_another_number_of_shards_starts_without_a_snapshot_and_writes_its_own(
    settings: AppSettings, store: MediaStore, encoder: TextEncoder, caplog: pytest.LogCaptureFixture
) -> None:
    await snapshot_index(settings)
    caplog.clear()
    held = [await items_of(settings.store, encoder, Part(number, 2)) for number in range(2)]
    assert held[0].keys() | held[1].keys() == {"cake", "cat", "tea", "walrus"}
    assert not held[0].keys() & held[1].keys()
    assert caplog.text.count(WITHOUT) == 2
    shard = ShardSettings(num_shards=2, num_cpus=0.1, max_ongoing_requests=8, max_queued_requests=16)
    assert (
        await snapshot_index(settings.model_copy(update={"shard": shard})) == "4 items in 2 parts written"
    )
    folders = {folder.name for folder in Path(str(settings.store.snapshot_url)).iterdir()}
    assert {name for name in folders if list(Path(str(settings.store.snapshot_url), name).iterdir())} == {
        "0-of-2",
        "1-of-2",
    }


@pytest.mark.parametrize("settings", ["folder"], indirect=True)
async def test_only_the_newest_snapshot_stays(settings: AppSettings, store: MediaStore) -> None:
    await snapshot_index(settings)
    folder = Path(str(settings.store.snapshot_url)) / "0-of-1"
    (first,) = folder.iterdir()
    await store.remove("tea")
    await snapshot_index(settings)
    (second,) = folder.iterdir()
    assert first.name < second.name
    assert {each.item_id for each in read_items(second / "items.parquet")} == {"cake", "cat", "walrus"}
    assert "tea" not in read_index(second)


def test_without_a_place_for_snapshots_none_is_written(tmp_path: Path) -> None:
    answer = CliRunner().invoke(app, ["snapshot-index"], env={"GRAMOJI_VAR": str(tmp_path)})
    assert isinstance(answer.exception, ValueError)
    assert "store.snapshot_url" in str(answer.exception)
