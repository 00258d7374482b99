"""A store with real stickers, found and generated, and a log of people who love warm colours."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch

from catalog.items import STYLES, CatalogItem
from catalog.reader import read_items
from models.colour import warmth
from models.pipeline import MediaFlowPipeline
from models.sticker import to_image, to_webp
from models.text import TextEncoder
from models.training.stickers import picture_from_bytes, to_float
from ranking.candidates import Candidate
from ranking.logged import to_logged
from ranking.novelty import Seen
from ranking.rank import rank
from ranking.taste import Taste
from ranking.weights import RankingWeights
from rl.tuning.log_reader import read_showings
from rl.tuning.senses import Eyes
from rl.tuning.showings import Showings
from store.database import migrate
from store.feedback import Feedback, FeedbackLog
from store.impression import Impression, Shown
from store.impressions import ImpressionLog
from store.log_dataset import LogDataset
from store.media import MediaStore
from store.media_item import MediaItem
from tests.ranking import strategies as s

WEIGHTS = Path("models/weights")
RANKING = replace(s.SHIPPED, temperature=0.1)
N_GRAMS = ("happy birthday", "good morning", "so tired", "pizza time", "i love you", "rain again")
THETA = 0.45  # what each place is looked at, times that of the one above
COUNT = 60  # stickers of either kind


@cache
def catalogue() -> list[CatalogItem]:
    """Every so manieth sticker of the catalogue."""
    return list(read_items(media_types=("sticker",)))[:: 1500 // COUNT][:COUNT]


@cache
def generated() -> list[bytes]:
    """Stickers as the shipped autoencoder decodes them, of another style for every third."""
    pipeline = MediaFlowPipeline.from_pretrained(WEIGHTS / "sticker")
    rows = list(range(3, 3 + 20 * COUNT, 20))
    styles = [0 for _ in rows]
    with torch.inference_mode():
        pictures = pipeline.vae.decode(pipeline.references.latents(styles, rows).float())
    return [to_webp(to_image(picture)) for picture in pictures]


def warmths(data: list[bytes]) -> list[float]:
    return warmth(to_float(np.stack([picture_from_bytes(each, 128) for each in data]))).tolist()


async def fill(store: MediaStore) -> dict[str, float]:
    """Add both kinds of stickers; returns how warm each is, by id."""
    found = {f"c-{i:02}": each.data for i, each in enumerate(catalogue())}
    made = {f"g-{i:02}": each for i, each in enumerate(generated())}
    data = found | made
    await store.add(
        [
            await an_item(store, item_id, each, "generated" if item_id in made else "catalog")
            for item_id, each in data.items()
        ]
    )
    return dict(zip(data, warmths(list(data.values())), strict=True))


async def an_item(store: MediaStore, item_id: str, data: bytes, origin: Any) -> MediaItem:
    number = int(item_id[2:])
    vector = np.random.default_rng(number).normal(size=384)
    return MediaItem(
        item_id, "sticker", "image/webp", 128, 128, None, item_id, None, (), "pg", "CC0-1.0", "test", origin,
        owner_id=f"u-{number}" if origin == "generated" else None,
        model_version="sticker-test" if origin == "generated" else None,
        prompt={"text": "x", "seed": number, "style": STYLES[0]} if origin == "generated" else None,
        provenance="test", sha256=await store.blobs.write(data), preview_sha256=None, preview_mime_type=None,
        embedding=(vector / np.linalg.norm(vector)).astype(np.float32), created_at=1.0,
    )  # fmt: skip


def log_rows(
    warm: dict[str, float], weights: RankingWeights, count: int, people: int = 200
) -> list[dict[str, Any]]:
    """Slates of the real ranking, which puts cool colours first, and selections by people who look from the top."""
    ids, rows = sorted(warm), []
    for seed in range(count):
        rng = np.random.default_rng(seed)
        pool = [
            Candidate(
                i,
                "sticker",
                "generated" if i[0] == "g" else "index",
                float(np.clip(0.55 - 0.3 * warm[i] + 0.1 * rng.normal(), 0, 1)),
                popularity=0.5,
            )
            for i in rng.choice(ids, size=8, replace=False).tolist()
        ]
        slate = rank(pool, Taste(), Seen(), None, weights, 5, 0.0, rng)
        chosen = [
            each.candidate.item_id
            for each in slate.items
            if rng.random() < THETA**each.position * wanted(warm[each.candidate.item_id])
        ]
        at = datetime.fromtimestamp(1000 + seed, UTC)
        rows.append(
            {
                "suggestion_id": f"s-{seed:05}", "slate": 0, "user_id": f"u-{seed % people}", "at": at,
                "composition_id": f"m-{seed}", "n_gram": N_GRAMS[seed % len(N_GRAMS)], "policy_version": weights.version,
                "shown": [
                    {"item_id": each.candidate.item_id, "media_type": "sticker", "source": each.candidate.source, "propensity": each.propensity}
                    for each in slate.items
                ],
                "candidates": json.dumps([to_logged(each) for each in slate.considered]),
                "feedback": [{"item_id": each, "action": "select", "at": at} for each in chosen],
            }
        )  # fmt: skip
    return rows


def wanted(warm: float) -> float:
    """The chance that a sticker that is looked at is selected."""
    return float(1 / (1 + np.exp(1.2 - 4.0 * warm)))


async def store_log(store: MediaStore, rows: list[dict[str, Any]], url: str) -> None:
    """Write the slates and what was done with them as serving does, and export them."""
    impressions = [
        Impression(
            row["suggestion_id"], 0, row["user_id"], row["composition_id"], row["at"].timestamp(), row["n_gram"], "en",
            row["policy_version"], 1.0, (), (),
            tuple(Shown(each["item_id"], "sticker", each["source"], each["propensity"]) for each in row["shown"]),
            tuple(json.loads(row["candidates"])),
        )
        for row in rows
    ]  # fmt: skip
    deeds = [
        Feedback(
            f"{row['suggestion_id']}-{place}", row["suggestion_id"], deed["item_id"], "select", row["at"].timestamp()
        )
        for row in rows
        for place, deed in enumerate(row["feedback"])
    ]  # fmt: skip
    await ImpressionLog(store.engine, "test").add(impressions)
    assert set(await FeedbackLog(store.engine, "test").record(deeds)) == {"recorded"}
    await LogDataset(url).export(store.engine)


@dataclass(frozen=True)
class World:
    folder: Path
    warm: dict[str, float]
    rows: list[dict[str, Any]]
    showings: Showings
    warm_N: np.ndarray

    def again(self, then: Callable[[MediaStore], Awaitable[None]] | None = None) -> Showings:
        """Read the log again, after something was done to the store."""
        return asyncio.run(read(self.folder, self.rows, then))


sticker_eyes = cache(lambda: Eyes("sticker", WEIGHTS))
text_encoder = cache(TextEncoder)


async def read(
    folder: Path, rows: list[dict[str, Any]], then: Callable[[MediaStore], Awaitable[None]] | None = None
) -> Showings:
    store = await MediaStore.open(f"sqlite+aiosqlite:///{folder}/store.db", f"{folder}/blobs")
    try:
        if then is not None:
            await then(store)
        return await read_showings(rows, store, sticker_eyes(), text_encoder(), RANKING, 5.0)
    finally:
        await store.close()


async def build(folder: Path) -> dict[str, float]:
    await migrate(f"sqlite+aiosqlite:///{folder}/store.db")
    store = await MediaStore.open(f"sqlite+aiosqlite:///{folder}/store.db", f"{folder}/blobs")
    try:
        return await fill(store)
    finally:
        await store.close()
