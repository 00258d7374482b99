"""What samplers of sound share.

Array names: C channels, S samples.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from models.generation import KeepGoing, Prompt


@dataclass(frozen=True, slots=True, eq=False)
class Sounds:
    """Samples (C, S) for each prompt, none of them if it was stopped, and the steps done and planned."""

    samples: tuple[NDArray[np.float32], ...]
    num_evaluations: int
    num_planned: int


class Sampler(Protocol):
    """Makes raw sounds."""

    sample_rate: int

    def sample(self, prompts: Sequence[Prompt], keep_going: KeepGoing) -> Sounds:
        """One sound for each prompt, in one batch."""
        ...
