"""Stickers: the Fluent 3D emoji, bytes as published."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from catalog.items import CatalogItem, Term
from catalog.recipe.archive import members
from catalog.recipe.emoji import Emoji, emoji_key
from catalog.recipe.ratings import emoji_rating
from catalog.recipe.source import Source
from catalog.recipe.terms import clean_terms
from catalog.recipe.webp import image_size


def make_stickers(
    source: Source, archive: Path, emoji: Mapping[str, Emoji], terms: Mapping[str, Sequence[Term]]
) -> list[CatalogItem]:
    """One sticker for each emoji that the package draws, in emojibase's order."""
    drawings = _drawings(archive, emoji)
    return [_sticker(source, emoji[key], *drawings[key], terms[key]) for key in emoji if key in drawings]


def _drawings(archive: Path, emoji: Mapping[str, Emoji]) -> dict[str, tuple[str, bytes]]:
    drawings: dict[str, tuple[str, bytes]] = {}
    # A few emoji are packed twice, with and without a variation selector: the longer name is the newer art.
    for path, data in sorted(
        members(archive, lambda p: p.endswith(".webp")), key=lambda file: -len(file[0])
    ):
        key = emoji_key(PurePosixPath(path).stem)
        if key in emoji:
            drawings.setdefault(key, (path, data))
    return drawings


def _sticker(source: Source, emoji: Emoji, path: str, data: bytes, terms: Sequence[Term]) -> CatalogItem:
    width, height = image_size(data)
    return CatalogItem(
        item_id=f"fluent3d-{emoji.key}",
        media_type="sticker",
        mime_type="image/webp",
        width=width,
        height=height,
        duration_ms=None,
        alt_text=emoji.label,
        emoji=emoji.character,
        terms=clean_terms(terms),
        rating=emoji_rating(emoji.key),
        licence=source.licence,
        attribution=source.attribution,
        source_package=source.package,
        source_path=path,
        sha256=hashlib.sha256(data).hexdigest(),
        data=data,
        preview=None,
        preview_mime_type=None,
    )
