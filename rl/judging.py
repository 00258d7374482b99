"""What a ranking policy would have earned on a log, against the policy that drew it."""

# S: slates, K: places, N: candidates

import numpy as np
from numpy.typing import NDArray

from ranking.policy import RankingPolicy
from rl.log import RankingLog
from rl.objective import NEVER
from rl.ope.evaluate import Estimate, evaluate_gain
from rl.ope.overlap import Refusal
from rl.ope.slate_estimators import rips
from rl.ope.slates import LoggedSlates, Probabilities


def judge(log: RankingLog, policy: RankingPolicy, seed: int) -> Estimate | Refusal:
    """The gain in selections a slate, with its 95% interval (RIPS, McInerney et al. 2020), or why nothing can be said."""
    slates = LoggedSlates(
        rewards_SK=log.rewards_SK.astype(np.float64),
        given_above=Probabilities(log.propensities_SK, propensities(log, policy)),
        units_S=log.people_S,
    )
    return evaluate_gain(slates, rips, np.random.default_rng(seed))


def propensities(log: RankingLog, policy: RankingPolicy) -> NDArray[np.float64]:
    """The probability [S, K] of each logged item at its place under a policy, given the items above it."""
    utilities_SN = log.utilities(policy.network)
    order_SK = np.maximum(log.order_SK, 0)
    is_open_SN = log.is_there_SN.copy()
    found_SK = np.ones(order_SK.shape)
    slates_S = np.arange(len(log))
    for k in range(order_SK.shape[1]):
        logits_SN = (utilities_SN - log.penalties_SKN[:, k]) / policy.weights.temperature
        logits_SN[~is_open_SN] = NEVER
        logits_SN -= logits_SN.max(axis=1, keepdims=True)
        rates_SN = np.exp(logits_SN)
        chosen_S = rates_SN[slates_S, order_SK[:, k]] / rates_SN.sum(axis=1)
        is_filled_S = log.order_SK[:, k] >= 0
        found_SK[:, k] = np.where(is_filled_S, chosen_S, 1.0)
        is_open_SN[slates_S[is_filled_S], order_SK[is_filled_S, k]] = False
    return found_SK
