"""What the edge and the intake of uploads say to each other."""

import time
from dataclasses import dataclass, field
from typing import Literal

from store.media_item import MediaItem


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it was sent, and what its sender says of it."""

    data: bytes
    user_id: str
    tags: tuple[str, ...]
    alt_text: str
    allow_training: bool
    shared: bool
    sent_at_s: float = field(default_factory=time.time)


@dataclass(frozen=True, slots=True, eq=False)
class Accepted:
    """The item that an upload became; not `fresh` if the same person had sent the same file before."""

    item: MediaItem
    suggested_tags: tuple[str, ...]
    lookalikes: tuple[str, ...]
    fresh: bool = True


@dataclass(frozen=True, slots=True)
class Refused:
    """Why there is no item, in words for the person who sent the file."""

    reason: Literal["unusable", "unsafe", "full"]
    detail: str
