"""Moods as directions in text space.

Array names: B batch, M moods, T text width.
"""

from collections.abc import Sequence

import numpy as np
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from models.mood import MOODS, SHOWN_BY, Mood
from models.text import TextEncoder

STRENGTH = (
    0.7  # of what shows a mood, beside the text: looked at in 8 phrases, 0.6 as a leaning was hardly seen
)


def mood_vectors(encoder: TextEncoder) -> NDArray[np.float32]:
    """What shows each mood, as unit vectors (M, T) in the order of MOODS; of a plain one zeros."""
    shown = encoder.encode([SHOWN_BY[mood] for mood in MOODS if mood != "plain"])
    return np.concatenate([np.zeros_like(shown[:1]), shown])


def in_mood(texts_BT: Tensor, moods: Sequence[Mood], moods_MT: Tensor) -> Tensor:
    """The texts, each drawn towards what shows its mood; plain ones stay as they are."""
    added_BT = STRENGTH * moods_MT[[MOODS.index(mood) for mood in moods]]
    return F.normalize(texts_BT + added_BT, dim=1)
