"""Animated WebP: read at its own pace, written small."""

import io
from dataclasses import dataclass

from PIL import Image, ImageSequence


@dataclass(frozen=True, slots=True)
class Animation:
    """RGBA frames, all of one size, each shown for `frame_ms`."""

    frames: tuple[Image.Image, ...]
    frame_ms: int

    @property
    def duration_ms(self) -> int:
        """How long one loop takes."""
        return len(self.frames) * self.frame_ms


def num_frames(data: bytes) -> int:
    """How many frames a WebP holds; 1 for a still."""
    with Image.open(io.BytesIO(data)) as image:
        return int(getattr(image, "n_frames", 1))


def resample(data: bytes, side_px: int, fps: int) -> Animation:
    """Decode, shrink to `side_px` square and pick the frame on screen at each tick of `fps`."""
    frames: list[Image.Image] = []
    ends_ms: list[int] = []
    with Image.open(io.BytesIO(data)) as image:
        for frame in ImageSequence.Iterator(image):
            small = frame.convert("RGBA").resize((side_px, side_px), Image.Resampling.LANCZOS)
            frames.append(small)
            ends_ms.append((ends_ms[-1] if ends_ms else 0) + int(frame.info["duration"]))
    num_ticks = max(2, round(ends_ms[-1] * fps / 1000))
    ticks_ms = [ends_ms[-1] * (tick + 0.5) / num_ticks for tick in range(num_ticks)]
    shown = [next(i for i, end in enumerate(ends_ms) if tick < end) for tick in ticks_ms]
    return Animation(tuple(frames[i] for i in shown), round(ends_ms[-1] / num_ticks))


def encode_animation(animation: Animation, quality: int) -> bytes:
    """Encode as an endlessly looping WebP, alpha kept, without metadata."""
    buffer = io.BytesIO()
    animation.frames[0].save(
        buffer,
        "WEBP",
        save_all=True,
        append_images=animation.frames[1:],
        duration=animation.frame_ms,
        loop=0,
        quality=quality,
        alpha_quality=60,
        method=4,
    )
    return buffer.getvalue()
