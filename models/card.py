"""Cards: a subject, cut out with a white edge, in a scene and, if there are any, words. Same arguments, same pixels.

Drawn at twice the size and scaled down, which smooths every edge. Array names: H and W pixels, C channels.
"""

import colorsys

import numpy as np
from PIL import Image, ImageFilter

from models.lettering import drawable, letter

SIZE_PX = 256
SCALE = 2
FULL = SIZE_PX * SCALE
SIDE_PX, RAISED_SIDE_PX = 160, 150  # of the subject, alone and above words
FOOT_PX, RAISED_FOOT_PX = 14, 78  # from its lower edge to that of the card
EDGE_PX = 3
SHADOW = (25, 20, 50)


def make_card(scene: Image.Image, subject: Image.Image, text: str) -> Image.Image:
    """An opaque picture (256 x 256, RGB) of an RGBA subject in a scene; an empty text leaves the place to the subject."""
    card = scene.convert("RGBA").resize((FULL, FULL), Image.Resampling.BICUBIC)
    words = drawable(text)
    _place(card, subject, raised=bool(words))
    card = card.resize((SIZE_PX, SIZE_PX), Image.Resampling.LANCZOS)
    if words:
        box = (12, SIZE_PX - 76, SIZE_PX - 12, SIZE_PX - 10)
        card = letter(card, words, box, "white", _ink(scene))
    return card.convert("RGB")


def _place(card: Image.Image, subject: Image.Image, raised: bool) -> None:
    side = SCALE * (RAISED_SIDE_PX if raised else SIDE_PX)
    left = (FULL - side) // 2
    top = FULL - side - SCALE * (RAISED_FOOT_PX if raised else FOOT_PX)
    large = Image.new("RGBA", card.size)
    large.paste(subject.resize((side, side), Image.Resampling.LANCZOS), (left, top))
    alpha = large.getchannel("A")
    grown = alpha.filter(ImageFilter.GaussianBlur(SCALE * EDGE_PX)).point(
        lambda a: min(255, max(0, 6 * (a - 24)))
    )
    shadow = Image.new("RGBA", card.size, (*SHADOW, 0))
    shadow.putalpha(
        grown.transform(card.size, Image.Transform.AFFINE, (1, 0, 0, 0, 1, -SCALE * 5))
        .filter(ImageFilter.GaussianBlur(SCALE * 6))
        .point(lambda a: round(0.45 * a))
    )
    card.alpha_composite(shadow)
    edge = Image.new("RGBA", card.size, "white")
    edge.putalpha(grown)
    card.alpha_composite(edge)
    card.alpha_composite(large)


def _ink(scene: Image.Image) -> str:
    """A dark colour of the scene's lower part, which the words stand on."""
    lower_HWC = np.asarray(scene.convert("RGB"))[-scene.height // 3 :]
    hue, saturation, _ = colorsys.rgb_to_hsv(*(lower_HWC.reshape(-1, 3).mean(0) / 255))
    ink = colorsys.hsv_to_rgb(hue, max(0.45, min(0.8, 1.6 * saturation)), 0.34)
    return "#{:02x}{:02x}{:02x}".format(*(round(255 * part) for part in ink))
