"""Still WebP pictures: their size, and how ours are written."""

import io

from PIL import Image


def image_size(data: bytes) -> tuple[int, int]:
    """Width and height in pixels."""
    with Image.open(io.BytesIO(data)) as image:
        return image.size


def encode_webp(image: Image.Image, quality: int) -> bytes:
    """Encode one still, alpha kept, without metadata."""
    buffer = io.BytesIO()
    image.save(buffer, "WEBP", quality=quality, method=6, alpha_quality=90)
    return buffer.getvalue()
