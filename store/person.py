"""What is known of one person: what they said of themselves, and what they were shown and did."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from catalog.items import MediaType
from store.impression import Action, Shown, Source


@dataclass(frozen=True, slots=True)
class Profile:
    """What a person, or their client, says of them. Without `personalize` none of it is used for ranking."""

    demographics: Mapping[str, str] = field(default_factory=dict)
    interests: tuple[str, ...] = ()
    locale: str | None = None
    location: Mapping[str, str] = field(default_factory=dict)
    personalize: bool = True
    allow_training: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Deed:
    """One piece of feedback with the item that it was about; times in seconds since 1970."""

    item_id: str
    action: Action
    media_type: MediaType
    source: Source
    embedding: NDArray[np.float32] | None  # unit, None where the item is gone or was never judged
    at_s: float
    prompt: Mapping[str, str | int | float] | None = None  # what a generated item was made from


@dataclass(frozen=True, slots=True)
class Viewing:
    """The items of one slate."""

    shown: tuple[Shown, ...]
    composition_id: str
    at_s: float


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """The latest of a person, oldest first."""

    deeds: Sequence[Deed] = ()
    viewings: Sequence[Viewing] = ()


@dataclass(frozen=True, slots=True)
class PersonChange:
    """Something that is known of a person changed."""

    sequence: int
    user_id: str
    writer: str
