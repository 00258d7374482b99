"""What every generator deployment does: calls that arrive together are sampled together, and stop when nobody waits."""

import asyncio
import io
import os
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice

import torch
from PIL import Image
from ray import serve
from ulid import ULID

from catalog.items import MediaType, Rating, Term
from deployments.order import Made, Order
from deployments.sampling_metrics import SamplingMetrics
from deployments.settings import GeneratorSettings, StoreSettings
from models.generation import GeneratedMedium, Generator, Prompt
from models.prompt_safety import check_prompt
from models.safety import SafetyClassifier
from ranking.entries import RATINGS
from store.media import MediaStore
from store.media_item import MediaItem


@dataclass(slots=True, eq=False)
class _Waiting:
    order: Order
    abandoned: threading.Event = field(default_factory=threading.Event)

    def prompts(self) -> list[Prompt]:
        order = self.order
        return [
            Prompt(order.prompt, seed, order.leaning, order.lettering, order.interests)
            for seed in order.seeds
        ]


@dataclass(frozen=True, slots=True, eq=False)
class _Rated:
    medium: GeneratedMedium
    rating: Rating


class Engine:
    """One batch at a time in a thread of its own; the loop of the replica stays free."""

    media_type: MediaType
    num_people: int  # whose orders wait or are sampled
    ahead: _Waiting | None  # what is made ahead of the typing

    async def start(self, generator: Generator, settings: GeneratorSettings, store: StoreSettings) -> None:
        """Take the generator into service."""
        torch.set_num_threads(settings.threads)
        os.nice(settings.niceness)
        self.generator = generator
        self.safety = SafetyClassifier(settings.threads)
        self.store = await MediaStore.open(store.database_url, store.blob_url)
        self.thread = ThreadPoolExecutor(1, initializer=torch.set_num_threads, initargs=(settings.threads,))
        self._sample_batch.set_max_batch_size(settings.max_batch_size)
        self._sample_batch.set_batch_wait_timeout_s(settings.batch_wait_ms / 1000)
        self.num_people, self.ahead = 0, None
        self.metrics = SamplingMetrics(self.media_type)

    async def generate(self, order: Order) -> list[Made]:
        """Make and store the media of one order; cancelling the call stops its sampling within one step.

        Raises UnusablePromptError for words that nothing can, or may, be made of.
        """
        check_prompt(order.prompt, order.locale, order.rating)
        self.generator.check_text(order.prompt)
        waiting = _Waiting(order)
        if order.ahead:
            return await self._keep(order, await self._sample_ahead(waiting))
        if self.ahead:
            self.ahead.abandoned.set()
        self.num_people += 1
        try:
            media = await self._sample_batch(waiting)
        except asyncio.CancelledError:
            waiting.abandoned.set()
            raise
        finally:
            self.num_people -= 1
        return await self._keep(order, media)

    async def _sample_ahead(self, waiting: _Waiting) -> list[_Rated]:
        """Nothing, if anybody waits or comes meanwhile: idle time only."""
        if self.num_people or self.ahead:
            return []
        self.ahead = waiting
        try:
            return await asyncio.get_running_loop().run_in_executor(self.thread, self._run, [waiting])
        finally:
            self.ahead = None

    async def check(self) -> str:
        """Answer when media can be made."""
        return self.generator.version

    @serve.batch
    async def _sample_batch(self, batch: list[_Waiting]) -> list[list[_Rated]]:
        return await asyncio.get_running_loop().run_in_executor(self.thread, self._sample, batch)

    def _sample(self, batch: Sequence[_Waiting]) -> list[list[_Rated]]:
        alone = [waiting for waiting in batch if waiting.order.repeatable]
        together = [waiting for waiting in batch if not waiting.order.repeatable]
        made = {id(waiting): self._run([waiting], one_by_one=True) for waiting in alone}
        media = iter(self._run(together))
        for waiting in together:
            made[id(waiting)] = list(islice(media, len(waiting.order.seeds)))
        return [made[id(waiting)] for waiting in batch]

    def _run(self, group: Sequence[_Waiting], one_by_one: bool = False) -> list[_Rated]:
        """Sample a group; its media come in order, or none of them when everyone has left."""
        prompts = [prompt for waiting in group for prompt in waiting.prompts()]
        size = 1 if one_by_one else max(1, len(prompts))
        media: list[GeneratedMedium] = []
        for start in range(0, len(prompts), size):
            with self.metrics.sampling() as count:
                made = self.generator.generate(
                    prompts[start : start + size],
                    lambda _: not all(waiting.abandoned.is_set() for waiting in group),
                )
                count(made.num_evaluations, made.num_planned)
            media.extend(made.media)
        return [_Rated(medium, self._rate(medium)) for medium in media]

    def _rate(self, medium: GeneratedMedium) -> Rating:
        """What is safe is for everyone; sound is what was typed, said aloud, and is not seen."""
        if not medium.width:
            return "g"
        rating = self.safety.rate(Image.open(io.BytesIO(medium.preview or medium.data)))
        return "g" if rating == "pg" else rating

    async def _keep(self, order: Order, media: Sequence[_Rated]) -> list[Made]:
        """Bytes first, then the rows, so that no row ever lacks its bytes; what the order may not show is not kept."""
        allowed = RATINGS.index(order.rating)
        made = [
            Made(await self._item(order, rated, seed), seed, rated.medium.cosine)
            for rated, seed in zip(media, order.seeds, strict=False)
            if RATINGS.index(rated.rating) <= allowed
        ]
        self.metrics.made(len(made), len(media) - len(made))
        await self.store.add([each.item for each in made])
        return made

    async def _item(self, order: Order, rated: _Rated, seed: int) -> MediaItem:
        medium, version = rated.medium, self.generator.version
        prompt: dict[str, str | int | float] = {"text": order.prompt, "seed": seed}
        if order.leaning is not None:
            prompt["leaning"] = ", ".join(order.interests) or "earlier selections"
        preview = None if medium.preview is None else await self.store.blobs.write(medium.preview)
        return MediaItem(
            item_id=str(ULID()),
            media_type=self.media_type,
            mime_type=medium.mime_type,
            width=medium.width,
            height=medium.height,
            duration_ms=medium.duration_ms,
            alt_text=order.prompt,
            emoji=None,
            terms=(Term(order.prompt, order.locale, "generated"),),
            rating=rated.rating,
            licence="CC0-1.0",
            attribution=f"Generated by Gramoji, {version}",
            origin="generated",
            owner_id=order.user_id,
            model_version=version,
            prompt=prompt,
            provenance=version,
            sha256=await self.store.blobs.write(medium.data),
            preview_sha256=preview,
            preview_mime_type=None if preview is None else "image/webp",
            embedding=medium.embedding,
            created_at=order.asked_at_s,
        )
