"""A tuned generator on trial: what the people take for whom it paints, and what the others take."""

from sqlalchemy.ext.asyncio import AsyncEngine

from ranking.outcomes import ANYTHING, PAINTED, Before, Outcomes
from ranking.trial import Counts, Group
from store.selections import count_all_selections
from store.serving import Serving


class PaintedCounts:
    """Selections a slate of the people of each of two generators: of what was painted for them, and of anything.

    Chance says who gets which generator, whatever policy ranks: so a share of the people is the propensity of its slates,
    and their mean is the self-normalised estimate by inverse propensities.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self.painted_before = Before(lambda since, until: count_all_selections(engine, since, until, 0.0))
        self.before = Before(lambda since, until: count_all_selections(engine, since, until))

    async def __call__(self, serving: Serving, until_s: float) -> Outcomes:
        """Of media painted since the trial began, for older ones are nobody's doing."""
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
