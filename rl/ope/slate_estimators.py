"""Estimators that use how people read a slate: each place's reward gets only the weights it depends on.

S: slates, K: positions.
"""

import numpy as np

from rl.ope.slates import Floats, LoggedSlates
from rl.ope.terms import Terms


def iips(slates: LoggedSlates) -> Terms:
    """IIPS (Li et al. 2018): Σ_k mean(w_k·r_k), w_k the ratio of the *marginal* probabilities of the item at k.

    Right if a place's reward depends on its own item and position only (the position-based model).
    """
    if slates.num_places > 1 and slates.marginal is None:
        raise ValueError("marginal is None; IIPS needs the probabilities of an item at k whatever is above")
    weights_SK = (slates.marginal or slates.given_above).ratios()
    return Terms(np.zeros(len(slates)), weights_SK * slates.rewards_SK, weights_SK)


def rips(slates: LoggedSlates) -> Terms:
    """RIPS (McInerney et al. 2020): Σ_k mean(w_1..k·r_k), w_1..k = Π_{j ≤ k} target / logged, of conditional probabilities.

    Right if a place's reward depends on the items down to it (the cascade, and the position-based model too).
    """
    weights_SK = cascade_weights(slates)
    return Terms(np.zeros(len(slates)), weights_SK * slates.rewards_SK, weights_SK)


def cascade_dr(slates: LoggedSlates) -> Terms:
    """Cascade-DR (Kiyohara et al. 2022): mean of Σ_k [ w_1..k·(r_k - Q_k) + w_1..k-1·E_{a_k ~ target} Q_k ].

    Q_k are the rewards from place k on. It assumes what RIPS does, which it is with Q = 0; with K = 1 it is DR. Unbiased if
    the propensities are right or the model is (Jiang & Li 2016).
    """
    predictions = slates.predictions
    if predictions is None:
        raise ValueError("predictions is None; cascade-DR needs a reward model's")
    weights_SK = cascade_weights(slates)
    corrected_SK = weights_SK * (slates.rewards_SK - predictions.logged_SK)
    corrected_SK[:, :-1] += weights_SK[:, :-1] * predictions.expected_SK[:, 1:]
    return Terms(predictions.expected_SK[:, 0], corrected_SK, weights_SK)


def cascade_weights(slates: LoggedSlates) -> Floats:
    """The ratio of the probabilities of all that stands at or above each place, [S, K]."""
    return slates.given_above.ratios().cumprod(axis=1)
