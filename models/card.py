"""Cards: a subject on a soft ground with a pattern and, if there are any, words. Same arguments, same pixels.

Drawn at twice the size and scaled down, which smooths every edge. Array names: H and W pixels, C channels.
"""

import colorsys
import math
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from catalog.items import Colour
from models.lettering import drawable, letter

SIZE_PX = 256
SCALE = 2
FULL = SIZE_PX * SCALE
Rgb = tuple[int, int, int]
GROUND_HUES: dict[Colour, float] = {"warm": 0.06, "neutral": 0.12, "cool": 0.55}
Draw = Callable[[ImageDraw.ImageDraw, np.random.Generator, list[Rgb]], None]


def make_card(subject: Image.Image, text: str, seed: int, colour: Colour | None = None) -> Image.Image:
    """An opaque picture (256 x 256, RGB) around an RGBA subject; an empty text leaves the place to the subject.

    The ground has the `colour` that the person likes, or one away from the subject's own.
    """
    generator = np.random.default_rng(seed)
    hue = _main_hue(subject)
    light = _palette(hue, generator, colour)
    card = _ground(light[:2], generator).convert("RGBA")
    pattern = Image.new("RGBA", card.size)
    PATTERNS[int(generator.integers(len(PATTERNS)))](ImageDraw.Draw(pattern), generator, light[2:])
    card.alpha_composite(pattern)
    words = drawable(text)
    _place(card, subject, raised=bool(words))
    card = card.resize((SIZE_PX, SIZE_PX), Image.Resampling.LANCZOS)
    if words:
        ink = _colour(hue + 0.5 * generator.integers(2), 0.75, 0.42)
        box = (14, SIZE_PX - 76, SIZE_PX - 14, SIZE_PX - 10)
        card = letter(card, words, box, "white", "#{:02x}{:02x}{:02x}".format(*ink))
    return card.convert("RGB")


def _main_hue(subject: Image.Image) -> float:
    """The commonest hue, in [0, 1), of what is solid and coloured; that of the sky for what is grey."""
    pixels = np.asarray(subject.resize((32, 32))).reshape(-1, 4)
    hsv = np.asarray(subject.convert("RGB").resize((32, 32)).convert("HSV")).reshape(-1, 3)
    weights = (pixels[:, 3] / 255.0) * (hsv[:, 1] / 255.0) * (hsv[:, 2] / 255.0)
    if weights.sum() < 1:
        return 0.55
    counts = np.bincount(hsv[:, 0] // 16, weights=weights, minlength=16)
    return float((counts.argmax() + 0.5) / 16)


def _palette(hue: float, generator: np.random.Generator, colour: Colour | None) -> list[Rgb]:
    """Two pale colours for the ground and three lively ones that go with them."""
    turn = float(generator.choice([0.5, 0.42, 0.58, 0.33]))
    ground = hue + turn if colour is None else GROUND_HUES[colour] + 0.1 * (turn - 0.45)
    strength = 0.25 if colour == "neutral" else 1.0
    return [
        _colour(ground, 0.30 * strength, 0.99),
        _colour(ground + 0.08, 0.50 * strength, 0.93),
        _colour(hue, 0.45, 1.0),
        _colour(ground + 0.16, 0.55, 1.0),
        (255, 255, 255),
    ]


def _colour(hue: float, saturation: float, value: float) -> Rgb:
    red, green, blue = colorsys.hsv_to_rgb(hue % 1.0, saturation, value)
    return round(255 * red), round(255 * green), round(255 * blue)


def _ground(colours: list[Rgb], generator: np.random.Generator) -> Image.Image:
    """A gradient, lightest behind the subject or along a slope."""
    y_HW, x_HW = np.mgrid[0:FULL, 0:FULL] / FULL
    if generator.random() < 0.6:
        share_HW = np.hypot(x_HW - 0.5, y_HW - 0.42) / 0.75
    else:
        angle = generator.uniform(0.2, 1.3)
        share_HW = (x_HW * math.cos(angle) + y_HW * math.sin(angle)) / (math.cos(angle) + math.sin(angle))
    first, second = (np.array(colour, dtype=float) for colour in colours)
    share_HW1 = np.clip(share_HW, 0, 1)[..., None]
    return Image.fromarray((first + (second - first) * share_HW1).astype(np.uint8), "RGB")


def _place(card: Image.Image, subject: Image.Image, raised: bool) -> None:
    side = SCALE * (168 if raised else 204)
    large = subject.resize((side, side), Image.Resampling.LANCZOS)
    left = (FULL - side) // 2
    top = SCALE * 12 if raised else (FULL - side) // 2
    shadow = Image.new("RGBA", card.size)
    shadow.paste((40, 30, 70, 90), (left, top + SCALE * 6), large.getchannel("A"))
    card.alpha_composite(shadow.filter(ImageFilter.GaussianBlur(SCALE * 5)))
    card.alpha_composite(large, (left, top))


def _confetti(draw: ImageDraw.ImageDraw, generator: np.random.Generator, colours: list[Rgb]) -> None:
    for _ in range(70):
        x, y, angle = generator.uniform(0, FULL), generator.uniform(0, FULL), generator.uniform(0, math.pi)
        length, width = generator.uniform(12, 26), generator.uniform(5, 10)
        across = np.array([math.cos(angle), math.sin(angle)])
        along = np.array([-across[1], across[0]])
        corners = [across * length, along * width, -across * length, -along * width]
        draw.polygon(
            [(x + dx / 2, y + dy / 2) for dx, dy in corners], fill=(*_pick(generator, colours), 220)
        )


def _dots(draw: ImageDraw.ImageDraw, generator: np.random.Generator, colours: list[Rgb]) -> None:
    pitch, radius, colour = generator.integers(44, 70), generator.uniform(6, 12), _pick(generator, colours)
    for row, y in enumerate(range(0, FULL + pitch, pitch)):
        for x in range(-(row % 2) * pitch // 2, FULL + pitch, pitch):
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=(*colour, 150))


def _rays(draw: ImageDraw.ImageDraw, generator: np.random.Generator, colours: list[Rgb]) -> None:
    middle, count, turn = (FULL / 2, FULL * 0.42), int(generator.integers(10, 18)), generator.uniform(0, 1)
    colour = _pick(generator, colours)
    for ray in range(count):
        edges = [2 * math.pi * (ray + turn + half) / count for half in (0.0, 0.5)]
        tips = [(middle[0] + FULL * math.cos(edge), middle[1] + FULL * math.sin(edge)) for edge in edges]
        draw.polygon([middle, *tips], fill=(*colour, 90))


def _stars(draw: ImageDraw.ImageDraw, generator: np.random.Generator, colours: list[Rgb]) -> None:
    for _ in range(34):
        x, y, radius = generator.uniform(0, FULL), generator.uniform(0, FULL), generator.uniform(8, 22)
        turn = generator.uniform(0, 2 * math.pi)
        points = [
            (
                x + radius * (1 if corner % 2 else 0.45) * math.cos(turn + corner * math.pi / 5),
                y + radius * (1 if corner % 2 else 0.45) * math.sin(turn + corner * math.pi / 5),
            )
            for corner in range(10)
        ]
        draw.polygon(points, fill=(*_pick(generator, colours), 210))


def _waves(draw: ImageDraw.ImageDraw, generator: np.random.Generator, colours: list[Rgb]) -> None:
    height, length = generator.uniform(10, 22), generator.uniform(70, 140)
    for line, y in enumerate(range(0, FULL + 40, 46)):
        points = [
            (x, y + height * math.sin(2 * math.pi * x / length + line * 1.3)) for x in range(0, FULL + 8, 4)
        ]
        draw.line(points, fill=(*colours[line % len(colours)], 130), width=9, joint="curve")


def _hearts(draw: ImageDraw.ImageDraw, generator: np.random.Generator, colours: list[Rgb]) -> None:
    for _ in range(26):
        x, y, size = generator.uniform(0, FULL), generator.uniform(0, FULL), generator.uniform(0.7, 2.0)
        angles = np.linspace(0, 2 * math.pi, 40)
        outline_x = 16 * np.sin(angles) ** 3
        outline_y = (
            13 * np.cos(angles) - 5 * np.cos(2 * angles) - 2 * np.cos(3 * angles) - np.cos(4 * angles)
        )
        points = list(zip(x + size * outline_x, y - size * outline_y, strict=True))
        draw.polygon(points, fill=(*_pick(generator, colours), 200))


def _pick(generator: np.random.Generator, colours: list[Rgb]) -> Rgb:
    return colours[int(generator.integers(len(colours)))]


PATTERNS: tuple[Draw, ...] = (_confetti, _dots, _rays, _stars, _waves, _hearts)
