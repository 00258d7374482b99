"""Stickers that the real generator made, to be shown to simulated people, and what they look like.

H, W: pixels; C: colours and alpha.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from tqdm import tqdm

from catalog.items import STYLES, Style
from models.generation import ORDERED, GeneratedMedium, Prompt
from models.sticker import StickerGenerator

AT_ONCE = 12


@dataclass(frozen=True, slots=True)
class Looks:
    """Of the solid part of a picture: how much more red than blue it is, from -1 to 1, and how colourful, from 0 to 1."""

    warmth: float
    vividness: float


@dataclass(frozen=True, slots=True, eq=False)
class Painting:
    """One generated sticker."""

    prompt: Prompt
    medium: GeneratedMedium
    looks: Looks


Paintings = dict[tuple[str, Style], tuple[Painting, ...]]


def paint(generator: StickerGenerator, phrases: Sequence[str], orders: range) -> Paintings:
    """Some stickers of each phrase in each style: the first of each of these orders."""
    prompts = [
        Prompt(phrase, ORDERED * order, style=style)
        for phrase in phrases
        for style in STYLES
        for order in orders
    ]
    made: list[Painting] = []
    for start in tqdm(range(0, len(prompts), AT_ONCE), desc="Painting", unit="batch"):
        chosen = prompts[start : start + AT_ONCE]
        for prompt, medium in zip(chosen, generator.generate(chosen).media, strict=True):
            made.append(Painting(prompt, medium, looks_of(medium.data)))
    paintings: Paintings = {}
    for each in made:
        key = each.prompt.text, each.prompt.style
        paintings[key] = (*paintings.get(key, ()), each)
    return paintings


def looks_of(data: bytes) -> Looks:
    """What a picture looks like, or the first frame of a clip; a clear one like nothing."""
    with Image.open(io.BytesIO(data)) as image:
        pixels_HWC: NDArray[np.float64] = np.asarray(image.convert("RGBA")) / 255.0
    alpha_HW, colours_HWC = pixels_HWC[..., 3], pixels_HWC[..., :3]
    solid = max(float(alpha_HW.sum()), 1e-6)
    red_less_blue = alpha_HW * (colours_HWC[..., 0] - colours_HWC[..., 2])
    chroma = alpha_HW * (colours_HWC.max(axis=2) - colours_HWC.min(axis=2))
    return Looks(float(red_less_blue.sum()) / solid, float(chroma.sum()) / solid)
