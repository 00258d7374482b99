"""Words drawn on pictures: a round font with an outline, wrapped and sized to a box."""

import unicodedata

import font_fredoka_one
from PIL import Image, ImageDraw, ImageFont

Box = tuple[int, int, int, int]  # left, top, right, bottom in pixels

FONT = font_fredoka_one.FredokaOne
MAX_CHARACTERS, MAX_LINES = 40, 3
OUTLINE = 0.09  # of the font's size
SMALLEST = 10


def drawable(text: str) -> str:
    """The text without emoji and doubled spaces; empty if the font lacks one of its letters, or if it is long."""
    kept = "".join(" " if unicodedata.category(char) in ("So", "Sk", "Cs", "Cf") else char for char in text)
    words = " ".join(kept.replace("\ufe0f", "").split())
    if not any(map(str.isalnum, words)) or len(words) > MAX_CHARACTERS:
        return ""
    font = ImageFont.truetype(FONT, 32)
    missing = _shape(font, "\U0010ffff")
    return "" if any(_shape(font, char) == missing for char in set(words) - {" "}) else words


def letter(picture: Image.Image, text: str, box: Box, fill: str, outline: str) -> Image.Image:
    """A copy of the picture with the text in the middle of the box, as large as fits; whole lines only."""
    lettered = picture.copy()
    draw = ImageDraw.Draw(lettered)
    font, wrapped, ink = _fit(draw, text, box)
    draw.multiline_text(
        ((box[0] + box[2] - ink[0] - ink[2]) / 2, (box[1] + box[3] - ink[1] - ink[3]) / 2),
        wrapped,
        fill,
        font,
        align="center",
        spacing=font.size * 0.1,
        stroke_width=_stroke(font.size),
        stroke_fill=outline,
    )
    return lettered


def _fit(
    draw: ImageDraw.ImageDraw, text: str, box: Box
) -> tuple[ImageFont.FreeTypeFont, str, tuple[float, float, float, float]]:
    """The largest font, the text in lines, and where its ink is when drawn at the origin."""
    width, height = box[2] - box[0], box[3] - box[1]
    for size in range(height, SMALLEST, -2):
        font = ImageFont.truetype(FONT, size)
        for lines in range(1, min(MAX_LINES, len(text.split())) + 1):
            wrapped = _wrap(text, lines)
            ink = draw.multiline_textbbox(
                (0, 0), wrapped, font, align="center", spacing=size * 0.1, stroke_width=_stroke(size)
            )
            if ink[2] - ink[0] <= width and ink[3] - ink[1] <= height:
                return font, wrapped, ink
    raise ValueError(f"text: {text!r} does not fit {width} x {height} pixels")


def _wrap(text: str, lines: int) -> str:
    """The text in this many lines of about the same length."""
    words, made = text.split(), []
    for remaining in range(lines, 1, -1):
        goal = len(" ".join(words)) / remaining
        count = 1
        while len(words) - count > remaining - 1 and len(" ".join(words[: count + 1])) <= goal + 2:
            count += 1
        made.append(" ".join(words[:count]))
        words = words[count:]
    return "\n".join([*made, " ".join(words)])


def _stroke(size: float) -> int:
    return max(1, round(OUTLINE * size))


def _shape(font: ImageFont.FreeTypeFont, char: str) -> bytes:
    return bytes(font.getmask(char))
