"""Whether a picture's colours are warm, cool or neither.

Array names: B batch, C channels (premultiplied RGBA in [-1, 1]), H and W pixels.
"""

from torch import Tensor

from catalog.items import Colour

WARM_FROM, COOL_BELOW = 0.35, 0.0  # each a third of the catalogue's stickers
WARMTH_OF: dict[Colour, float] = {"warm": 0.6, "neutral": 0.18, "cool": -0.3}


def warmth(pictures_BCHW: Tensor) -> Tensor:
    """How much more red than blue (B,) the solid part of each picture is, in [-1, 1]: fire is near 1, the sea near -1."""
    red_B, _, blue_B, alpha_B = ((pictures_BCHW + 1) / 2).clamp(0, 1).mean((2, 3)).unbind(1)
    return (red_B - blue_B) / alpha_B.clamp(min=1e-3)


def colour_of(warmth: float) -> Colour:
    """The name of a warmth."""
    if warmth >= WARM_FROM:
        return "warm"
    return "cool" if warmth < COOL_BELOW else "neutral"


def picture_colour(picture_CHW: Tensor) -> Colour:
    """What the colours of one picture are like."""
    return colour_of(float(warmth(picture_CHW[None])))
