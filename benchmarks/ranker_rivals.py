"""What a learned ranking is measured against: LambdaMART, popularity, and the oracle who knows everyone's attractions."""

# S: slates, K: places, N: candidates, F: features

from dataclasses import replace

import lightgbm
import numpy as np

from ranking.features import NAMES
from ranking.network import ScoringNetwork
from ranking.rank import RankedSlate, rank
from ranking.weights import RankingWeights
from rl.log import RankingLog
from rl.simulation.people import attractions
from rl.simulation.town import Moment, Policy, Town


def ranking_by(scorer: object | None, weights: RankingWeights) -> Policy:
    """The real ranking with what `scorer.utilities` says, or with the total."""

    def policy(m: Moment, rng: np.random.Generator) -> RankedSlate:
        how = (weights, m.limit, m.now_s, rng, None, m.n_gram, scorer, m.habits)
        return rank(m.candidates, m.taste, m.seen, None, *how)

    return policy


def best_first(weights: RankingWeights) -> RankingWeights:
    """No exploration, and nothing lost for being alike or of one source: all that a ranking can earn at once."""
    return replace(weights, temperature=0.0, diversity=0.0, source_penalty=0.0)


def popularity_alone() -> ScoringNetwork:
    """u = popularity: the network takes the total off again."""
    lift_F1 = np.zeros((len(NAMES), 1), dtype=np.float32)
    lift_F1[NAMES.index("total")], lift_F1[NAMES.index("popularity")] = -1.0, 1.0
    zeros, ones = np.zeros(len(NAMES), np.float32), np.ones(len(NAMES), np.float32)
    return ScoringNetwork(zeros, ones, 1.0, ((lift_F1, np.zeros(1, np.float32)),))


class LambdaMart:
    """LightGBM's LambdaMART (Burges 2010) on the shown items of the slates of which something was selected.

    With `weighted`, a selection counts by the inverse of how surely its place is read (Joachims et al. 2017), taken to be
    1 / log2(place + 2).
    """

    def __init__(self, log: RankingLog, weighted: bool) -> None:
        log = log.take(np.flatnonzero(log.rewards_SK.any(axis=1) & (log.order_SK >= 0).all(axis=1)))
        shown_SKF = np.take_along_axis(log.features_SNF, log.order_SK[..., None], axis=1)
        inverse_K = np.log2(np.arange(log.order_SK.shape[1]) + 2.0)
        weights_SK = np.where(log.rewards_SK > 0, inverse_K, 1.0)
        self._trees = lightgbm.LGBMRanker(
            n_estimators=100,
            num_leaves=15,
            min_child_samples=100,
            learning_rate=0.05,
            n_jobs=1,
            random_state=0,
            verbose=-1,
        )
        self._trees.fit(
            shown_SKF.reshape(-1, len(NAMES)).astype(np.float32),
            log.rewards_SK.ravel().astype(int),
            group=np.full(len(log), log.order_SK.shape[1]),
            sample_weight=weights_SK.ravel() if weighted else None,
        )

    def utilities(self, features_NF: np.ndarray) -> np.ndarray:
        """The scores [N] of the trees."""
        return self._trees.booster_.predict(features_NF.astype(np.float32), num_threads=1)


class Oracle:
    """The most attractive first: optimal for one slate under both click models, blind to what boredom costs later."""

    def __init__(self, town: Town, weights: RankingWeights) -> None:
        self._town, self._weights = town, best_first(weights)
        self._logits_N = np.zeros(0)

    def __call__(self, m: Moment, rng: np.random.Generator) -> RankedSlate:
        """Rank as a policy of the town does."""
        candidates = sorted(m.candidates, key=lambda candidate: candidate.item_id)  # the order of `rank`
        person = int(m.user_id.removeprefix("person-"))
        chances_N = attractions(self._town.people, person, candidates, m.seen, m.now_s)
        self._logits_N = np.log(chances_N / (1.0 - chances_N))
        return ranking_by(self, self._weights)(m, rng)

    def utilities(self, _features_NF: np.ndarray) -> np.ndarray:
        """The logits [N] of the attractions, whatever the features."""
        return self._logits_N
