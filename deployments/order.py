"""What a generator is ordered to make, and what it made."""

import math
import time
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from catalog.items import Colour, Rating
from models.generation import GeneratedMedium, Generation, Prompt
from ranking.choices import Choice
from ranking.seasons import Season
from store.media_item import MediaItem


@dataclass(frozen=True, slots=True, eq=False)
class Order:
    """Media to make: one for each seed. A `repeatable` order is sampled alone, one medium at a time,
    because the company in a batch changes the last bits of its floats.

    An order `ahead` of the typing is for nobody yet: it is made only while nobody waits, and given up when somebody comes.
    `deadline_at` (seconds since 1970) is when the person is answered without it.
    `asked_at_s`, in seconds since 1970, counts as the time of creation, for nothing may be kept that was asked for
    before its person was erased.
    `leaning` is a vector (384,) of what the person likes and of their `season`; `learned` says that it follows their
    selections or interests. `choices` are how a medium is drawn, by its seed modulo their number; `lettering`: the words
    are whole and may be drawn.
    """

    prompt: str
    user_id: str
    locale: str
    seeds: tuple[int, ...]
    rating: Rating = "pg"
    leaning: NDArray[np.float32] | None = None
    interests: tuple[str, ...] = ()
    lettering: bool = False
    repeatable: bool = False
    ahead: bool = False
    asked_at_s: float = field(default_factory=time.time)
    deadline_at: float = math.inf
    choices: tuple[Choice, ...] = ()
    colour: Colour | None = None
    season: Season | None = None
    learned: bool = False

    def prompts(self) -> list[Prompt]:
        """One for each seed."""
        chosen = [(seed, self._choice(seed)) for seed in self.seeds]
        return [
            Prompt(
                text=self.prompt,
                seed=seed,
                leaning=self.leaning,
                lettering=self.lettering and choice.lettering,
                interests=self.interests,
                style=choice.style,
                mood=choice.mood,
                colour=self.colour,
            )
            for seed, choice in chosen
        ]

    def told(self, seed: int, shows: Colour | None) -> dict[str, str | int | float]:
        """What went into the medium of one seed, to be kept with it; `shows` is what its colours came to be like."""
        choice = self._choice(seed)
        told: dict[str, str | int | float] = {"text": self.prompt, "seed": seed}
        if shows is not None:  # nothing of this is heard in a sound
            told |= {
                "style": choice.style,
                "mood": choice.mood,
                "lettering": self.lettering and choice.lettering,
                "colour": shows,
            }
            if choice.occasion is not None and choice.policy is not None:
                told |= {
                    "drawn_with_probability": choice.probability,
                    "drawn_by": choice.policy,
                    "occasion": choice.occasion,
                }
        if self.interests or self.learned:
            told["leaning"] = ", ".join(self.interests) or "earlier selections"
        if self.colour is not None:
            told["favourite_colour"] = self.colour
        if self.season is not None:
            told["season"] = self.season
        return told

    def _choice(self, seed: int) -> Choice:
        return self.choices[seed % len(self.choices)] if self.choices else Choice(lettering=True)


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """One medium of a generation that is not rated and stored yet, the seed it came from, and what made it."""

    generation: Generation
    number: int
    seed: int
    version: str
    licence: str

    @property
    def medium(self) -> GeneratedMedium:
        """Encoded; the first of a generation that is asked for finishes all of it."""
        return self.generation.media[self.number]

    @property
    def picture(self) -> Image.Image | None:
        """What is seen of it; None for sounds."""
        return None if self.generation.pictures is None else self.generation.pictures[self.number]


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """A new item that is already stored, the seed it came from, and the judge's cosine to the prompt."""

    item: MediaItem
    seed: int
    cosine: float
