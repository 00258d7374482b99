"""How a generated medium is drawn: one of all combinations of style, mood and lettering, chosen with known odds."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

from catalog.items import COLOURS, STYLES, Colour, Style
from models.mood import MOODS, Mood
from ranking.taste import Ideal, Trait

CLEARLY = 2.0  # times the odds of any other colour, from which one is a favourite: two selections and nothing else
OPTIONS: tuple[tuple[Style, Mood, bool], ...] = tuple(product(STYLES, MOODS, (False, True)))


@dataclass(frozen=True, slots=True)
class Choice:
    """How one medium is drawn, and the probability of that among OPTIONS on an `occasion` (`ranking.occasion.encode`).

    Without an occasion there was no choice. `policy` is the version that drew it.
    """

    style: Style = "3d"
    mood: Mood = "plain"
    lettering: bool = False
    probability: float = 1.0
    occasion: str | None = None
    policy: str | None = None


def favourite_colour(ideal: Ideal) -> Colour | None:
    """The colour that the person selects clearly more often than the others, if there is one."""
    odds = {colour: ideal.odds.get(("colour", colour), 1.0) for colour in COLOURS}
    best, second = sorted(odds, key=lambda colour: -odds[colour])[:2]
    return best if odds[best] > CLEARLY * odds[second] else None


def traits_of(prompt: Mapping[str, str | int | float] | None) -> tuple[Trait, ...]:
    """What a generated medium was like, from what is kept of its prompt."""
    kept = prompt or {}
    traits = [(kind, str(kept[kind])) for kind in ("style", "mood", "colour") if kind in kept]
    if "lettering" in kept:
        traits.append(("lettering", "yes" if kept["lettering"] else "no"))
    return tuple(traits)
