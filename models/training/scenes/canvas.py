"""What every synthesised scene is painted on. Places and sizes are shares of the side, y grows downwards.

Painted at twice the size and scaled down, which smooths every edge. Array names: H and W pixels.
"""

import colorsys
from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

SIZE_PX = 192
SCALE = 2
FULL = SIZE_PX * SCALE
Rgb = tuple[int, int, int]
Point = tuple[float, float]
Choice = TypeVar("Choice")
WHITE: Rgb = (255, 255, 255)


def hsv(hue: float, saturation: float, value: float) -> Rgb:
    """A colour of a hue in degrees; saturation and value in [0, 1] are clipped."""
    clipped = min(1.0, max(0.0, saturation)), min(1.0, max(0.0, value))
    red, green, blue = colorsys.hsv_to_rgb(hue / 360 % 1.0, *clipped)
    return round(255 * red), round(255 * green), round(255 * blue)


def mix(first: Rgb, second: Rgb, share: float) -> Rgb:
    """Between two colours; 0 is the first."""
    red, green, blue = (round(a + share * (b - a)) for a, b in zip(first, second, strict=True))
    return red, green, blue


class Canvas:
    """A square picture and the dice it is painted by."""

    def __init__(self, random: np.random.Generator) -> None:
        self.random = random
        self.image = Image.new("RGB", (FULL, FULL))

    def between(self, low: float, high: float) -> float:
        """A number drawn evenly."""
        return float(self.random.uniform(low, high))

    def whole(self, low: int, high: int) -> int:
        """A whole number drawn evenly, `high` included."""
        return int(self.random.integers(low, high + 1))

    def chance(self, share: float) -> bool:
        """True as often as this."""
        return bool(self.random.random() < share)

    def pick(self, choices: Sequence[Choice]) -> Choice:
        """One of them."""
        return choices[self.whole(0, len(choices) - 1)]

    def gradient(self, *stops: Rgb, top: float = 0.0, bottom: float = 1.0) -> None:
        """Colours from top to bottom, over the whole width."""
        first, last = round(top * FULL), round(bottom * FULL)
        shares = np.linspace(0, 1, last - first)
        places = np.linspace(0, 1, len(stops))
        columns = [np.interp(shares, places, [stop[i] for stop in stops]) for i in range(3)]
        pixels = np.repeat(np.stack(columns, -1)[:, None], FULL, axis=1)
        self.image.paste(Image.fromarray(pixels.round().astype(np.uint8)), (0, first))

    def glow(self, x: float, y: float, reach: float, colour: Rgb, strength: float = 1.0) -> None:
        """Light that fades with the square of the distance, `reach` its deviation."""
        self.blend(colour, strength * np.exp(-0.5 * (self._distance(x, y) / reach) ** 2))

    def vignette(self, colour: Rgb, strength: float, x: float = 0.5, y: float = 0.5) -> None:
        """A colour that grows towards the corners."""
        self.blend(colour, strength * np.clip(self._distance(x, y) / 0.75, 0, 1) ** 2)

    def blend(self, colour: Rgb, share_HW: NDArray[np.float64]) -> None:
        """Mix in a colour where the share, in [0, 1], says."""
        mask = Image.fromarray((255 * np.clip(share_HW, 0, 1)).astype(np.uint8))
        self.image.paste(colour, mask=mask)

    def _distance(self, x: float, y: float) -> NDArray[np.float64]:
        y_HW, x_HW = np.mgrid[0:FULL, 0:FULL] / FULL
        return np.hypot(x_HW - x, y_HW - y)

    def blur(self, radius: float) -> None:
        """Everything so far out of focus."""
        self.image = self.image.filter(ImageFilter.GaussianBlur(radius * FULL))

    def polygon(self, points: Sequence[Point], colour: Rgb, alpha: float = 1.0) -> None:
        """A filled outline."""
        self._pen().polygon([(x * FULL, y * FULL) for x, y in points], (*colour, round(255 * alpha)))

    def ellipse(
        self, x: float, y: float, width: float, height: float, colour: Rgb, alpha: float = 1.0
    ) -> None:
        """A filled ellipse around a middle; `width` and `height` are its radii."""
        box = [(x - width) * FULL, (y - height) * FULL, (x + width) * FULL, (y + height) * FULL]
        self._pen().ellipse(box, (*colour, round(255 * alpha)))

    def disc(self, x: float, y: float, radius: float, colour: Rgb, alpha: float = 1.0) -> None:
        """A filled circle."""
        self.ellipse(x, y, radius, radius, colour, alpha)

    def box(
        self,
        left: float,
        top: float,
        right: float,
        bottom: float,
        colour: Rgb,
        alpha: float = 1.0,
        round_by: float = 0.0,
    ) -> None:
        """A filled rectangle, with round corners if asked."""
        place = [left * FULL, top * FULL, right * FULL, bottom * FULL]
        self._pen().rounded_rectangle(place, round_by * FULL, (*colour, round(255 * alpha)))

    def line(self, points: Sequence[Point], width: float, colour: Rgb, alpha: float = 1.0) -> None:
        """A stroke through points."""
        places = [(x * FULL, y * FULL) for x, y in points]
        self._pen().line(places, (*colour, round(255 * alpha)), max(1, round(width * FULL)), "curve")

    def _pen(self) -> ImageDraw.ImageDraw:
        return ImageDraw.Draw(self.image, "RGBA")

    def finished(self) -> Image.Image:
        """The picture in its own size."""
        return self.image.resize((SIZE_PX, SIZE_PX), Image.Resampling.LANCZOS)
