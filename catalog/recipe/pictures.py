"""Pictures: public-domain drawings, chosen one by one, rendered to WebP."""

import hashlib
import re
from pathlib import Path
from typing import Any

import yaml
from tqdm import tqdm

from catalog.items import CatalogItem, Term
from catalog.recipe.archive import members
from catalog.recipe.clipart import ClipArt, parse_clipart
from catalog.recipe.ratings import Rating
from catalog.recipe.rendering import render_svg
from catalog.recipe.source import Source
from catalog.recipe.terms import clean_terms, clean_text
from catalog.recipe.webp import encode_webp

PICTURES_FILE = Path(__file__).parent / "pictures.yaml"
SVG_FOLDER = "usr/share/openclipart/svg/"
QUALITY = 75

# Words of the library's own bookkeeping: categories, submission notes, file formats, misspellings.
_JUNK_WORDS = """
activities activity airtravel animale animali appicon art bodypart callout carbohydrate cartooon
clip clipart collection commercial desktop desserts drawing education en entertainment equipment
example extraordinary fanart felini felino festive flowchart foul geography hardware hash icon icons
illustration image inkscape logo menu musicstuff musicsym noze odkurzacz openclipart pere place
protein recreation religholiday roadtravel saint sampler shape sign signs spacer stickmen study svg
symbol symbols tool tools toothedwhale unsorted utensile vegitable vincent weathersym
"""
_JUNK = frozenset(_JUNK_WORDS.split())
_WORD = re.compile(r"[a-z][a-z' -]{1,29}")
_PG = re.compile(r"beer|wine|cocktail|alcohol|six-pack|friends at a bar|poison|skull|pills", re.IGNORECASE)


def make_pictures(source: Source, archive: Path) -> list[CatalogItem]:
    """One picture for each drawing that `pictures.yaml` names, by path."""
    described: dict[str, dict[str, Any]] = yaml.load(PICTURES_FILE.read_text("utf-8"), yaml.CSafeLoader)
    wanted = {SVG_FOLDER + path for path in described}
    files = dict(members(archive, wanted.__contains__))
    pictures = []
    for path, about in tqdm(sorted(described.items()), desc="pictures", unit="picture"):
        clipart = parse_clipart(path, files[SVG_FOLDER + path]) if SVG_FOLDER + path in files else None
        if clipart is None or not clipart.public_domain:
            raise ValueError(
                f"{PICTURES_FILE.name}: {path!r} is not a public-domain drawing of {source.package}"
            )
        pictures.append(_picture(source, clipart, about["alt"], about["tags"]))
    return pictures


def picture_terms(clipart: ClipArt, alt_text: str, tags: list[str]) -> tuple[Term, ...]:
    """Our own words first, then the library's keywords without bookkeeping, authors and file names."""
    own = [Term(text, "en", "gramoji") for text in (alt_text, *tags)]
    author = set(clean_text(clipart.author).split())
    keywords = [clean_text(word.replace("_", " ")) for word in clipart.keywords]
    kept = [
        word
        for word in keywords
        if _WORD.fullmatch(word) and word not in _JUNK and not set(word.split()) & (author | _JUNK)
    ]
    return clean_terms([*own, *(Term(word, "en", "openclipart") for word in kept)])


def _picture(source: Source, clipart: ClipArt, alt_text: str, tags: list[str]) -> CatalogItem:
    image = render_svg(clipart.svg)
    data = encode_webp(image, QUALITY)
    author = f"{clipart.author}, Open Clip Art Library" if clipart.author else "Open Clip Art Library"
    return CatalogItem(
        item_id=f"openclipart-{_slug(clipart.path)}",
        media_type="image",
        mime_type="image/webp",
        width=image.width,
        height=image.height,
        duration_ms=None,
        alt_text=alt_text,
        emoji=None,
        terms=picture_terms(clipart, alt_text, tags),
        rating=_rating(clipart, alt_text),
        licence=source.licence,
        attribution=author,
        source_package=source.package,
        source_path=SVG_FOLDER + clipart.path,
        sha256=hashlib.sha256(data).hexdigest(),
        data=data,
        preview=None,
        preview_mime_type=None,
    )


def _slug(path: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", path.lower().removesuffix(".svg")).strip("-")


def _rating(clipart: ClipArt, alt_text: str) -> Rating:
    return "pg" if _PG.search(" ".join((alt_text, *clipart.keywords))) else "g"
