"""What a generator is asked for, and what it answers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from catalog.items import Colour, Style
from models.mood import Mood

ORDERED = (
    8  # the most media of one order: seeds from a multiple of it on that never start from one reference
)
GOLDEN_RATIO = (5**0.5 - 1) / 2  # multiples of it, modulo 1, lie far apart
KeepGoing = Callable[[int], bool]
OUR_LICENCE = "CC0-1.0"  # of what the models make that are trained here


class UnusablePromptError(ValueError):
    """Nothing can, or may, be made of a text."""


@dataclass(frozen=True, slots=True, eq=False)
class Prompt:
    """One medium to make. `leaning` is a vector (384,) in text space of what the person likes, if anything, of at
    most unit length; `interests` are what they say of themselves, for models that read words.
    """

    text: str
    seed: int
    leaning: NDArray[np.float32] | None = None
    lettering: bool = False
    interests: tuple[str, ...] = ()
    style: Style = "3d"
    mood: Mood = "plain"
    colour: Colour | None = None


@dataclass(frozen=True, slots=True, eq=False)
class GeneratedMedium:
    """Encoded bytes, and the unit vector (384,) of what they show with its cosine to the text they were made from.

    Sizes are in pixels (0 for audio), the duration in milliseconds (None for stills). `preview` is a still WebP,
    `colour` what its colours are like.
    """

    data: bytes
    mime_type: str
    width: int
    height: int
    embedding: NDArray[np.float32]
    cosine: float
    duration_ms: int | None = None
    preview: bytes | None = None
    colour: Colour | None = None


@dataclass(frozen=True, eq=False)
class Generation:
    """What one run made, and the evaluations of the model that it ran and had planned.

    `pictures` are what is seen of each medium, in its order, for whoever rates them; None for sounds.
    `finish` judges and encodes the media: the generator may run again meanwhile, in another thread.
    """

    num_evaluations: int
    num_planned: int
    finish: Callable[[], tuple[GeneratedMedium, ...]] = tuple
    pictures: Sequence[Image.Image] | None = None

    @property
    def stopped(self) -> bool:
        """Whether nobody waited for it any more; then there are no media."""
        return self.num_evaluations < self.num_planned

    @cached_property
    def media(self) -> tuple[GeneratedMedium, ...]:
        """One for each prompt, finished when they are first asked for."""
        return self.finish()


class Generator(Protocol):
    """Makes media of one type. Not thread-safe: one `generate` at a time."""

    version: str
    licence: str  # SPDX identifier of what it makes

    def generate(self, prompts: Sequence[Prompt], keep_going: KeepGoing = lambda _: True) -> Generation:
        """One medium for each prompt, in one batch; none if `keep_going(evaluation)` answered False.

        Its media may be finished in another thread, one generation at a time.
        """
        ...

    def check_text(self, text: str) -> None:
        """Raise an UnusablePromptError if this generator can make nothing of the text."""
        ...
