"""What is remembered of one media item, apart from its bytes."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from catalog.items import MediaType, Rating, Term

Origin = Literal["catalog", "generated", "upload"]


@dataclass(frozen=True, slots=True, eq=False)
class MediaItem:
    """One item; sizes in pixels (0 for audio), `created_at` in seconds since 1970.

    `owner_id` is the person who made it, None for the catalogue; only they find it unless it is `shared`.
    `prompt` says what a generated item was made from; `embedding` is a unit vector (384,) of the media itself in
    text space, None where nothing judged it. `picture_hash` is of uploads only, see `store/lookalikes.py`.
    """

    item_id: str
    media_type: MediaType
    mime_type: str
    width: int
    height: int
    duration_ms: int | None
    alt_text: str
    emoji: str | None
    terms: tuple[Term, ...]
    rating: Rating
    licence: str
    attribution: str
    origin: Origin
    owner_id: str | None
    model_version: str | None
    prompt: dict[str, str | int | float] | None
    provenance: str
    sha256: str
    preview_sha256: str | None
    preview_mime_type: str | None
    embedding: NDArray[np.floating] | None
    created_at: float
    shared: bool = False
    allow_training: bool = False
    picture_hash: str | None = None
