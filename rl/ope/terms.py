"""What an off-policy estimate is a sum of, slate by slate.

S: slates, J: weighted terms of a slate (0, 1 or one a position).
"""

from dataclasses import dataclass, replace

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
        weighted_J = self.weighted_SJ.mean(axis=0)
        if self.normalised:
            weighted_J = weighted_J / self.weights_SJ.mean(axis=0)
        return float(self.direct_S.mean() + weighted_J.sum())

    def minus_logged(self, slates: LoggedSlates) -> "Terms":
        """The terms of what is gained over the policy that logged, whose own reward is the slates' mean."""
        return replace(self, direct_S=self.direct_S - slates.rewards_SK.sum(axis=1))
