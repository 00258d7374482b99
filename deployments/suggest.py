"""The composing deployment: query the index, query the generators, merge, rank, present."""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from ulid import ULID

from catalog.items import MediaType
from deployments.compositions import Compositions
from deployments.foresight import Foresight
from deployments.gathering import Gathering
from deployments.impression_writer import ImpressionWriter
from deployments.live import LiveState, UserConfig
from deployments.lookup import Lookup
from deployments.messages import GenerateAnswer, GenerateRequest, Slate, SuggestRequest
from deployments.order import Made, Order
from deployments.ordering import made_earlier, order_for, order_of_call
from deployments.people import People
from deployments.personal import allowed
from deployments.policies import ranking_config
from deployments.policy_counts import PolicyCounts
from deployments.popular import Popular
from deployments.presenting import rank_gathering, to_generated_item, to_impression, to_suggested_item
from deployments.ranker import Ranker
from deployments.reasons import reason
from deployments.settings import StoreSettings, SuggestSettings
from deployments.showing_metrics import ShowingMetrics
from deployments.stage_metrics import StageMetrics
from deployments.tracing import span, tell
from deployments.watch import Watch
from ranking.scores import gme_relevance
from ranking.weights import RankingWeights
from store.database import connect
from store.impressions import ImpressionLog
from store.people import PeopleStore
from store.registry import Registry

logger = logging.getLogger("ray.serve.gramoji.suggest")


class Suggest:
    """Answers an n-gram with a slate, first from the index, then again with what was generated."""

    async def __init__(  # type: ignore[misc]
        self,
        settings: SuggestSettings,
        store: StoreSettings,
        index: Any,
        generators: Mapping[MediaType, Any],
    ) -> None:
        self.settings = settings
        self.ranker = Ranker()
        await self.ranker.take(ranking_config(settings, store.registry_url))
        self.index = index
        self.generators = generators
        engine, writer = await connect(store.database_url), f"suggest-{ULID()}"
        self.people = People(
            PeopleStore(engine, writer),
            self._embed,
            self.weights,
            settings.remembered_people,
            settings.poll_ms,
        )
        self.popular = Popular(engine)
        self.foresight = Foresight(partial(self._make, "sticker"))
        self.impressions = ImpressionWriter(ImpressionLog(engine, writer), settings.buffered_impressions)
        self.compositions = Compositions()
        self.metrics = ShowingMetrics()
        self.stages = StageMetrics()
        counts = PolicyCounts(engine, lambda: self.ranker.live.model)
        self.watch = Watch("ranker", Registry(store.registry_url), settings.watch, counts)
        following = self.ranker.follow(settings.watch.poll_s, self.watch, self._use_weights)
        self.following = asyncio.create_task(following)

    @property
    def weights(self) -> RankingWeights:
        """Those of the live policy."""
        return self.ranker.weights

    async def reconfigure(self, user_config: UserConfig) -> None:
        """Serve tells which policies to rank with; later ones are swapped while calls go on."""
        await self.ranker.take(user_config)
        self._use_weights()

    def _use_weights(self) -> None:
        self.people.follow(self.weights)

    async def stream(
        self, request: SuggestRequest, composition_id: str | None = None
    ) -> AsyncIterator[Slate]:
        """Yield a slate when the index has answered and after each generator that answers in time."""
        gathering = Gathering(request, composition_id)
        async with aclosing(self._slates(gathering)) as slates:
            async for slate in slates:
                self._remember(gathering)
                yield slate
        self.stages.answered(gathering)
        self.foresight.look_ahead(gathering, self.ranker.live.model)

    async def suggest(self, request: SuggestRequest, composition_id: str | None = None) -> Slate:
        """The last slate before the deadline; what is still pending then is finished and found the next time."""
        gathering = Gathering(request, composition_id)
        slates = [slate async for slate in self._slates(gathering)]
        self._remember(gathering)
        self.stages.answered(gathering)
        self.foresight.look_ahead(gathering, self.ranker.live.model)
        return slates[-1]

    async def _slates(self, gathering: Gathering) -> AsyncGenerator[Slate, None]:
        try:
            await asyncio.gather(self._recall(gathering), self._query_index(gathering))
            self.stages.reached("recalled", gathering)
            gathering.keep_allowed(allowed(gathering.request.rating, gathering.person))
            gathering.pending = self._start_generations(gathering)
            first = self._present(gathering)
            self.stages.reached("first_slate", gathering)
            yield first
            while gathering.pending and gathering.remaining_s > 0:
                done, _ = await asyncio.wait(
                    gathering.pending.values(),
                    timeout=gathering.remaining_s,
                    return_when=asyncio.FIRST_COMPLETED,
                )
                if done:
                    gathering.collect()
                    yield self._present(gathering)
        except (asyncio.CancelledError, GeneratorExit):
            for task in gathering.pending.values():
                task.cancel()
            raise

    async def generate(self, request: GenerateRequest) -> GenerateAnswer:
        """New items only, the most relevant first."""
        person = await self.people.recall(request.user_id)
        order = order_of_call(request, person, self.ranker.live.model)
        made = await self._make(request.media_type, order)
        items = [to_generated_item(each, gme_relevance(each.cosine, self.weights)) for each in made]
        return GenerateAnswer(items=tuple(sorted(items, key=lambda item: -item.gme_relevance)))

    async def check(self) -> str:
        """Answer when slates can be ranked."""
        return self.ranker.live.model.version

    async def check_health(self) -> None:
        """Ray Serve starts a replica anew that raises here."""
        if self.following.done():
            raise RuntimeError("policies are no longer followed")

    async def state(self, settled: bool = False) -> LiveState:
        """The ranker that serves, for `GET /v1/models`; with `settled`, once no swap is under way."""
        return await self.ranker.state(settled, self.watch)

    async def _recall(self, gathering: Gathering) -> None:
        try:
            with span("recall"):
                gathering.person = await self.people.recall(gathering.request.user_id)
        except Exception as error:
            logger.warning("person not recalled: %s", type(error).__name__)
            gathering.degraded.append(f"person: {reason(error)}")

    async def _embed(self, text: str) -> NDArray[np.float32]:
        vector: NDArray[np.float32] = await self.index.embed.remote(text)
        return vector

    async def _query_index(self, gathering: Gathering) -> None:
        request = gathering.request
        try:
            gathering.n_gram = await self._foresee(request)
            lookup = Lookup(
                n_gram=gathering.n_gram,
                user_id=request.user_id,
                media_types=request.media_types,
                locale=request.locale,
                rating=request.rating,
                limit=self.settings.candidates_per_type,
            )
            with span("query index", n_gram_length=len(lookup.n_gram), media_types=lookup.media_types):
                found = await self.index.search.remote(lookup)
                tell(matches=len(found.matches))
            gathering.matches, gathering.mood_fits = found.matches, found.mood_fits
            gathering.degraded.extend(found.degraded)
        except Exception as error:
            logger.warning("index lookup failed: %s", type(error).__name__)
            gathering.degraded.append(f"index: {reason(error)}")

    async def _foresee(self, request: SuggestRequest) -> str:
        """What is typed; before anything is, what answers the last message, else the message itself, else an opening."""
        typed = request.n_gram_string.strip()
        message = request.context[-1].strip() if request.context else ""
        if typed or not message:
            return typed or self.settings.opening_n_gram
        reply: str | None = await self.index.reply.remote(message)
        return reply or message[-256:]

    def _start_generations(self, gathering: Gathering) -> dict[MediaType, asyncio.Task[list[Made]]]:
        """One task a media type that has a generator; older ones of the same message are cancelled."""
        request = gathering.request
        tasks: dict[MediaType, asyncio.Task[list[Made]]] = {}
        for media_type in request.media_types if request.generate != "never" else ():
            if media_type in self.generators:
                missing = request.generation_count - made_earlier(gathering, media_type, self.weights)
                if missing > 0:
                    policies = self.ranker.live.model
                    order = order_for(gathering, gathering.n_gram, missing, media_type, policies)
                    tasks[media_type] = asyncio.create_task(self._make(media_type, order))
            elif request.generate == "always":
                gathering.degraded.append(f"{media_type}: no generator here")
        self.compositions.supersede(gathering.composition, tasks.values())
        return tasks

    async def _make(self, media_type: MediaType, order: Order) -> list[Made]:
        """Ask a generator; cancelling this cancels its sampling."""
        with span("generate", media_type=media_type, wanted=len(order.seeds), ahead=order.ahead):
            response = self.generators[media_type].generate.remote(order)
            try:
                made: list[Made] = await response
            except asyncio.CancelledError:
                response.cancel()
                raise
            tell(made=len(made))
            return made

    def _present(self, gathering: Gathering) -> Slate:
        request, items = gathering.request, gathering.items
        policy = self.ranker.policy_of(request.user_id)
        gathering.ranked = ranked = rank_gathering(gathering, policy, self.popular.among(request.user_id))
        gathering.policy_version = policy.version
        return Slate(
            suggestion_id=gathering.suggestion_id,
            n_gram_string=request.n_gram_string,
            policy_version=gathering.policy_version,
            items=tuple(to_suggested_item(each, items) for each in ranked.items),
            pending=tuple(gathering.pending),
            degraded=tuple(gathering.degraded),
        )

    def _remember(self, gathering: Gathering) -> None:
        """Log the slate that goes out, and let its items be less new from now on."""
        person, impression = gathering.person, to_impression(gathering)
        if person.profile.personalize:
            self.people.show(person, impression.shown, impression.at_s, gathering.composition_key)
        self.impressions.add(impression)
        self.metrics.shown(gathering)
        self.ranker.shadowing.consider(gathering, self.ranker.live.model)
