"""The ranker of a replica follows the registry: a promotion, a trial or a rollback needs neither restart nor command."""

import asyncio
import logging
from collections.abc import Callable

from deployments.live import Live, LiveState, Other, UserConfig
from deployments.policies import Policies, load_policies, up_to_date
from deployments.shadowing import Shadowing
from deployments.watch import Watch
from ranking.policy import RankingPolicy
from ranking.weights import RankingWeights

logger = logging.getLogger("ray.serve.gramoji.ranker")


class Ranker:
    """Which policy ranks for whom."""

    def __init__(self) -> None:
        self.live: Live[Policies] = Live(load_policies)
        self.shadowing = Shadowing()
        self._told: UserConfig = {}
        self._followed: UserConfig = {}

    @property
    def weights(self) -> RankingWeights:
        """Those of the live policy."""
        return self.live.model.weights

    def policy_of(self, user_id: str) -> RankingPolicy:
        """The policy of a person; take it once for a slate, for it may be another one after an `await`."""
        return self.live.model.of(user_id)

    async def take(self, told: UserConfig) -> LiveState:
        """Rank with these from now on, once they are loaded; the registry may know better than what Serve kept."""
        self._told = told
        self._followed = await asyncio.to_thread(up_to_date, told)
        await self.live.take(self._followed)
        return await self.live.settled()

    async def follow(self, every_s: float, watch: Watch, changed: Callable[[], None]) -> None:
        """Look again and again at what the registry says, and whether what is on trial does worse; never returns."""
        while True:
            await asyncio.sleep(every_s)
            try:
                await watch.look(self.live.model)
                if await asyncio.to_thread(up_to_date, self._told) != self._followed:
                    await self.take(self._told)
                    changed()
            except Exception:
                logger.exception("the registry could not be followed; trying again")

    async def state(self, settled: bool, watch: Watch) -> LiveState:
        """What `GET /v1/models` says of the ranker."""
        state = await self.live.settled() if settled else self.live.state
        policies = self.live.model
        others = []
        if policies.beside is not None and (beside := policies.serving.beside) is not None:
            said = str(watch.latest) if watch.latest else "too few people so far to compare"
            others.append(Other(policies.beside.version, beside.role, beside.share, said))
        if policies.shadow is not None and (shadow := policies.serving.shadow) is not None:
            others.append(Other(policies.shadow.version, "shadow", shadow.share, self.shadowing.said))
        if (taken_back := policies.serving.taken_back) is not None:
            others.append(Other(taken_back.version, "taken back", None, taken_back.reason))
        return LiveState(state.version, state.loading, state.refused, tuple(others))
