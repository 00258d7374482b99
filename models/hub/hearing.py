"""What generated sounds mean to the index, and how well they fit.

Array names: B batch, S samples, T text width.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.hub.judge import SoundJudge
from models.hub.model import HubAudioModel
from models.text import TextEncoder


class Hearing:
    """A sound's vector is that of the words it was made for: what it fits is what it is found by. CLAP says how well."""

    def __init__(self, model: HubAudioModel) -> None:
        self.texts = TextEncoder()
        self.judge = SoundJudge(model.judge, model.device, model.judge_shift)

    def perceive(
        self, texts: Sequence[str], media: Sequence[NDArray[np.float32]]
    ) -> tuple[NDArray[np.float32], list[float]]:
        """A unit row (B, T), and a cosine, for each text and its sound (S,), mono at 48 kHz."""
        return self.texts.encode(list(texts)), self.judge.cosines(texts, media)
