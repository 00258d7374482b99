"""The picture of a sound: rounded bars of its loudness over time."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

SIZE_PX = (256, 128)
_NUM_BARS = 32
_SCALE = 4
_LEFT_RGB = np.array([124, 92, 255])
_RIGHT_RGB = np.array([255, 96, 144])


def draw_waveform(samples_S: NDArray[np.float64]) -> Image.Image:
    """Draw mono samples as bars on a transparent ground, in one fixed colour gradient."""
    chunks = np.array_split(samples_S, _NUM_BARS)
    loudness_B = np.array([np.sqrt(np.mean(chunk**2)) if len(chunk) else 0.0 for chunk in chunks])
    # The square root lifts quiet tails, or most percussive sounds would be one bar and a line.
    heights_B = np.sqrt(loudness_B / max(float(loudness_B.max()), 1e-9))
    width, height = SIZE_PX[0] * _SCALE, SIZE_PX[1] * _SCALE
    image = Image.new("RGBA", (width, height))
    draw = ImageDraw.Draw(image)
    pitch = width / _NUM_BARS
    bar_width = pitch * 0.6
    for i, relative in enumerate(heights_B):
        bar_height = max(bar_width, float(relative) * height * 0.92)
        left, top = i * pitch + (pitch - bar_width) / 2, (height - bar_height) / 2
        rgb = np.rint(_LEFT_RGB + (_RIGHT_RGB - _LEFT_RGB) * i / (_NUM_BARS - 1)).astype(int)
        draw.rounded_rectangle(
            (left, top, left + bar_width, top + bar_height), bar_width / 2, fill=(*map(int, rgb), 255)
        )
    return image.resize(SIZE_PX, Image.Resampling.LANCZOS)
