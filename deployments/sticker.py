"""The sticker generator as a deployment: calls that arrive together are sampled together, and stop when nobody waits."""

import asyncio
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice

import torch
from ray import serve
from ray.util.metrics import Counter, Histogram
from ulid import ULID

from catalog.items import Term
from deployments.settings import StickerSettings, StoreSettings
from models.sticker import GeneratedPicture, StickerGenerator
from store.media import MediaStore
from store.media_item import MediaItem


@dataclass(frozen=True, slots=True)
class Order:
    """Stickers to make: one for each seed. A `repeatable` order is sampled alone, one sticker at a time,
    because the company in a batch changes the last bits of its floats.
    """

    prompt: str
    user_id: str
    locale: str
    seeds: tuple[int, ...]
    repeatable: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """A new item that is already stored, the seed it came from, and the judge's cosine to the prompt."""

    item: MediaItem
    seed: int
    cosine: float


@dataclass(slots=True, eq=False)
class _Waiting:
    order: Order
    abandoned: threading.Event = field(default_factory=threading.Event)


class Sticker:
    """One batch at a time in a thread of its own; the loop of the replica stays free."""

    async def __init__(self, settings: StickerSettings, store: StoreSettings) -> None:  # type: ignore[misc]
        torch.set_num_threads(settings.threads)
        self.generator = load_generator(settings)
        self.store = await MediaStore.open(store.database_url, store.blob_url)
        self.thread = ThreadPoolExecutor(1, initializer=torch.set_num_threads, initargs=(settings.threads,))
        self._sample_batch.set_max_batch_size(settings.max_batch_size)
        self._sample_batch.set_batch_wait_timeout_s(settings.batch_wait_ms / 1000)
        self.steps_run = Counter("gramoji_sampling_steps", "Transformer evaluations run.")
        self.steps_saved = Counter(
            "gramoji_sampling_steps_saved", "Transformer evaluations not run: nobody waited."
        )
        self.seconds = Histogram(
            "gramoji_sampling_seconds", "Duration of a batch.", boundaries=[0.1, 0.2, 0.5, 1, 2, 5, 10]
        )

    async def generate(self, order: Order) -> list[Made]:
        """Make and store the stickers of one order; cancelling the call stops its sampling within one step."""
        waiting = _Waiting(order)
        try:
            pictures = await self._sample_batch(waiting)
        except asyncio.CancelledError:
            waiting.abandoned.set()
            raise
        return await self._keep(order, pictures)

    async def check(self) -> str:
        """Answer when stickers can be made."""
        return self.generator.version

    @serve.batch
    async def _sample_batch(self, batch: list[_Waiting]) -> list[tuple[GeneratedPicture, ...]]:
        return await asyncio.get_running_loop().run_in_executor(self.thread, self._sample, batch)

    def _sample(self, batch: Sequence[_Waiting]) -> list[tuple[GeneratedPicture, ...]]:
        alone = [waiting for waiting in batch if waiting.order.repeatable]
        together = [waiting for waiting in batch if not waiting.order.repeatable]
        made = {id(waiting): self._run([waiting], one_by_one=True) for waiting in alone}
        pictures = iter(self._run(together))
        for waiting in together:
            made[id(waiting)] = list(islice(pictures, len(waiting.order.seeds)))
        return [tuple(made[id(waiting)]) for waiting in batch]

    def _run(self, group: Sequence[_Waiting], one_by_one: bool = False) -> list[GeneratedPicture]:
        """Sample a group; its pictures come in order, or none of them when everyone has left."""
        pairs = [(waiting.order.prompt, seed) for waiting in group for seed in waiting.order.seeds]
        size = 1 if one_by_one else max(1, len(pairs))
        pictures: list[GeneratedPicture] = []
        for start in range(0, len(pairs), size):
            prompts, seeds = zip(*pairs[start : start + size], strict=True)
            started = time.perf_counter()
            made = self.generator.generate(
                prompts, seeds, lambda _: not all(waiting.abandoned.is_set() for waiting in group)
            )
            self.seconds.observe(time.perf_counter() - started)
            for counter, steps in (
                (self.steps_run, made.num_evaluations),
                (self.steps_saved, made.num_planned - made.num_evaluations),
            ):
                if steps:
                    counter.inc(steps)
            pictures.extend(made.pictures)
        return pictures

    async def _keep(self, order: Order, pictures: Sequence[GeneratedPicture]) -> list[Made]:
        """Bytes first, then the rows, so that no row ever lacks its bytes."""
        made = [
            Made(await self._item(order, picture, seed), seed, picture.cosine)
            for picture, seed in zip(pictures, order.seeds, strict=False)
        ]
        await self.store.add([each.item for each in made])
        return made

    async def _item(self, order: Order, picture: GeneratedPicture, seed: int) -> MediaItem:
        return MediaItem(
            item_id=str(ULID()),
            media_type="sticker",
            mime_type=picture.mime_type,
            width=picture.width,
            height=picture.height,
            duration_ms=None,
            alt_text=order.prompt,
            emoji=None,
            terms=(Term(order.prompt, order.locale, "generated"),),
            rating="g",
            licence="CC0-1.0",
            attribution=f"Generated by Gramoji, {self.generator.version}",
            origin="generated",
            owner_id=order.user_id,
            model_version=self.generator.version,
            prompt={"text": order.prompt, "seed": seed},
            provenance=self.generator.version,
            sha256=await self.store.blobs.write(picture.data),
            preview_sha256=None,
            preview_mime_type=None,
            embedding=picture.embedding,
            created_at=time.time(),
        )


def load_generator(settings: StickerSettings) -> StickerGenerator:
    """The generator that the settings describe."""
    return StickerGenerator(
        settings.weights,
        settings.relevance_weights,
        settings.num_inference_steps,
        settings.guidance_scale,
        settings.strength,
    )
