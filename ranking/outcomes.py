"""What is compared in a trial: selections a slate of the people of the newer version, and of those of the older."""

from collections.abc import Awaitable, Callable, Mapping

from ranking.trial import Counts, Difference, Group, compare

PAINTED, ANYTHING = "of what was painted", "of anything"
EFFECT = 0.01  # selections a slate: differences of about this size are found soonest
DAY_S, HISTORY_DAYS = 86_400.0, 28.0
Outcomes = Mapping[
    str, tuple[Group, Group]
]  # by name: the people of the newer version, and those of the older


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


def differences(outcomes: Outcomes, effect: float, level: float) -> dict[str, Difference]:
    """Of each outcome with enough people; right together, at all times, with a probability of `level`."""
    each_level = 1.0 - (1.0 - level) / len(outcomes)
    found = {name: compare(*groups, effect, each_level) for name, groups in outcomes.items()}
    return {name: difference for name, difference in found.items() if difference is not None}
