"""What another policy would have done with the candidates of a slate that was shown."""

# N: candidates that may be shown

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import kendalltau

from ranking.diversity import penalties
from ranking.features import NAMES
from ranking.logged import read_likeness, to_logged
from ranking.network import TOTAL
from ranking.policy import RankingPolicy
from ranking.rank import RankedSlate
from ranking.slate import step_log_probabilities

COLDEST = 1e-6  # a policy that draws nothing and takes the best each time


@dataclass(frozen=True, slots=True)
class Agreement:
    """How alike two policies are on one slate."""

    same_top: bool  # they like the same candidate best
    tau: (
        float | None
    )  # Kendall's rank correlation of what each candidate is worth; None where one sees no differences
    propensity: float  # mean probability, under the other, of what was shown in its places


def compare_slate(slate: RankedSlate, shown_by: RankingPolicy, other: RankingPolicy) -> Agreement:
    """Rank the candidates that may be shown again, by the features that were logged; duplicates stay away."""
    considered = [each for each in slate.considered if each.duplicate_of is None]
    features_NF = np.stack([np.frombuffer(each.features, dtype="<f2") for each in considered])
    assert features_NF.shape[1] == len(NAMES)
    first_N, second_N = (
        features_NF[:, TOTAL].astype(np.float64)
        if policy.network is None
        else policy.network.utilities(features_NF)
        for policy in (shown_by, other)
    )
    tau = float(kendalltau(first_N, second_N).statistic)
    return Agreement(
        bool(first_N.argmax() == second_N.argmax()),
        None if np.isnan(tau) else tau,
        _mean_propensity(slate, second_N, other),
    )


def _mean_propensity(slate: RankedSlate, utilities_N: NDArray[np.float64], policy: RankingPolicy) -> float:
    considered = [each for each in slate.considered if each.duplicate_of is None]
    places = {each.candidate.item_id: place for place, each in enumerate(considered)}
    order = [places[item.candidate.item_id] for item in slate.items]
    weights = policy.weights
    penalise = penalties(
        [each.candidate for each in considered],
        read_likeness([to_logged(each) for each in considered]),
        len(order),
        weights.diversity,
        weights.type_share,
        weights.source_share,
        weights.source_penalty,
    )
    temperature = max(weights.temperature, COLDEST)
    steps = [
        step_log_probabilities(utilities_N, penalise(order[:k]), order[:k], temperature)[place]
        for k, place in enumerate(order)
    ]
    return float(np.exp(steps).mean())
