"""Media in the slates of the log, generated or not: what a model of preferences learns from.

N: media in slates.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from rl.tuning.latent_media import ShownMedia


@dataclass(frozen=True, slots=True, eq=False)
class Showings:
    """All media of one type that stood in slates, generated or not.

    `examined_N`: how likely its place was looked at; `propensities_N`: how likely it was to stand there.
    """

    shown: ShownMedia
    generated_N: Tensor
    examined_N: Tensor
    propensities_N: Tensor

    def __len__(self) -> int:
        return len(self.shown)

    def take(self, rows: Tensor) -> "Showings":
        """Some of them."""
        return Showings(
            self.shown.take(rows),
            self.generated_N[rows],
            self.examined_N[rows],
            self.propensities_N[rows],
        )

    def of(self, is_of_N: Tensor) -> "Showings":
        """Those of which it is true."""
        return self.take(torch.nonzero(is_of_N)[:, 0])

    @property
    def generated(self) -> ShownMedia:
        """What generators learn from."""
        return self.shown.take(torch.nonzero(self.generated_N)[:, 0])
