"""What a learned ranking earns in the simulated town, against the hand-set weights and popularity.

`python -m benchmarks.ranker` writes `benchmarks/results/ranker.json`. Simulation: no figure is about real people.
"""

import json
import logging
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import ray

from ranking.features import NAMES
from ranking.logged import to_logged
from ranking.policy import RankingPolicy, ScoringNetwork
from ranking.rank import rank
from ranking.weights import load_ranking_weights
from rl.judging import judge
from rl.log import read_log
from rl.ranker_settings import RankerTraining
from rl.simulation.phrasebook import Phrasebook, read_phrasebook
from rl.simulation.town import Customs, Impression, Policy, live
from rl.train_ranker import train_ranker

LOGGED, JUDGED = 8_000, 2_500
WEIGHTS = load_ranking_weights(Path("configs/ranking.yaml"))
SETTINGS = RankerTraining.load(Path("configs/rl/ranker.yaml"))


def policy_of(network: ScoringNetwork | None) -> Policy:
    return lambda m, rng: rank(
        m.candidates, m.taste, m.seen, None, WEIGHTS, m.limit, m.now_s, rng, None, m.n_gram, network
    )


def popularity_alone() -> ScoringNetwork:
    """u = popularity: the network takes the total off again."""
    lift_F1 = np.zeros((len(NAMES), 1), dtype=np.float32)
    lift_F1[NAMES.index("total")], lift_F1[NAMES.index("popularity")] = -1.0, 1.0
    zeros, ones = np.zeros(len(NAMES), np.float32), np.ones(len(NAMES), np.float32)
    return ScoringNetwork(zeros, ones, 1.0, ((lift_F1, np.zeros(1, np.float32)),))


def rows(impressions: Iterator[Impression]) -> Iterator[dict[str, Any]]:
    for number, each in enumerate(impressions):
        items = [item.candidate.item_id for item in each.slate.items]
        yield {
            "suggestion_id": str(number),
            "slate": 0,
            "user_id": each.moment.user_id,
            "at": datetime.fromtimestamp(each.moment.now_s, UTC),
            "policy_version": WEIGHTS.version,
            "shown": [
                {"item_id": item.candidate.item_id, "propensity": item.propensity}
                for item in each.slate.items
            ],
            "candidates": json.dumps([to_logged(scored) for scored in each.slate.considered]),
            "feedback": [
                {"item_id": item_id, "action": "select"}
                for item_id, selected in zip(items, each.selected_K, strict=True)
                if selected
            ],
        }


def earned(book: Phrasebook, network: ScoringNetwork | None) -> np.ndarray:
    """Expected selections of each impression, in a town of other people than the log's."""
    town = live(book, policy_of(network), WEIGHTS, Customs(), JUDGED, seed=1)
    return np.array([each.probabilities_K.sum() for each in town])


def main() -> None:
    book = read_phrasebook()
    log = read_log(rows(live(book, policy_of(None), WEIGHTS, Customs(), LOGGED, seed=0)), WEIGHTS)
    learn, held_out = log.split(SETTINGS.held_out)
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    logging.getLogger("ray.data").setLevel(logging.WARNING)
    with tempfile.TemporaryDirectory() as folder:
        learned: RankingPolicy = train_ranker(SETTINGS, learn, WEIGHTS, Path(folder))
    hand = earned(book, None)
    results: dict[str, Any] = {"logged": LOGGED, "judged": JUDGED, "hand-set": float(hand.mean())}
    for name, network in (("learned", learned.network), ("popularity", popularity_alone())):
        gains = earned(book, network) - hand
        error = 1.96 * float(gains.std()) / len(gains) ** 0.5
        results[name] = {
            "value": float((hand + gains).mean()),
            "gain": float(gains.mean()),
            "half_interval": error,
        }
    results["judged_from_the_log"] = asdict(judge(held_out, learned, 0))
    Path("benchmarks/results/ranker.json").write_text(json.dumps(results, indent=1) + "\n")
    print(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
