"""Simulated people who look at real stickers, and a real store that remembers what they did."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from catalog.items import STYLES, CatalogItem
from catalog.reader import read_items
from models.sticker import StickerGenerator
from ranking.weights import load_ranking_weights
from rl.log import GOOD, read_log
from rl.simulation.gallery import Gallery, Visit
from rl.simulation.gallery_store import GalleryStore
from rl.simulation.paintings import Looks, Paintings, looks_of, paint
from rl.simulation.phrasebook import Phrasebook, read_phrasebook
from rl.simulation.town import Customs
from store.log_dataset import LogDataset
from store.media import MediaStore
from store.tenant_log import read_slates

WEIGHTS = load_ranking_weights(Path("configs/ranking.yaml"))
CUSTOMS = Customs(num_people=8)


@pytest.fixture(scope="module")
def book() -> Phrasebook:
    return read_phrasebook(2, media_types=("sticker",))


@pytest.fixture(scope="module")
def items(book: Phrasebook) -> dict[str, CatalogItem]:
    found = {candidate.item_id for candidates in book.found for candidate in candidates}
    return {item.item_id: item for item in read_items(media_types=("sticker",)) if item.item_id in found}


@pytest.fixture(scope="module")
def paintings(book: Phrasebook) -> Paintings:
    folder = Path("models/weights")
    generator = StickerGenerator(folder / "sticker", folder / "relevance", 2, 3.0, 0.67)
    return paint(generator, book.phrases, range(1, 3))


def visits(
    book: Phrasebook, items: dict[str, CatalogItem], paintings: Paintings, num: int = 60, seed: int = 0
) -> list[Visit]:
    looks = {item_id: looks_of(item.data) for item_id, item in items.items()}
    return list(Gallery(book, looks, paintings, WEIGHTS, CUSTOMS, seed).visits(num, range(2)))


def picture(colour: tuple[int, int, int, int]) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGBA", (8, 8), colour).save(buffer, "PNG")
    return buffer.getvalue()


def test_looks_are_those_of_the_solid_part() -> None:
    assert looks_of(picture((255, 0, 0, 255))) == Looks(1.0, 1.0)
    assert looks_of(picture((0, 0, 255, 255))) == Looks(-1.0, 1.0)
    assert looks_of(picture((90, 90, 90, 255))) == Looks(0.0, 0.0)
    assert looks_of(picture((255, 0, 0, 0))) == Looks(0.0, 0.0)


def test_the_same_seed_gives_the_same_visits(
    book: Phrasebook, items: dict[str, CatalogItem], paintings: Paintings
) -> None:
    first, again = (visits(book, items, paintings) for _ in range(2))
    assert [each.impression.selected_K for each in first] == [each.impression.selected_K for each in again]
    assert [each.impression.selected_K for each in visits(book, items, paintings, seed=1)] != [
        each.impression.selected_K for each in first
    ]


def test_warmer_stickers_are_taken_more_often(
    book: Phrasebook, items: dict[str, CatalogItem], paintings: Paintings
) -> None:
    def tinted(warmth: float) -> Paintings:
        return {
            key: tuple(type(p)(p.prompt, p.medium, Looks(warmth, p.looks.vividness)) for p in made)
            for key, made in paintings.items()
        }

    warm, cool = (
        np.mean([each.generated() for each in visits(book, items, tinted(warmth), 400)])
        for warmth in (0.8, -0.8)
    )
    assert warm > 1.5 * cool


async def test_a_real_store_holds_what_was_shown_and_selected(
    book: Phrasebook, items: dict[str, CatalogItem], paintings: Paintings, tmp_path: Path
) -> None:
    seen, store = visits(book, items, paintings), GalleryStore(tmp_path)
    assert await store.write(seen, book, items, WEIGHTS, "sticker-base") == len(seen)
    rows = read_slates(LogDataset(store.log_url), None)
    assert len(read_log(rows, WEIGHTS)) == len(seen)
    selected = sum(deed["action"] in GOOD for row in rows for deed in row["feedback"])
    assert selected == sum(sum(each.impression.selected_K) for each in seen) > 0
    media = await MediaStore.open(store.database_url, store.blob_url)
    try:
        shown = {each["item_id"] for row in rows for each in row["shown"]}
        kept = await media.get(sorted(shown))
    finally:
        await media.close()
    assert kept.keys() == shown
    made = [item for item in kept.values() if item.origin == "generated"]
    assert {item.prompt["style"] for item in made if item.prompt} <= set(STYLES)
    assert all(item.owner_id is not None and item.model_version == "sticker-base" for item in made)
