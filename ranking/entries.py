"""What goes into the index, what it is asked and what it answers."""

# D: dimension of an embedding (384)

import re
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from catalog.items import MediaType, Term
from ranking.lexicon import language_of

RATINGS = ("g", "pg", "pg-13", "r")

_LATIN = re.compile(r"[a-zA-Z0-9\u00c0-\u024f]")

Method = Literal["exact", "prefix", "typo", "lexical", "semantic"]


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """An item as the index knows it; with an `owner_id`, only that user's searches find it."""

    item_id: str
    media_type: MediaType
    alt_text: str
    terms: tuple[Term, ...]
    rating: str = "g"
    owner_id: str | None = None

    def __post_init__(self) -> None:
        _check_rating("rating", self.rating)


@dataclass(frozen=True, slots=True, eq=False)
class IndexQuery:
    """A search: at most `limit` items of each media type, none rated above `max_rating`.

    Without a `vector` only words are compared (the encoder may be down).
    """

    n_gram: str
    vector: NDArray[np.float32] | None  # [D], unit length
    media_types: tuple[MediaType, ...] = ("image", "sticker", "video", "audio")
    limit: int = 8
    user_id: str | None = None
    locale: str = "en"
    max_rating: str = "pg"

    def __post_init__(self) -> None:
        _check_rating("max_rating", self.max_rating)
        if self.limit < 1:
            raise ValueError(f"limit is {self.limit}; allowed is 1 and above")


@dataclass(frozen=True, slots=True)
class IndexMatch:
    """An item found; `matched` and `method` are the text and the way that spoke most for it."""

    item_id: str
    media_type: MediaType
    index_match: float  # in [0, 1], 1.0 only if a term is the whole n-gram
    matched: str
    method: Method
    meaning: float  # the same without what whole terms say; orders equal matches


def index_texts(entry: IndexEntry) -> list[str]:
    """The texts of an entry that need a vector: the item itself first, then each English term."""
    terms = english_terms(entry)
    tags = [term for term in terms if term != entry.alt_text]
    return [f"{entry.alt_text}: {', '.join(tags)}" if tags else entry.alt_text, *terms]


def item_text(entry: IndexEntry) -> str:
    """The item in one line, such as "birthday cake: birthday, candles, celebration"."""
    return index_texts(entry)[0]


def english_terms(entry: IndexEntry) -> list[str]:
    """The terms that the text encoder can read, each once."""
    terms = (
        term.text for term in entry.terms if language_of(term.locale) == "en" and is_encodable(term.text)
    )
    return list(dict.fromkeys(terms))


def is_encodable(text: str) -> bool:
    """Whether the text has Latin letters or digits; to the (English) encoder all other texts are alike."""
    return _LATIN.search(text) is not None


def _check_rating(name: str, rating: str) -> None:
    if rating not in RATINGS:
        raise ValueError(f"{name} is {rating!r}; allowed are {', '.join(RATINGS)}")
