"""Uploaded pictures, still and animated, to WebP: turned upright, shrunk, without metadata."""

import io
from collections.abc import Iterator

from PIL import Image, ImageOps, ImageSequence

from catalog.recipe.webp import encode_webp
from store.uploads.upload import DecodedUpload, UnusableUploadError, UploadLimits

STICKER_SIDE, IMAGE_SIDE, CLIP_SIDE, PREVIEW_SIDE = 512, 1024, 320, 256
QUALITY, CLIP_QUALITY = 88, 60
SEE_THROUGH = 0.02  # a picture with a larger share of clear pixels is a sticker
MIN_FRAME_MS = 20  # browsers show faster frames for 100 ms

Frame = tuple[Image.Image, int]


def decode_picture(data: bytes, name: str, limits: UploadLimits) -> DecodedUpload:
    """Decode a picture whose format has this name at Pillow."""
    Image.MAX_IMAGE_PIXELS = None  # the size is checked before the first pixel is decoded, by our own limit
    with Image.open(io.BytesIO(data), formats=[name]) as image:
        check_size(image.width, image.height, limits)
        if getattr(image, "is_animated", False):
            return encode_clip(list(_frames(image, limits)))
        return _encode_still(ImageOps.exif_transpose(image).convert("RGBA"))


def check_size(width: int, height: int, limits: UploadLimits) -> None:
    """Refuse what would be large once decoded."""
    if width * height > limits.max_pixels:
        raise UnusableUploadError(
            f"it has {width}x{height} pixels; at most {limits.max_pixels / 1e6:g} million are taken"
        )


def encode_clip(frames: list[Frame]) -> DecodedUpload:
    """Frames of at most `CLIP_SIDE` pixels with their durations in ms; the preview is the middle one."""
    pictures, durations = zip(*frames, strict=True)
    buffer = io.BytesIO()
    pictures[0].save(
        buffer,
        "WEBP",
        save_all=True,
        append_images=pictures[1:],
        duration=list(durations),
        loop=0,
        quality=CLIP_QUALITY,
        alpha_quality=60,
        method=3,
    )
    middle = pictures[len(pictures) // 2]
    return DecodedUpload(
        media_type="video",
        mime_type="image/webp",
        width=middle.width,
        height=middle.height,
        duration_ms=sum(durations),
        data=buffer.getvalue(),
        preview=_preview(middle),
    )


def shrunk(image: Image.Image, side: int) -> Image.Image:
    """A copy that fits a square of `side` pixels; never larger than it was."""
    copy = image.copy()
    copy.thumbnail((side, side), Image.Resampling.LANCZOS)
    return copy


def _encode_still(picture: Image.Image) -> DecodedUpload:
    clear = sum(picture.getchannel("A").histogram()[:128]) / (picture.width * picture.height)
    if clear == 1:
        raise UnusableUploadError("nothing can be seen on it: every pixel is transparent")
    is_sticker = clear > SEE_THROUGH
    small = shrunk(picture, STICKER_SIDE if is_sticker else IMAGE_SIDE)
    if not is_sticker:
        small = small.convert("RGB")
    return DecodedUpload(
        media_type="sticker" if is_sticker else "image",
        mime_type="image/webp",
        width=small.width,
        height=small.height,
        duration_ms=None,
        data=encode_webp(small, QUALITY),
        preview=_preview(small) if max(small.size) > PREVIEW_SIDE else None,
    )


def _frames(image: Image.Image, limits: UploadLimits) -> Iterator[Frame]:
    total_ms = 0
    for index, frame in enumerate(ImageSequence.Iterator(image)):
        if index == limits.max_frames:
            raise UnusableUploadError(f"it has more than {limits.max_frames} frames")
        small = shrunk(frame.convert("RGBA"), CLIP_SIDE)
        duration_ms = round(frame.info.get("duration") or 0)  # known once the frame is decoded
        duration_ms = duration_ms if duration_ms >= MIN_FRAME_MS else 100
        total_ms += duration_ms
        if total_ms > 1000 * limits.max_duration_s:
            raise UnusableUploadError(f"it lasts longer than {limits.max_duration_s:g} seconds")
        yield small, duration_ms


def _preview(picture: Image.Image) -> bytes:
    return encode_webp(shrunk(picture, PREVIEW_SIDE), QUALITY)
