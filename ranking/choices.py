"""How a generated medium is drawn: style and lettering, chosen by what the person selected before, with known odds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from catalog.items import COLOURS, STYLES, Colour, MediaType, Style
from ranking.taste import Ideal, Trait

Option = TypeVar("Option", bound=str)

EXPLORED = 0.15  # of the choices are made regardless of taste, so that every style stays possible
LETTERED = 0.1  # of the stickers of a stranger
CLEARLY = 2.0  # times the odds of any other colour, from which one is a favourite: two selections and nothing else
LETTERING_WORDS = frozenset({"lettering", "typography", "captions", "calligraphy", "hand lettering"})


@dataclass(frozen=True, slots=True)
class Choice:
    """Style and lettering of one medium, and the probability with which each was chosen."""

    style: Style = "3d"
    style_probability: float = 1.0
    lettering: bool = False
    lettering_probability: float = 1.0


def choose(ideal: Ideal, interests: Sequence[str], media_type: MediaType, seed: int) -> Choice:
    """Draw style and lettering; the same seed, taste and interests give the same choice.

    Cards are always lettered, loops never. Stickers are, when the interests ask for it, else as the person's taste says.
    """
    style_at, lettering_at = np.random.default_rng(seed).random(2).tolist()
    styles = shares(ideal, "style", dict.fromkeys(STYLES, 1 / len(STYLES)))
    style, style_probability = _draw(styles, style_at)
    lettered = {"no": 1.0} if media_type == "video" else {"yes": 1.0}
    if media_type == "sticker" and not LETTERING_WORDS & {interest.lower() for interest in interests}:
        lettered = shares(ideal, "lettering", {"no": 1 - LETTERED, "yes": LETTERED})
    lettering, lettering_probability = _draw(lettered, lettering_at)
    return Choice(style, style_probability, lettering == "yes", lettering_probability)


def shares(ideal: Ideal, kind: str, base: Mapping[Option, float]) -> dict[Option, float]:
    """The probability of each option: mostly its base share times the odds that this person selects it."""
    weights = {option: share * ideal.odds.get((kind, option), 1.0) for option, share in base.items()}
    total = sum(weights.values())
    return {
        option: (1 - EXPLORED) * weight / total + EXPLORED * base[option]
        for option, weight in weights.items()
    }


def favourite_colour(ideal: Ideal) -> Colour | None:
    """The colour that the person selects clearly more often than the others, if there is one."""
    odds = {colour: ideal.odds.get(("colour", colour), 1.0) for colour in COLOURS}
    best, second = sorted(odds, key=lambda colour: -odds[colour])[:2]
    return best if odds[best] > CLEARLY * odds[second] else None


def traits_of(prompt: Mapping[str, str | int | float] | None) -> tuple[Trait, ...]:
    """What a generated medium was like, from what is kept of its prompt."""
    kept = prompt or {}
    traits = [(kind, str(kept[kind])) for kind in ("style", "colour") if kind in kept]
    if "lettering" in kept:
        traits.append(("lettering", "yes" if kept["lettering"] else "no"))
    return tuple(traits)


def _draw(options: Mapping[Option, float], uniform: float) -> tuple[Option, float]:
    ends = np.cumsum(list(options.values()))
    return list(options.items())[min(int((ends <= uniform).sum()), len(options) - 1)]
