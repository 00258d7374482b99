"""Clips: animated Fluent emoji, re-encoded small, with their fullest frame as preview."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from PIL import Image
from tqdm import tqdm

from catalog.items import CatalogItem, Term
from catalog.recipe.animation import encode_animation, num_frames, resample
from catalog.recipe.archive import members
from catalog.recipe.emoji import Emoji, emoji_key
from catalog.recipe.ratings import emoji_rating
from catalog.recipe.source import Source
from catalog.recipe.terms import clean_terms
from catalog.recipe.webp import encode_webp

SIDE_PX = 128
FPS = 12
QUALITY = 45
PREVIEW_QUALITY = 80

_WHOLE_SUBGROUPS = frozenset(range(16)) | frozenset(range(16, 22)) | {24}  # faces, hearts; hands; gestures
_ALSO = frozenset(
    "💃🕺🎅🤶🧟🧙🧛🧚🧜🫂👶💪👀🧠🐵🐒🐶🐕🐺🦊🦝🐱🐈🦁🐯🐴🦄🐮🐷🐭🐹🐰🐻🐨🐼🦥🦦🐾🐔🐣"
    "🐤🐧🦆🦉🐝🦋🐞🐌🐢🐸🐍🐲🦕🦖🐳🐬🐙🦈🦀🥀🎂☕🍵🍾🍹🍺🍻🥂🎃🎄🎉🎶🔥🌟⭐🌈🌞🌚☔"
    "⚡❄⛄🌊🌧🚀✈🚗🏎⏰⌛🧸🔮💣🏃👻🕊"
)
_LEFT_OUT = frozenset({"1f595"})
_GENDER_SIGNS = frozenset({"2640", "2642"})


def is_useful(emoji: Emoji) -> bool:
    """Whether people send it in chats often enough to be worth its bytes; one gender variant is enough."""
    if emoji.key in _LEFT_OUT or _GENDER_SIGNS & set(emoji.key.split("-")):
        return False
    return emoji.subgroup in _WHOLE_SUBGROUPS or emoji.character.removesuffix("\ufe0f") in _ALSO


def make_clips(
    packages: Sequence[tuple[Source, Path]],
    emoji: Mapping[str, Emoji],
    terms: Mapping[str, Sequence[Term]],
) -> list[CatalogItem]:
    """One clip for each useful emoji that a package truly animates, in emojibase's order."""
    found: dict[str, tuple[Source, str, bytes]] = {}
    for source, archive in packages:
        for path, data in members(archive, lambda p: p.endswith(".webp")):
            key = emoji_key(PurePosixPath(path).stem)
            if key in emoji and is_useful(emoji[key]) and num_frames(data) > 1:
                found.setdefault(key, (source, path, data))
    chosen = [key for key in emoji if key in found]
    return [_clip(emoji[key], *found[key], terms[key]) for key in tqdm(chosen, desc="clips", unit="clip")]


def _clip(emoji: Emoji, source: Source, path: str, original: bytes, terms: Sequence[Term]) -> CatalogItem:
    animation = resample(original, SIDE_PX, FPS)
    data = encode_animation(animation, QUALITY)
    return CatalogItem(
        item_id=f"fluentanim-{emoji.key}",
        media_type="video",
        mime_type="image/webp",
        width=SIDE_PX,
        height=SIDE_PX,
        duration_ms=animation.duration_ms,
        alt_text=f"{emoji.label}, animated",
        emoji=emoji.character,
        terms=clean_terms(terms),
        rating=emoji_rating(emoji.key),
        licence=source.licence,
        attribution=source.attribution,
        source_package=source.package,
        source_path=path,
        sha256=hashlib.sha256(data).hexdigest(),
        data=data,
        preview=encode_webp(_fullest(animation.frames), PREVIEW_QUALITY),
        preview_mime_type="image/webp",
    )


def _fullest(frames: Sequence[Image.Image]) -> Image.Image:
    # Many animations begin empty and draw themselves in; the fullest frame is what they are about.
    def opacity(frame: Image.Image) -> int:
        return sum(level * count for level, count in enumerate(frame.getchannel("A").histogram()))

    return max(frames, key=opacity)
