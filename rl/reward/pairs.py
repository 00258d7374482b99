"""Pairs of media of one slate, one chosen: what preferences are learned from.

N: media in slates, P: pairs.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from rl.tuning.showings import Showings


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """`better_P` was chosen, `other_P` stood in the same slate and was not."""

    better_P: Tensor
    other_P: Tensor
    weights_P: Tensor

    def __len__(self) -> int:
        return len(self.better_P)

    def loss(self, scores_N: Tensor, times_N: Tensor | None = None) -> Tensor:
        """The weighted Bradley-Terry loss (Bradley, Terry 1952), each pair counted `times_N` of its first."""
        weights_P = self.weights_P if times_N is None else self.weights_P * times_N[self.better_P]
        losses_P = functional.softplus(scores_N[self.other_P] - scores_N[self.better_P])
        return (weights_P * losses_P).sum() / weights_P.sum().clamp(min=1e-9)


def make_pairs(showings: Showings, max_weight: float) -> Pairs:
    """Each chosen medium with each of its slate that was not.

    A choice at a place that is looked at with probability θ counts 1 / θ. That the other was not chosen may also say
    that nobody looked: it counts (1 - a) / (1 - θ' a), with a the share of what is looked at that is chosen. If a were that
    of the other itself, the expected weight would be a_i (1 - a_j), as if all had been looked at (position-based model; the
    posterior of Wang et al. 2018, at the mean). The geometric mean of both inverse propensities makes up for what the
    ranking seldom shows. All inverses are cut at `max_weight`.
    """
    by_slate: dict[str, list[int]] = {}
    for row, slate in enumerate(showings.shown.slates):
        by_slate.setdefault(slate, []).append(row)
    chosen_N = showings.shown.chosen_N.bool()
    is_chosen = chosen_N.tolist()
    found = [
        (better, other)
        for rows in by_slate.values()
        for better in rows
        if is_chosen[better]
        for other in rows
        if not is_chosen[other]
    ]
    better_P, other_P = torch.tensor(found, dtype=torch.int64).reshape(-1, 2).unbind(1)
    looked_at_N = (1 / showings.examined_N).clamp(max=max_weight)
    stood_N = (1 / showings.propensities_N).clamp(max=max_weight)
    share = float((chosen_N.sum() / showings.examined_N.sum()).clamp(max=0.95))
    refused_P = (1 - share) / (1 - share * showings.examined_N[other_P])
    weights_P = looked_at_N[better_P] * refused_P * (stood_N[better_P] * stood_N[other_P]).sqrt()
    return Pairs(better_P, other_P, weights_P.float())
