"""What a user has been shown lately, and how new an item therefore still is to them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

CAPACITY = 512  # items remembered a user; the ones shown longest ago are forgotten, that is, new again
SELECTED_SPEEDUP = 4.0  # a selected item becomes new again this much faster: favourites are reused


@dataclass(frozen=True, slots=True)
class Showing:
    """The decayed number of times that one item was shown, as of `at_s` (seconds)."""

    exposure: float
    at_s: float
    selected: bool = False
    composition: str | None = None

    def exposure_at(self, now_s: float, half_life_s: float) -> float:
        """The exposure when it has faded until `now_s`."""
        if self.selected:
            half_life_s /= SELECTED_SPEEDUP
        return float(self.exposure * 2.0 ** (-max(0.0, now_s - self.at_s) / half_life_s))


@dataclass(frozen=True, slots=True)
class Seen:
    """The showings of one user by item, at most CAPACITY of them."""

    showings: Mapping[str, Showing] = field(default_factory=dict)


def update(
    seen: Seen,
    item_ids: Iterable[str],
    at_s: float,
    half_life_s: float,
    composition: str | None = None,
) -> Seen:
    """Record that a slate was shown at `at_s`.

    A slate is shown anew with each keystroke: showings of one `composition` count once.
    Without a composition, every call counts.
    """
    showings = dict(seen.showings)
    for item_id in item_ids:
        old = showings.get(item_id, Showing(0.0, at_s))
        again = composition is not None and old.composition == composition
        exposure = old.exposure_at(at_s, half_life_s) + (0.0 if again else 1.0)
        showings[item_id] = Showing(exposure, max(at_s, old.at_s), old.selected, composition)
    newest = sorted(showings.items(), key=lambda pair: (-pair[1].at_s, pair[0]))[:CAPACITY]
    return Seen(dict(newest))


def select(seen: Seen, item_id: str, at_s: float, half_life_s: float) -> Seen:
    """Record that the user chose the item: from now on its novelty recovers faster."""
    old = seen.showings.get(item_id)
    if old is None or old.selected:
        return seen
    exposure = old.exposure_at(at_s, half_life_s)
    chosen = replace(old, exposure=exposure, at_s=max(at_s, old.at_s), selected=True)
    return Seen({**seen.showings, item_id: chosen})


def novelty(
    seen: Seen, item_id: str, now_s: float, half_life_s: float, composition: str | None = None
) -> float:
    """The novelty score, 2^-x with x the faded exposure: 1.0 never shown, 0.5 shown once just now.

    Showings of the running `composition` don't count, or a row would change under its reader.
    """
    showing = seen.showings.get(item_id)
    if showing is None:
        return 1.0
    if composition is not None and showing.composition == composition:
        showing = replace(showing, exposure=max(0.0, showing.exposure - 1.0))
    return float(2.0 ** -showing.exposure_at(now_s, half_life_s))
