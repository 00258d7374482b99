"""One media item of the catalogue, as data."""

from dataclasses import dataclass
from typing import Literal, get_args

MediaType = Literal["image", "sticker", "video", "audio"]
Rating = Literal["g", "pg", "pg-13", "r"]
Style = Literal["3d", "flat", "noto"]
Colour = Literal["warm", "neutral", "cool"]
TermSource = Literal["emojibase", "emojilib", "openclipart", "gramoji", "generated", "upload"]
STYLES: tuple[Style, ...] = get_args(Style)  # of drawing; the number of a style is its place here
COLOURS: tuple[Colour, ...] = get_args(Colour)


@dataclass(frozen=True, slots=True)
class Term:
    """A word or phrase that finds an item; `locale` is a BCP 47 language tag such as `en` or `pt`."""

    text: str
    locale: str
    source: TermSource


@dataclass(frozen=True, slots=True)
class CatalogItem:
    """A media item with its bytes, its licence and the terms that find it.

    Sizes are in pixels (0 for audio), durations in milliseconds (None for stills).
    `preview` is a smaller or still rendition, None where the original already is small.
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
    source_package: str
    source_path: str
    sha256: str
    data: bytes
    preview: bytes | None
    preview_mime_type: str | None
