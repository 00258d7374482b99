"""What every generator deployment does: calls that arrive together are sampled together, and stop when nobody waits."""

import asyncio
import logging
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import Any, TypeVar

import torch

from catalog.items import MediaType, Rating
from deployments.live import Live, LiveState, UserConfig, others
from deployments.makers import MakerLoader, Makers, up_to_date
from deployments.new_item import Finished, new_item, write
from deployments.order import Made, Order, Sample
from deployments.order_queue import OrderQueue, Waiting
from deployments.sampling_metrics import SamplingMetrics
from deployments.settings import GeneratorSettings, StoreSettings
from deployments.tracing import span, tell
from deployments.watch import Watch
from models.generation import Generator
from models.prompt_safety import check_prompt
from models.safety import SafetyClassifier
from ranking.entries import RATINGS
from ranking.painted_trial import PaintedCounts
from store.media import MediaStore, hashes_of
from store.registries import generator_registry

logger = logging.getLogger("ray.serve.gramoji.engine")
FAILED_BATCHES = 3  # in a row
WATCHER = "sticker"  # one watches for all who paint with a tuned version
S = TypeVar("S", bound=GeneratorSettings)


class Engine:
    """One batch at a time in a thread of its own; the loop of the replica stays free."""

    media_type: MediaType

    async def __init__(self, settings: GeneratorSettings, store: StoreSettings) -> None:  # type: ignore[misc]
        torch.set_num_threads(settings.threads)
        os.nice(settings.niceness)
        self.settings = settings
        self.live = Live(MakerLoader(self.load), partial(up_to_date, registry_url=store.registry_url))
        self.safety = SafetyClassifier()
        self.store = await MediaStore.open(store.database_url, store.blob_url)
        self.metrics = SamplingMetrics(self.media_type, settings.num_gpus)
        # A batch is rated and finished at the same time, while the next one is sampled.
        self.sampling, self.finishing, self.rating = (_thread(settings.threads) for _ in range(3))
        self.queue = OrderQueue(settings.max_batch_size, settings.batch_wait_ms / 1000)
        self.failed_batches = 0
        self.working = asyncio.create_task(self._work())
        tuned = generator_registry(store.registry_url, "sticker")
        self.watch = Watch(self.media_type, tuned, settings.watch, PaintedCounts(self.store.engine))
        self.following: asyncio.Task[None] | None = None

    async def reconfigure(self, user_config: UserConfig) -> None:
        """Serve tells which model to run; a later one is loaded beside the one that runs, and swapped between batches."""
        await self.live.take(user_config)
        self.following = self.following or asyncio.create_task(self._follow())

    def load(self, _sections: dict[str, Any]) -> Generator:
        """The generator that these sections of the configuration describe."""
        raise NotImplementedError

    def section(self, kind: type[S], told: dict[str, Any]) -> S:
        """What is told of a model as settings of its own; those of the replica stay."""
        return kind.model_validate(self.settings.model_dump() | told)

    async def generate(self, order: Order) -> list[Made]:
        """Make and store the media of one order; cancelling the call stops its sampling within one step.

        Raises UnusablePromptError for words that nothing can, or may, be made of.
        """
        check_prompt(order.prompt, order.locale, order.rating)
        generator = self.live.model.of(order.user_id)
        generator.check_text(order.prompt)
        tell(media_type=self.media_type, model_version=generator.version, wanted=len(order.seeds))
        allowed, blocked = await self._make_allowed(order)
        if blocked:
            self.metrics.blocked_media(blocked)
            again = replace(order, seeds=tuple(order.seeds[-1] + 1 + n for n in range(blocked)))
            replaced, _ = await self._make_allowed(again)
            self.metrics.replaced_media(len(replaced))
            allowed += replaced
        return await self._keep(order, allowed)

    async def check(self) -> str:
        """Answer when media can be made."""
        return self.live.model.version

    async def check_health(self) -> None:
        """Ray Serve starts a replica anew that raises here: a GPU that has failed once seldom comes back by itself."""
        if self.working.done():
            raise RuntimeError("nothing is sampled any more")
        if self.following is not None and self.following.done():
            raise RuntimeError("tuned versions are not followed any more")
        if self.failed_batches >= FAILED_BATCHES:
            raise RuntimeError(f"the last {self.failed_batches} batches failed")

    async def state(self, settled: bool = False) -> LiveState:
        """The model that serves, for `GET /v1/models`; with `settled`, once no swap is under way."""
        state = await self.live.settled() if settled else self.live.state
        makers = self.live.model
        beside = None if makers.beside is None else makers.beside.version
        said = self.watch.said if self.media_type == WATCHER else f"counted with the {WATCHER}'s"
        named = tuple(others(makers.serving, beside, said))
        return replace(state, refused=state.refused or makers.refused, others=named)

    async def _make_allowed(self, order: Order) -> tuple[list[Finished], int]:
        """What may be shown of an order's media, and how many may not, whose bytes do not stay."""
        allowed: list[Finished] = []
        blocked: list[Finished] = []
        for each in await self._make_finished(order):
            (allowed if _may_show(each, order) else blocked).append(each)
        await self.store.remove_unused_bytes(hashes_of(blocked))
        return allowed, len(blocked)

    async def _make_finished(self, order: Order) -> list[Finished]:
        """The media of an order, rated: that takes longest, so the rest is done meanwhile."""
        samples = await self.queue.make(order)
        ratings, written = await asyncio.gather(self._rate_all(samples), self._write(samples))
        return [
            Finished(sample, rating, *hashes)
            for sample, rating, hashes in zip(samples, ratings, written, strict=True)
        ]

    async def _write(self, samples: Sequence[Sample]) -> list[tuple[str, str | None]]:
        """Judge and encode media, and store their bytes."""
        run = asyncio.get_running_loop().run_in_executor
        with span("encode media"):
            await run(self.finishing, lambda: [sample.medium for sample in samples])
        with span("store bytes"):
            return [await write(self.store.blobs, sample) for sample in samples]

    async def _rate_all(self, samples: Sequence[Sample]) -> list[Rating]:
        run = asyncio.get_running_loop().run_in_executor
        with span("rate"):
            return await asyncio.gather(*(run(self.rating, self._rate, sample) for sample in samples))

    async def _work(self) -> None:
        """Sample batch after batch for as long as the replica lives."""
        while True:
            batch = await self.queue.next_batch()
            run = asyncio.get_running_loop().run_in_executor
            try:
                self.queue.done(await run(self.sampling, self._sample, self.live.model, batch))
                self.failed_batches = 0
            except Exception as error:
                self.queue.fail(error)
                self.failed_batches += 1
            self.metrics.dropped_orders(self.queue.take_dropped())

    async def _follow(self) -> None:
        """A promotion, a trial or a rollback of a tuned version needs no command; what does worse is taken back."""
        while True:
            await asyncio.sleep(self.settings.watch.poll_s)
            try:
                await self.live.refresh()
                if self.media_type == WATCHER:
                    await self.watch.look(self.live.model.on_trial)
            except Exception:
                logger.exception("tuned versions could not be followed; trying again")

    def _sample(self, makers: Makers, batch: Sequence[Waiting]) -> list[list[Sample] | None]:
        """The samples of each order; None where it stopped before they were there."""
        made: dict[int, list[Sample] | None] = {}
        together: dict[Generator, list[Waiting]] = {}
        for waiting in batch:
            generator = makers.of(waiting.order.user_id)
            if waiting.order.repeatable:
                made[id(waiting)] = self._run_safely(makers, generator, [waiting], one_by_one=True)
            else:
                together.setdefault(generator, []).append(waiting)
        for generator, group in together.items():
            samples = self._run_safely(makers, generator, group)
            left = iter(samples or ())
            for waiting in group:
                own = list(islice(left, len(waiting.order.seeds)))
                made[id(waiting)] = None if samples is None else own
        return [made[id(waiting)] for waiting in batch]

    def _run_safely(
        self, makers: Makers, generator: Generator, group: Sequence[Waiting], one_by_one: bool = False
    ) -> list[Sample] | None:
        """What is on trial must cost nobody their media: where it fails, the live one makes them."""
        try:
            return self._run(generator, group, one_by_one)
        except Exception:
            if generator is makers.live:
                raise
            logger.exception("%s failed; %s makes what it was to make", generator.version, makers.version)
            return self._run(makers.live, group, one_by_one)

    def _run(
        self, generator: Generator, group: Sequence[Waiting], one_by_one: bool = False
    ) -> list[Sample] | None:
        """Sample a group, in order; None when it gave way."""
        prompts = [prompt for waiting in group for prompt in waiting.order.prompts()]
        size = 1 if one_by_one else max(1, len(prompts))
        samples: list[Sample] = []
        for start in range(0, len(prompts), size):
            chosen = prompts[start : start + size]
            with self.metrics.sampling() as count:
                made = generator.generate(chosen, lambda _: not self.queue.gives_way(group))
                count(made.num_evaluations, made.num_planned)
            if made.stopped:
                return None
            samples += [
                Sample(made, number, prompt.seed, generator.version, generator.licence)
                for number, prompt in enumerate(chosen)
            ]
        return samples

    def _rate(self, sample: Sample) -> Rating:
        """What is safe is for everyone; sound is made of words that were checked, and is not seen."""
        if sample.picture is None:
            return "g"
        rating = self.safety.rate(sample.picture)
        return "g" if rating == "pg" else rating

    async def _keep(self, order: Order, finished: Sequence[Finished]) -> list[Made]:
        """Rows of what has its bytes stored already, so that no row ever lacks them."""
        made = [
            Made(
                new_item(self.media_type, order, each),
                each.sample.seed,
                each.sample.medium.cosine,
            )
            for each in finished
        ]
        self.metrics.made(len(made))
        with span("store rows"):
            await self.store.add([each.item for each in made])
        return made


def _thread(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, initializer=torch.set_num_threads, initargs=(threads,))


def _may_show(finished: Finished, order: Order) -> bool:
    return RATINGS.index(finished.rating) <= RATINGS.index(order.rating)
