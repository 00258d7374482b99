"""The contact sheet of the catalogue, `docs/catalog.png`: `python -m catalog.recipe.sheet FILE`."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from PIL import Image

from catalog.items import CatalogItem, MediaType
from catalog.reader import read_items

CELL_PX = 56
NUM_COLUMNS = 22
_ROWS: dict[MediaType, int] = {"sticker": 5, "video": 3, "image": 6, "audio": 2}
_GROUND_RGB = (250, 250, 252)
_GAP_PX = 10


def draw_sheet(items_by_type: dict[MediaType, Sequence[CatalogItem]]) -> Image.Image:
    """Draw evenly spaced samples of each media type, one band a type."""
    height = sum(_ROWS.values()) * CELL_PX + _GAP_PX * (len(_ROWS) + 1)
    sheet = Image.new("RGB", (NUM_COLUMNS * CELL_PX + 2 * _GAP_PX, height), _GROUND_RGB)
    top = _GAP_PX
    for media_type, num_rows in _ROWS.items():
        width = 2 * CELL_PX if media_type == "audio" else CELL_PX
        num_columns = NUM_COLUMNS * CELL_PX // width
        items = items_by_type[media_type]
        wanted = num_columns * num_rows
        for place in range(wanted):
            item = items[place * len(items) // wanted]
            column, row = place % num_columns, place // num_columns
            _paste(sheet, item, _GAP_PX + column * width, top + row * CELL_PX, width)
        top += num_rows * CELL_PX + _GAP_PX
    return sheet


def _paste(sheet: Image.Image, item: CatalogItem, left: int, top: int, width: int) -> None:
    with Image.open(io.BytesIO(item.preview or item.data)) as opened:
        image = opened.convert("RGBA")
    image.thumbnail((width - 6, CELL_PX - 6), Image.Resampling.LANCZOS)
    place = (left + (width - image.width) // 2, top + (CELL_PX - image.height) // 2)
    sheet.paste(image, place, image)


def main(path: Annotated[Path, typer.Argument(help="Where the PNG is written.")]) -> None:
    """Draw the contact sheet of the shipped catalogue."""
    sheet = draw_sheet({media_type: list(read_items(media_types=[media_type])) for media_type in _ROWS})
    sheet.quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)


if __name__ == "__main__":
    typer.run(main)
