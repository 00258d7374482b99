"""A small world in which everything is known exactly: the value of a policy, and every probability.

It lists all slates of each context, so candidates and places must be few. For judging estimators.
C: contexts, N: candidates, K: places, L: ordered slates of K out of N, S: logged slates.
"""

import math
from dataclasses import dataclass
from itertools import permutations

import numpy as np
from numpy.typing import NDArray

from rl.ope.slates import Floats, LoggedSlates, Predictions, Probabilities
from rl.simulation.reading import Reading, draw_selections, selection_probabilities


@dataclass(frozen=True, slots=True, eq=False)
class PolicyTable:
    """A Plackett-Luce policy, written out: probabilities of every slate and of every placement."""

    slate_CL: Floats
    given_above_CLK: Floats
    marginal_CLK: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Lab:
    """Contexts that come equally often, a policy that logs and one to be judged."""

    slates_LK: NDArray[np.int64]
    attractions_CN: Floats
    reading: Reading
    logged: PolicyTable
    target: PolicyTable
    predicted_CLK: Floats  # Q of each slate's places under the target, by a reward model
    expected_CLK: Floats  # its mean over the target's choice at that place

    def truth(self, policy: PolicyTable) -> float:
        """The exact number of selections per impression that a policy earns."""
        return float((policy.slate_CL * self.selections().sum(axis=2)).sum(axis=1).mean())

    def log(self, num_slates: int, rng: np.random.Generator) -> LoggedSlates:
        """Let the logging policy run."""
        contexts_S = rng.integers(len(self.attractions_CN), size=num_slates)
        cumulative_CL = self.logged.slate_CL.cumsum(axis=1)
        chances_S1 = rng.random((num_slates, 1)) * cumulative_CL[contexts_S, -1:]
        shown_S = (cumulative_CL[contexts_S] < chances_S1).sum(axis=1)
        attractions_SK = self.attractions_CN[contexts_S[:, None], self.slates_LK[shown_S]]
        seen = (contexts_S, shown_S)
        return LoggedSlates(
            rewards_SK=draw_selections(attractions_SK, self.reading, rng).astype(np.float64),
            given_above=Probabilities(self.logged.given_above_CLK[seen], self.target.given_above_CLK[seen]),
            marginal=Probabilities(self.logged.marginal_CLK[seen], self.target.marginal_CLK[seen]),
            predictions=Predictions(self.predicted_CLK[seen], self.expected_CLK[seen]),
        )

    def selections(self) -> Floats:
        """The probability that each place of each slate is selected, [C, L, K]."""
        return _slate_selections(self.attractions_CN, self.slates_LK, self.reading)


def build_lab(
    logged_CN: Floats,
    target_CN: Floats,
    attractions_CN: Floats,
    believed_CN: Floats,
    num_places: int,
    reading: Reading,
) -> Lab:
    """A lab of two policies, given by the utilities (over temperature) of the candidates in each context.

    `believed_CN` are the attractions that the reward model believes in, right or wrong.
    """
    num_candidates = logged_CN.shape[1]
    slates_LK = np.array(list(permutations(range(num_candidates), num_places)))
    target = _tabulate(target_CN, slates_LK)
    believed_CLK = _slate_selections(believed_CN, slates_LK, reading)
    predicted_CLK, expected_CLK = _values_to_go(believed_CLK, target, num_candidates)
    return Lab(
        slates_LK=slates_LK,
        attractions_CN=attractions_CN,
        reading=reading,
        logged=_tabulate(logged_CN, slates_LK),
        target=target,
        predicted_CLK=predicted_CLK,
        expected_CLK=expected_CLK,
    )


def _tabulate(utilities_CN: Floats, slates_LK: NDArray[np.int64]) -> PolicyTable:
    rates_CN = np.exp(utilities_CN - utilities_CN.max(axis=1, keepdims=True))
    rates_CLK = rates_CN[:, slates_LK]
    above_CLK = rates_CLK.cumsum(axis=2) - rates_CLK
    left_CLK = rates_CN.sum(axis=1)[:, None, None] - above_CLK
    given_above_CLK = rates_CLK / left_CLK
    slate_CL = given_above_CLK.prod(axis=2)
    marginal_CLK = np.empty_like(given_above_CLK)
    for place, items_L in enumerate(slates_LK.T):
        for item in range(utilities_CN.shape[1]):
            marginal_CLK[:, items_L == item, place] = slate_CL[:, items_L == item].sum(
                axis=1, keepdims=True
            )
    return PolicyTable(slate_CL, given_above_CLK, marginal_CLK)


def _slate_selections(attractions_CN: Floats, slates_LK: NDArray[np.int64], reading: Reading) -> Floats:
    attractions_CLK = attractions_CN[:, slates_LK]
    shape = attractions_CLK.shape
    return selection_probabilities(attractions_CLK.reshape(-1, shape[2]), reading).reshape(shape)


def _values_to_go(rewards_CLK: Floats, target: PolicyTable, num_candidates: int) -> tuple[Floats, Floats]:
    """Q [C, L, K] and its mean over the target's choice: slates that begin alike stand beside each other."""
    num_contexts, num_slates, places = rewards_CLK.shape
    predicted_CLK, expected_CLK = np.empty_like(rewards_CLK), np.empty_like(rewards_CLK)
    for place in range(places):
        to_go_CL = rewards_CLK[:, :, place:].sum(axis=2)
        for table_CLK, fixed in ((predicted_CLK, place + 1), (expected_CLK, place)):
            alike = num_slates // math.perm(num_candidates, fixed)
            weights_CPA = target.slate_CL.reshape(num_contexts, -1, alike)
            weighted_CPA = weights_CPA * to_go_CL.reshape(weights_CPA.shape)
            means_CP = weighted_CPA.sum(axis=2) / weights_CPA.sum(axis=2)
            table_CLK[:, :, place] = means_CP.repeat(alike, axis=1)
    return predicted_CLK, expected_CLK
