"""Vector drawings as pictures: rendered, cropped to what is drawn, bounded in size."""

import io

import resvg_py
from PIL import Image

LONGEST_SIDE_PX = 320
_RENDER_PX = 640


def render_svg(svg: bytes, longest_side_px: int = LONGEST_SIDE_PX) -> Image.Image:
    """Render without system fonts, crop transparent margins, fit into a square of `longest_side_px`."""
    png = resvg_py.svg_to_bytes(
        svg_string=svg.decode("utf-8"), width=_RENDER_PX, dpi=96, skip_system_fonts=True
    )
    with Image.open(io.BytesIO(png)) as opened:
        image = opened.convert("RGBA")
    box = image.getchannel("A").point(lambda alpha: 255 if alpha > 8 else 0).getbbox()
    if box is None:
        raise ValueError("the drawing is empty: no pixel is opaque")
    image = image.crop(box)
    image.thumbnail((longest_side_px, longest_side_px), Image.Resampling.LANCZOS)
    return image
