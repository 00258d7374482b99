"""Lift: how much more often something is selected than its showings let one expect; -1 to 1, 0 with no evidence."""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from catalog.items import MediaType
from ranking.popularity import LEAST_PEOPLE
from store.impression import Shown, Source

Kind = MediaType | Source
PRIOR = 1.0  # selections that the neutral 0 weighs as much as
FIT = 3.0
WINDOW = 20_000  # slates, of everyone, that tell what items are worth


def chances(slate: Sequence[Shown]) -> list[float]:
    """What each showing is expected to earn, up to a factor: exp(FIT · fit) / log2(position + 2).

    The discount is that of DCG (Järvelin & Kekäläinen 2002). Without the fit, a type of which the index finds poor matches
    would seem disliked.
    """
    return [math.exp(FIT * item.fit) / math.log2(position + 2) for position, item in enumerate(slate)]


def lift(selected: float, expected: float) -> float:
    """(s - e) / (s + e + 2·PRIOR): half the logarithm of s / e where both are near, and shrunk where both are few."""
    return (selected - expected) / (selected + expected + 2.0 * PRIOR)


@dataclass(frozen=True, slots=True)
class Trials:
    """Decayed counts: showings, each for its chance, and selections of them."""

    chance: float = 0.0
    selected: float = 0.0

    def scaled(self, factor: float) -> "Trials":
        """Both faded."""
        return Trials(self.chance * factor, self.selected * factor)

    def plus(self, chance: float, selected: float) -> "Trials":
        """Both more."""
        return Trials(self.chance + chance, self.selected + selected)


@dataclass(frozen=True, slots=True)
class Habits:
    """What one user was shown and selected, by media type and by source, as of `updated_at_s`.

    `open` is the last slate of the message being typed: it counts once the next message begins, for
    its selection may still come, and a row must not change under its reader.
    """

    kinds: Mapping[Kind, Trials] = field(default_factory=dict)
    open: tuple[Shown, ...] = ()
    composition: str | None = None
    updated_at_s: float = 0.0

    def lifts(self) -> dict[Kind, float]:
        """The lift of each type and source over the user's own rate."""
        chance = sum(trials.chance for trials in self.kinds.values())
        rate = sum(trials.selected for trials in self.kinds.values()) / chance if chance else 0.0
        return {kind: lift(trials.selected, rate * trials.chance) for kind, trials in self.kinds.items()}


def show(
    habits: Habits,
    slate: Iterable[Shown],
    at_s: float,
    half_life_s: float,
    composition: str | None = None,
) -> Habits:
    """Record a slate, from the top; of one `composition` only the last slate counts."""
    if composition is None or habits.composition != composition:
        habits = _settle(habits, at_s, half_life_s)
    return Habits(habits.kinds, tuple(slate), composition, habits.updated_at_s)


def select(
    habits: Habits, media_type: MediaType, source: Source, at_s: float, half_life_s: float
) -> Habits:
    """Record that an item of these kinds was selected (or shared)."""
    kinds, updated_at_s, weight = _faded(habits, at_s, half_life_s)
    for kind in (media_type, source):
        kinds[kind] = kinds.get(kind, Trials()).plus(0.0, weight)
    return Habits(kinds, habits.open, habits.composition, updated_at_s)


def _settle(habits: Habits, at_s: float, half_life_s: float) -> Habits:
    """Count the open slate as read at `at_s`."""
    kinds, updated_at_s, weight = _faded(habits, at_s, half_life_s)
    for item, chance in zip(habits.open, chances(habits.open), strict=True):
        for kind in (item.media_type, item.source):
            kinds[kind] = kinds.get(kind, Trials()).plus(weight * chance, 0.0)
    return Habits(kinds, (), None, updated_at_s)


def _faded(habits: Habits, at_s: float, half_life_s: float) -> tuple[dict[Kind, Trials], float, float]:
    """All counts as of the later of memory and event, that time, and what the event weighs then."""
    updated_at_s = max(at_s, habits.updated_at_s)
    decay = 2.0 ** ((habits.updated_at_s - updated_at_s) / half_life_s)
    kinds = {kind: trials.scaled(decay) for kind, trials in habits.kinds.items()}
    return kinds, updated_at_s, 2.0 ** ((at_s - updated_at_s) / half_life_s)


class ItemLifts:
    """What items are worth to everyone who was shown them."""

    def __init__(self) -> None:
        self._items: dict[str, Trials] = {}
        self._people: dict[str, set[str]] = {}
        self._all = Trials()

    def add(self, user_id: str, slate: Sequence[Shown], selected: Collection[str]) -> None:
        """Count one slate, from the top, and what was selected of it."""
        for item, chance in zip(slate, chances(slate), strict=True):
            event = (chance, float(item.item_id in selected))
            self._items[item.item_id] = self._items.get(item.item_id, Trials()).plus(*event)
            self._all = self._all.plus(*event)
            people = self._people.setdefault(item.item_id, set())
            if len(people) < LEAST_PEOPLE:
                people.add(user_id)

    def of(self, item_id: str) -> float:
        """The lift over the mean item; 0 if fewer than three people were shown it, which would tell of them."""
        if len(self._people.get(item_id, ())) < LEAST_PEOPLE:
            return 0.0
        trials = self._items[item_id]
        return lift(trials.selected, trials.chance * self._all.selected / self._all.chance)
