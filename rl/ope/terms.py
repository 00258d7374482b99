"""What an off-policy estimate is a sum of, slate by slate.

S: slates, J: weighted terms of a slate (0, 1 or one a position), U: units resampled together, B: resamples.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rl.ope.slates import Floats, LoggedSlates


@dataclass(frozen=True, slots=True, eq=False)
class Terms:
    """Every estimator here has the value mean(direct) + sum over j of mean(weighted_j) / n_j.

    n_j is 1, or mean(weights_j) if `normalised`. `weights_SJ` are the importance weights used, `uncut_SJ` what they
    were where some were cut. `lost` is the share of what the target shows that the cut dropped and no reward model
    stands in for: a bias of at most lost · the greatest reward.
    """

    direct_S: Floats
    weighted_SJ: Floats
    weights_SJ: Floats
    normalised: bool = False
    uncut_SJ: Floats | None = None
    lost: float = 0.0

    def value(self) -> float:
        """The estimate."""
        return float(_values(self, *(part.mean(axis=0, keepdims=True) for part in self._parts())).item())

    def minus_logged(self, slates: LoggedSlates) -> "Terms":
        """The terms of what is gained over the policy that logged: its own reward is the slates' mean."""
        return replace(self, direct_S=self.direct_S - slates.rewards_SK.sum(axis=1))

    def influences(self) -> Floats:
        """How each slate moves the estimate, [S], with mean 0: a linearisation (the delta method)."""
        influences_S = self.direct_S - self.direct_S.mean()
        if not self.normalised:
            return influences_S + (self.weighted_SJ - self.weighted_SJ.mean(axis=0)).sum(axis=1)
        weight_J = self.weights_SJ.mean(axis=0)
        ratio_J = self.weighted_SJ.mean(axis=0) / weight_J
        residuals_SJ = (self.weighted_SJ - ratio_J * self.weights_SJ) / weight_J
        return influences_S + residuals_SJ.sum(axis=1)

    def resampled(self, counts_BS: NDArray[np.int64]) -> Floats:
        """The estimate [B] of resamples that hold each slate so many times."""
        sizes_B1 = counts_BS.sum(axis=1, keepdims=True)
        means = [counts_BS @ part / sizes_B1 for part in self._parts()]
        return _values(self, *means)

    def _parts(self) -> tuple[Floats, Floats, Floats]:
        return self.direct_S[:, None], self.weighted_SJ, self.weights_SJ


def _values(terms: Terms, direct_B1: Floats, weighted_BJ: Floats, weights_BJ: Floats) -> Floats:
    ratios_BJ = weighted_BJ / weights_BJ if terms.normalised else weighted_BJ
    values_B: Floats = direct_B1[:, 0] + ratios_BJ.sum(axis=1)
    return values_B
