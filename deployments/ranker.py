"""The ranker of a replica follows the registry: a promotion, a trial or a rollback needs neither restart nor command."""

import asyncio
import logging
from collections.abc import Callable

from deployments.live import Live, LiveState, Other, UserConfig, others
from deployments.policies import Policies, load_policies, up_to_date
from deployments.shadowing import Shadowing
from deployments.watch import Watch
from ranking.policy import RankingPolicy
from ranking.weights import RankingWeights

logger = logging.getLogger("ray.serve.gramoji.ranker")


class Ranker:
    """Which policy ranks for whom."""

    def __init__(self) -> None:
        self.live: Live[Policies] = Live(load_policies, up_to_date)
        self.shadowing = Shadowing()

    @property
    def weights(self) -> RankingWeights:
        """Those of the live policy."""
        return self.live.model.weights

    def policy_of(self, user_id: str) -> RankingPolicy:
        """The policy of a person; take it once for a slate, for it may be another one after an `await`."""
        return self.live.model.of(user_id)

    async def take(self, told: UserConfig) -> LiveState:
        """Rank with these from now on, once they are loaded; the registry may know better than what Serve kept."""
        await self.live.take(told)
        return await self.live.settled()

    async def follow(self, every_s: float, watch: Watch, changed: Callable[[], None]) -> None:
        """Look again and again at what the registry says, and whether what is on trial does worse; never returns."""
        while True:
            await asyncio.sleep(every_s)
            try:
                if await self.live.refresh():
                    changed()
                await watch.look(self.live.model.serving)
            except Exception:
                logger.exception("the registry could not be followed; trying again")

    async def state(self, settled: bool, watch: Watch) -> LiveState:
        """What `GET /v1/models` says of the ranker."""
        state = await self.live.settled() if settled else self.live.state
        policies = self.live.model
        serving, beside = policies.serving, policies.beside
        found = others(serving, None if beside is None else beside.version, watch.said)
        if policies.shadow is not None and serving.shadow is not None:
            shadow = Other(policies.shadow.version, "shadow", serving.shadow.share, self.shadowing.said)
            found.append(shadow)
        return LiveState(state.version, state.loading, state.refused, tuple(found))
