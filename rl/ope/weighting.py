"""Importance weighting of whole slates: IPS and its steadier relatives. With K = 1, the classical estimators.

S: slates, K: positions.
"""

from dataclasses import replace

import numpy as np

from rl.ope.slates import Floats, LoggedSlates
from rl.ope.terms import Terms


def whole_weights(slates: LoggedSlates) -> Floats:
    """The product of the ratios of all places, [S, 1]: how much likelier the slate is under the target."""
    return slates.given_above.ratios().prod(axis=1, keepdims=True)


def default_cap(slates: LoggedSlates) -> float:
    """√S: weights above it are cut so that bias vanishes as slates grow (Ionides 2008)."""
    return float(np.sqrt(len(slates)))


def ips(slates: LoggedSlates) -> Terms:
    """IPS (Horvitz & Thompson 1952; Precup et al. 2000): mean of w·r with w = Π_k target / logged, r = Σ_k r_k.

    Unbiased wherever the logging policy may show all that the target shows.
    """
    return _weighted(slates, whole_weights(slates))


def snips(slates: LoggedSlates) -> Terms:
    """SNIPS (Swaminathan & Joachims 2015): Σ w·r / Σ w. A little biased, far steadier, never outside the rewards."""
    return replace(ips(slates), normalised=True)


def clipped_ips(slates: LoggedSlates, cap: float | None = None) -> Terms:
    """Clipped IPS (Ionides 2008; Bottou et al. 2013): mean of min(w, cap)·r; too low by at most `lost` · max r."""
    weights_S1 = whole_weights(slates)
    clipped_S1 = np.minimum(weights_S1, default_cap(slates) if cap is None else cap)
    lost = float(1.0 - clipped_S1.sum() / weights_S1.sum()) if weights_S1.any() else 0.0
    return replace(_weighted(slates, clipped_S1), uncut_SJ=weights_S1, lost=lost)


def _weighted(slates: LoggedSlates, weights_S1: Floats) -> Terms:
    rewards_S1 = slates.rewards_SK.sum(axis=1, keepdims=True)
    return Terms(np.zeros(len(slates)), weights_S1 * rewards_S1, weights_S1)
