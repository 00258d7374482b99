"""Simulated people for whom media are drawn: who likes which style, mood and letters, which no policy is told.

P: people, Q: phrases, M: moods but the plain one, N: options.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from catalog.items import STYLES
from models.mood import MOODS
from ranking import taste
from ranking.choices import OPTIONS, Choice, traits_of
from ranking.drawing import DrawingPolicy
from ranking.network import Halves
from ranking.occasion import known
from ranking.taste import Taste
from ranking.weights import RankingWeights
from rl.drawn_media import DrawnMedia
from rl.ope.slates import Floats

BASELINE = -1.6
MINUTE_S = 60.0


@dataclass(frozen=True, slots=True, eq=False)
class Sitters:
    """Hidden tastes, as terms of the logit of selecting a medium that is looked at."""

    styles_PS: Floats
    moods_PM: Floats
    letters_P: Floats
    fit: float  # of a mood to the words: everybody minds
    short: float  # of letters, if there are few words


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """One medium that was drawn for somebody, and with what probability it is selected."""

    person: int
    known_C: Halves
    choice: Choice
    chance: float
    selected: bool


def draw_sitters(num: int, rng: np.random.Generator) -> Sitters:
    """People of all sorts: styles and moods are liked by some and disliked by others, letters by few."""
    return Sitters(
        styles_PS=rng.normal(0.0, 1.0, (num, len(STYLES))),
        moods_PM=rng.normal(0.0, 0.5, (num, len(MOODS) - 1)),
        letters_P=rng.normal(-0.6, 0.6, num),
        fit=8.0,
        short=1.2,
    )


class Studio:
    """A phrase after another is drawn for a person after another, who selects it or not; taste is remembered as served.

    Who types what, what is drawn and what is selected are streams of their own, so two policies in studios of one seed
    differ by what they draw only.
    """

    def __init__(
        self,
        phrases: tuple[str, ...],
        fits_QM: NDArray[np.float32],
        weights: RankingWeights,
        people: int,
        seed: int,
    ) -> None:
        born, self._typing, self._drawing, self._selecting = (
            np.random.default_rng(child) for child in np.random.SeedSequence(seed).spawn(4)
        )
        self._phrases, self._fits_QM, self._weights = phrases, fits_QM, weights
        self.sitters = draw_sitters(people, born)
        self._tastes: dict[int, Taste] = {}
        self._now_s = 0.0

    def draw(self, policy: DrawingPolicy, num: int) -> Iterator[Drawn]:
        """The next media, in time order."""
        for _ in range(num):
            self._now_s += MINUTE_S
            yield self._one(policy)

    def _one(self, policy: DrawingPolicy) -> Drawn:
        person = int(self._typing.integers(len(self.sitters.letters_P)))
        phrase = int(self._typing.integers(len(self._phrases)))
        weights, remembered = self._weights, self._tastes.get(person, Taste())
        half_life_s = weights.taste_half_life_s
        ideal = taste.recall(remembered, None, self._now_s, half_life_s, weights.taste_prior)
        fits_M = self._fits_QM[phrase]
        known_C = known(ideal, (), "sticker", self._phrases[phrase], fits=fits_M.tolist())
        choice = policy.choose(known_C, int(self._drawing.integers(2**48)))
        chance = self._chance(person, phrase, choice)
        selected = bool(self._selecting.random() < chance)
        if selected:
            traits = traits_of({"style": choice.style, "mood": choice.mood, "lettering": choice.lettering})
            self._tastes[person] = taste.update(
                remembered, None, "sticker", "generated", self._now_s, half_life_s, traits
            )
        return Drawn(person, known_C, choice, chance, selected)

    def _chance(self, person: int, phrase: int, choice: Choice) -> float:
        sitters, mood = self.sitters, MOODS.index(choice.mood) - 1
        logit = BASELINE + sitters.styles_PS[person, STYLES.index(choice.style)]
        if mood >= 0:
            fit = float(self._fits_QM[phrase, mood]) - 0.28
            logit += sitters.moods_PM[person, mood] + sitters.fit * fit
        if choice.lettering:
            logit += sitters.letters_P[person] + sitters.short * (len(self._phrases[phrase].split()) <= 2)
        return float(1.0 / (1.0 + np.exp(-logit)))


def as_log(drawn: list[Drawn]) -> DrawnMedia:
    """What the log would hold of these media."""
    options = [OPTIONS.index((d.choice.style, d.choice.mood, d.choice.lettering)) for d in drawn]
    return DrawnMedia(
        np.stack([each.known_C for each in drawn]),
        np.array(options),
        np.array([each.choice.probability for each in drawn]),
        np.array([each.selected for each in drawn], dtype=np.float64),
        np.array(
            [each.person * 7919 for each in drawn], dtype=np.int64
        ),  # spreads people over the buckets of a split
        MINUTE_S * np.arange(1, len(drawn) + 1, dtype=np.float64),
        tuple(str(each.choice.policy) for each in drawn),
    )
