"""Doubly robust estimators of single choices (K = 1): a reward model, and weights for what it got wrong.

S: logged choices.
"""

from dataclasses import replace

import numpy as np

from rl.ope.slates import LoggedSlates
from rl.ope.terms import Terms
from rl.ope.weighting import default_cap


def dr(slates: LoggedSlates) -> Terms:
    """DR (Dudík, Langford & Li 2011): mean of E_{a ~ target} q(x, a) + w·(r - q(x, a_logged)).

    Unbiased if the propensities are right or the model is; the better the model, the steadier.
    """
    if slates.num_places != 1:
        raise ValueError(
            f"slates have {slates.num_places} places; DR is for single choices, cascade_dr for slates"
        )
    if slates.predictions is None:
        raise ValueError("predictions is None; DR needs a reward model's")
    weights_S1 = slates.given_above.ratios()
    residuals_S1 = slates.rewards_SK - slates.predictions.logged_SK
    return Terms(slates.predictions.expected_SK[:, 0], weights_S1 * residuals_S1, weights_S1)


def sndr(slates: LoggedSlates) -> Terms:
    """SNDR (Kallus & Uehara 2019): DR with the correction Σ w·(r - q) / Σ w."""
    return replace(dr(slates), normalised=True)


def switch_dr(slates: LoggedSlates, threshold: float | None = None) -> Terms:
    """Switch-DR (Wang, Agarwal & Dudík 2017): DR that trusts the model alone where w exceeds a threshold, √S by default."""
    terms = dr(slates)
    kept_S1 = terms.weights_SJ <= (default_cap(slates) if threshold is None else threshold)
    return replace(
        terms,
        weighted_SJ=np.where(kept_S1, terms.weighted_SJ, 0.0),
        weights_SJ=np.where(kept_S1, terms.weights_SJ, 0.0),
        uncut_SJ=terms.weights_SJ,
    )
