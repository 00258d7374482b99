"""The whole recipe: packages in, four Parquet files and their digests out."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from catalog.checksums import write_checksums
from catalog.items import CatalogItem, MediaType, Term
from catalog.recipe.clips import make_clips
from catalog.recipe.download import fetch
from catalog.recipe.emoji import Emoji, load_emoji
from catalog.recipe.labels import load_labels
from catalog.recipe.phrases import load_phrases
from catalog.recipe.pictures import make_pictures
from catalog.recipe.sounds import make_sounds
from catalog.recipe.source import Source, load_sources
from catalog.recipe.stickers import make_stickers
from catalog.recipe.unsafe_words import write_unsafe_words
from catalog.recipe.writer import write_items
from catalog.schema import MEDIA_FILES


def build(cache: Path, out: Path, media_types: Iterable[MediaType]) -> dict[MediaType, int]:
    """Rebuild the files of the given media types, then all digests; return how many items each got."""
    sources = load_sources()
    out.mkdir(parents=True, exist_ok=True)
    counts: dict[MediaType, int] = {}
    for media_type in media_types:
        items = make_items(media_type, sources, cache)
        write_items(items, out / MEDIA_FILES[media_type])
        write_checksums(out)
        counts[media_type] = len(items)
    write_unsafe_words(fetch(sources["naughty-words"], cache))
    return counts


def make_items(media_type: MediaType, sources: dict[str, Source], cache: Path) -> list[CatalogItem]:
    """Make the items of one media type, fetching only the packages it needs."""
    if media_type == "image":
        return make_pictures(sources["openclipart"], fetch(sources["openclipart"], cache))
    if media_type == "audio":
        return make_sounds(sources["samples"], fetch(sources["samples"], cache))
    emoji, terms = _emoji_terms(sources, cache)
    if media_type == "sticker":
        return make_stickers(sources["fluent-3d"], fetch(sources["fluent-3d"], cache), emoji, terms)
    parts = [sources[f"fluent-anim-{part}"] for part in (1, 2, 3, 4)]
    return make_clips([(part, fetch(part, cache)) for part in parts], emoji, terms)


def _emoji_terms(
    sources: dict[str, Source], cache: Path
) -> tuple[dict[str, Emoji], dict[str, Sequence[Term]]]:
    emojibase = fetch(sources["emojibase"], cache)
    emojilib = fetch(sources["emojilib"], cache)
    emoji = load_emoji(emojibase, emojilib)
    labels = load_labels(emojibase, emojilib)
    phrases = load_phrases(emoji)
    return emoji, {key: [*phrases.get(key, ()), *labels[key]] for key in emoji}
