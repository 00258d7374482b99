"""What ships in `catalog/data`, item by item."""

import hashlib
import io
import re
from collections import Counter

import pytest
import soundfile
from PIL import Image

from catalog.items import CatalogItem
from catalog.schema import DATA_DIR

EVERY_NTH_DECODED = 8
CLOCK_SLACK_MS = 60  # Opus packets are 20 ms, and WebP rounds every frame.


def of_type(items: list[CatalogItem], media_type: str) -> list[CatalogItem]:
    return [item for item in items if item.media_type == media_type]


@pytest.mark.parametrize(
    ("media_type", "at_least"), [("sticker", 1500), ("video", 200), ("image", 1000), ("audio", 150)]
)
def test_there_are_enough_items_of_each_media_type(items, media_type, at_least):
    assert len(of_type(items, media_type)) >= at_least


def test_all_files_together_stay_small():
    assert sum(path.stat().st_size for path in DATA_DIR.iterdir()) <= 62_000_000


def test_item_ids_are_unique_and_safe_in_urls(items):
    ids = Counter(item.item_id for item in items)
    assert [item_id for item_id, times in ids.items() if times > 1] == []
    assert [item_id for item_id in ids if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", item_id)] == []


def test_bytes_are_repeated_only_where_the_artist_drew_one_emoji_as_another(items):
    times = Counter(item.sha256 for item in items)
    repeated = {item.item_id for item in items if times[item.sha256] > 1}
    assert repeated <= {"fluent3d-1f63a", "fluent3d-1f431"}  # grinning cat, cat face


def test_every_sha256_is_that_of_the_bytes(items):
    wrong = [item.item_id for item in items if hashlib.sha256(item.data).hexdigest() != item.sha256]
    assert wrong == []


def test_every_item_says_what_it_is_and_whose_it_is(items):
    for item in items:
        assert item.alt_text.strip(), item.item_id
        assert item.attribution.strip(), item.item_id
        assert item.licence in {"MIT", "CC0-1.0", "CC-PDDC"}, item.item_id
        assert item.source_package.startswith(("npm:", "debian:")), item.item_id
        assert item.source_path, item.item_id


def test_stills_have_the_size_and_format_they_claim(items):
    for item in [*of_type(items, "sticker"), *of_type(items, "image")][::EVERY_NTH_DECODED]:
        with Image.open(io.BytesIO(item.data)) as image:
            image.load()
            assert (image.get_format_mimetype(), *image.size) == (item.mime_type, item.width, item.height)
        assert item.duration_ms is None
        assert item.preview is None


def test_pictures_fit_into_320_pixels_and_are_not_blank(items):
    for item in of_type(items, "image")[::EVERY_NTH_DECODED]:
        assert max(item.width, item.height) <= 320
        with Image.open(io.BytesIO(item.data)) as image:
            assert image.convert("RGBA").getchannel("A").getextrema()[1] > 200, item.item_id


def test_clips_move_loop_and_last_as_long_as_they_claim(items):
    for item in of_type(items, "video")[::EVERY_NTH_DECODED]:
        with Image.open(io.BytesIO(item.data)) as clip:
            assert clip.get_format_mimetype() == item.mime_type
            assert clip.size == (item.width, item.height)
            assert clip.info["loop"] == 0
            first, lasted_ms, moved = clip.convert("RGBA").tobytes(), 0, False
            for index in range(clip.n_frames):
                clip.seek(index)
                clip.load()
                lasted_ms += clip.info["duration"]
                moved = moved or clip.convert("RGBA").tobytes() != first
        assert moved, item.item_id
        assert abs(lasted_ms - item.duration_ms) <= CLOCK_SLACK_MS, item.item_id


def test_sounds_decode_without_clipping_and_last_as_long_as_they_claim(items):
    for item in of_type(items, "audio")[::EVERY_NTH_DECODED]:
        samples, rate_hz = soundfile.read(io.BytesIO(item.data), always_2d=True)
        assert item.mime_type == "audio/ogg"
        assert 0.1 < abs(samples).max() < 1.0, item.item_id
        assert abs(1000 * len(samples) / rate_hz - item.duration_ms) <= CLOCK_SLACK_MS, item.item_id
        assert (item.width, item.height) == (0, 0)


def test_clips_and_sounds_have_a_still_preview(items):
    for item in [*of_type(items, "video"), *of_type(items, "audio")]:
        assert item.preview is not None
        with Image.open(io.BytesIO(item.preview)) as preview:
            assert preview.get_format_mimetype() == item.preview_mime_type == "image/webp"
            assert getattr(preview, "n_frames", 1) == 1
            assert preview.has_transparency_data


def test_there_are_no_flags_and_no_skin_tones(items):
    for item in items:
        points = {ord(character) for character in item.emoji or ""}
        assert not any(0x1F1E6 <= point <= 0x1F1FF or 0x1F3FB <= point <= 0x1F3FF for point in points)
        assert "1f3f4" not in item.item_id
        assert "1f3f3" not in item.item_id
        assert "flags/" not in item.source_path


def test_rude_and_harmful_things_are_not_rated_for_everybody(items):
    rating = {item.item_id: item.rating for item in items}
    assert rating["fluent3d-1f595"] == "pg-13"  # middle finger
    assert rating["fluent3d-1f6ac"] == "pg-13"  # cigarette
    assert rating["fluent3d-1f37a"] == "pg"  # beer
    assert rating["fluent3d-1f382"] == "g"  # cake
