"""How what a large model made is perceived: as its generator would see or hear it.

N: media; T: text width of the index.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from models.hub.hearing import Hearing
from models.hub.model import HubAudioModel
from models.hub.sight import Sight
from models.text import TextEncoder
from rl.tuning.hub_conventions import Medium, TunableModel

Perceived = tuple[NDArray[np.float32], list[float]]


class Senses(Protocol):
    """What meets media; `Hearing` is one."""

    texts: TextEncoder

    def perceive(self, texts: Sequence[str], media: Sequence[Medium]) -> Perceived:
        """Unit vectors (N, T), and how well each medium fits its text."""
        ...


class Eyes:
    """See pictures, and some frames of clips."""

    def __init__(self, sight: Sight) -> None:
        self.sight, self.texts = sight, sight.texts

    def perceive(self, texts: Sequence[str], media: Sequence[Medium]) -> Perceived:
        """Unit vectors (N, T), and how well each medium fits its text."""
        seen = [
            self.sight.see(text, [medium] if isinstance(medium, Image.Image) else medium)
            for text, medium in zip(texts, media, strict=True)
        ]
        return np.stack([vector_T for vector_T, _ in seen]), [fit for _, fit in seen]


def senses_of(model: TunableModel, relevance_weights: Path) -> Senses:
    """Those that the model's media are made for."""
    if isinstance(model, HubAudioModel):
        return Hearing(model)
    return Eyes(Sight(model, relevance_weights))
