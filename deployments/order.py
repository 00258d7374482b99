"""What a generator is ordered to make, and what it made."""

import math
import time
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from catalog.items import Rating
from models.generation import GeneratedMedium
from store.media_item import MediaItem


@dataclass(frozen=True, slots=True, eq=False)
class Order:
    """Media to make: one for each seed. A `repeatable` order is sampled alone, one medium at a time,
    because the company in a batch changes the last bits of its floats.

    An order `ahead` of the typing is for nobody yet: it is made only while nobody waits, and given up when somebody comes.
    `deadline_at` (seconds since 1970) is when the person is answered without it.
    `leaning` is a unit vector (384,) of what the person likes; `interests` are what they say of themselves.
    `asked_at_s`, in seconds since 1970, counts as the time of creation, for nothing may be kept that was asked for
    before its person was erased.
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


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """A medium that is not rated and stored yet, the seed it came from, and the version and licence of what made it."""

    medium: GeneratedMedium
    seed: int
    version: str
    licence: str


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """A new item that is already stored, the seed it came from, and the judge's cosine to the prompt."""

    item: MediaItem
    seed: int
    cosine: float
