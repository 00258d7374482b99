"""Sheets of pictures, to look at what a model makes."""

import io
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw

CELL_BORDER = 4
LABEL_HEIGHT = 18


def opened(data: bytes, side_px: int) -> Image.Image:
    """A still medium as a square of a sheet."""
    with Image.open(io.BytesIO(data)) as image:
        return image.convert("RGBA").resize((side_px, side_px), Image.Resampling.LANCZOS)


def write_sheet(path: Path, rows: Sequence[Sequence[Image.Image]], labels: Sequence[str] = ()) -> None:
    """Write rows of equally large images as one PNG on white, with a label above each column."""
    width, height = rows[0][0].size
    top = LABEL_HEIGHT if labels else 0
    size = (len(rows[0]) * (width + CELL_BORDER), top + len(rows) * (height + CELL_BORDER))
    sheet = Image.new("RGBA", size, "white")
    draw = ImageDraw.Draw(sheet)
    for column, label in enumerate(labels):
        draw.text((column * (width + CELL_BORDER) + 2, 2), label[: width // 6], fill="black")
    for row, images in enumerate(rows):
        for column, image in enumerate(images):
            place = (column * (width + CELL_BORDER), top + row * (height + CELL_BORDER))
            sheet.alpha_composite(image, place)
    path.parent.mkdir(parents=True, exist_ok=True)
    sheet.convert("RGB").save(path)
