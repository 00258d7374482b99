"""The catalogue's emoji in other styles of drawing, to train on: `python -m catalog.recipe.styles --cache DIR`."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
from tqdm import tqdm

from catalog.items import CatalogItem, Style
from catalog.reader import read_items
from catalog.recipe.archive import members
from catalog.recipe.download import fetch
from catalog.recipe.emoji import character_key, emoji_key
from catalog.recipe.rendering import render_svg
from catalog.recipe.source import Source, load_sources
from catalog.recipe.webp import encode_webp
from catalog.recipe.writer import write_items
from catalog.schema import MEDIA_FILES

SIDE_PX = 128
QUALITY = 95
SOURCES: dict[Style, str] = {"flat": "fluent-flat", "noto": "noto"}
DRAWN_ELSEWHERE = frozenset({"left", "top", "width", "height"})  # what an icon may say beside its body


def restyle(
    source: Source, archive: Path, style: Style, stickers: Iterable[CatalogItem]
) -> list[CatalogItem]:
    """The stickers, with their ids and terms, as the icons of a set draw them; without those that it lacks."""
    names = ("icons.json", "chars.json")
    files = {path: json.loads(data) for path, data in members(archive, names.__contains__)}
    drawn = {emoji_key(points): name for points, name in files["chars.json"].items()}
    return [
        _restyled(source, sticker, drawn[key], files["icons.json"])
        for sticker in tqdm(list(stickers), desc=style)
        if sticker.emoji and (key := character_key(sticker.emoji)) in drawn
    ]


def _restyled(source: Source, sticker: CatalogItem, name: str, icons: Mapping[str, Any]) -> CatalogItem:
    image = render_svg(icon_svg(icons, name), SIDE_PX)
    data = encode_webp(image, QUALITY)
    return replace(
        sticker,
        width=image.width,
        height=image.height,
        licence=source.licence,
        attribution=source.attribution,
        source_package=source.package,
        source_path=f"icons.json#{name}",
        sha256=hashlib.sha256(data).hexdigest(),
        data=data,
    )


def icon_svg(icons: Mapping[str, Any], name: str) -> bytes:
    """One icon of an Iconify set as a drawing; an alias may mirror its parent."""
    icon = icons["icons"].get(name) or icons["aliases"][name]
    mirrored = False
    while "parent" in icon:
        if extra := icon.keys() - DRAWN_ELSEWHERE - {"parent", "hFlip"}:
            raise ValueError(f"icon {name!r}: {sorted(extra)} of an alias cannot be drawn; hFlip can")
        mirrored ^= bool(icon.get("hFlip"))
        parent = icon["parent"]
        icon = icons["icons"].get(parent) or icons["aliases"][parent]
    width, height = (icon.get(side, icons.get(side, 16)) for side in ("width", "height"))
    body = icon["body"]
    if mirrored:
        body = f'<g transform="translate({width} 0) scale(-1 1)">{body}</g>'
    box = f'viewBox="0 0 {width} {height}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {box}>{body}</svg>'.encode()


def main(
    cache: Annotated[Path, typer.Option(help="Folder for the two source packages; fetched where missing.")],
    out: Annotated[Path, typer.Option(help="Folder that receives a catalogue a style.")] = Path(
        "runs/styles"
    ),
) -> None:
    """Draw the catalogue's stickers in the other styles that `gramoji train sticker` learns; none of it is served."""
    sources, stickers = load_sources(), list(read_items(media_types=("sticker",)))
    for style, name in SOURCES.items():
        items = restyle(sources[name], fetch(sources[name], cache), style, stickers)
        (out / style).mkdir(parents=True, exist_ok=True)
        write_items(items, out / style / MEDIA_FILES["sticker"])
        typer.echo(f"{style}: {len(items)} of {len(stickers)} stickers")


if __name__ == "__main__":
    typer.run(main)
