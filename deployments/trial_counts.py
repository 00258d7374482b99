"""What people took while a version was on trial: of rankings by what the log says, of generators by who was given which."""

from collections.abc import Awaitable, Callable

from sqlalchemy.ext.asyncio import AsyncEngine

from deployments.policies import Policies
from deployments.watch import Outcomes
from ranking.trial import Group
from store.selections import Counts, count_all_selections, count_selections
from store.serving import Serving

PAINTED, ANYTHING = "of what was painted", "of anything"
DAY_S, HISTORY_DAYS = 86_400.0, 28.0


class Before:
    """What people did in the weeks before a trial; it is read once a trial, for it does not change."""

    def __init__(self, read: Callable[[float, float], Awaitable[Counts]]) -> None:
        self._read = read
        self._kept: tuple[float, Counts] | None = None

    async def of(self, since_s: float) -> Counts:
        """Until the trial began."""
        if self._kept is None or self._kept[0] != since_s:
            self._kept = since_s, await self._read(since_s - HISTORY_DAYS * DAY_S, since_s)
        return self._kept[1]


class PolicyCounts:
    """Selections a slate of each of two ranking policies."""

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


class GeneratorCounts:
    """Selections a slate of the people of each of two generators: of what was made for them, and of anything.

    Chance says who gets which generator, whatever policy ranks: so a share of the people is the propensity of its slates,
    and their mean is the self-normalised estimate by inverse propensities.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self.painted_before = Before(lambda since, until: count_all_selections(engine, since, until, 0.0))
        self.before = Before(lambda since, until: count_all_selections(engine, since, until))

    async def __call__(self, serving: Serving, until_s: float) -> Outcomes:
        """Of media made since the trial began, for older ones are nobody's doing."""
        assert serving.beside is not None
        since_s = serving.beside.since_s
        painted = await count_all_selections(self.engine, since_s, until_s, painted_since_s=since_s)
        anything = await count_all_selections(self.engine, since_s, until_s)
        return {
            PAINTED: groups(serving, painted, await self.painted_before.of(since_s)),
            ANYTHING: groups(serving, anything, await self.before.of(since_s)),
        }


def groups(serving: Serving, counted: Counts, before: Counts) -> tuple[Group, Group]:
    """The people of the newer version, and those of the older, as `serving` divides them."""
    parts: dict[bool, dict[str, tuple[int, int]]] = {True: {}, False: {}}
    for user_id, numbers in counted.items():
        parts[serving.is_beside(user_id)][user_id] = numbers
    beside, others = (Group.of(parts[which], before) for which in (True, False))
    is_canary = serving.beside is not None and serving.beside.role == "canary"
    return (beside, others) if is_canary else (others, beside)
