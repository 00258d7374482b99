"""Two ranking policies at the same time: what was taken of the slates of each, by what the log says."""

from collections.abc import Callable

from sqlalchemy.ext.asyncio import AsyncEngine

from deployments.policies import Policies
from ranking.outcomes import ANYTHING, Before, Outcomes
from ranking.trial import Group
from store.selections import count_all_selections, count_selections
from store.serving import Serving


class PolicyCounts:
    """Selections a slate of each policy, with the people of each."""

    def __init__(self, engine: AsyncEngine, policies: Callable[[], Policies]) -> None:
        self.engine = engine
        self.policies = policies
        self.before = Before(lambda since, until: count_all_selections(engine, since, until))

    async def __call__(self, serving: Serving, until_s: float) -> Outcomes:
        """By the version that each slate was logged with."""
        policies, beside = self.policies(), serving.beside
        assert policies.beside is not None
        assert beside is not None
        new, old = policies.live.version, policies.beside.version
        if beside.role == "canary":
            new, old = old, new
        counted = await count_selections(self.engine, [new, old], beside.since_s, until_s)
        before = await self.before.of(beside.since_s)
        return {ANYTHING: (Group.of(counted[new], before), Group.of(counted[old], before))}
