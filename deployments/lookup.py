"""What the index is asked, and what it answers."""

from dataclasses import dataclass

from catalog.items import MediaType, Rating
from store.media_item import MediaItem


@dataclass(frozen=True, slots=True)
class Lookup:
    """What to look up, and for whom."""

    n_gram: str
    user_id: str
    media_types: tuple[MediaType, ...]
    locale: str
    rating: Rating
    limit: int


@dataclass(frozen=True, slots=True, eq=False)
class Match:
    """An existing item, without its terms, and how well it matches."""

    item: MediaItem
    index_match: float
    completion: str | None = None  # the phrase that the typed text begins, if that is why it was found


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What a lookup found, best first, and how well its words fit each mood but the plain one: cosines."""

    matches: list[Match]
    mood_fits: tuple[float, ...] = ()
    degraded: tuple[str, ...] = ()  # shards that did not answer, and why
