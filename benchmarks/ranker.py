"""What a learned ranking earns in the simulated town, against the hand-set weights, popularity, LambdaMART and the oracle.

`python -m benchmarks.ranker` writes `benchmarks/results/ranker.json`. Simulation: no figure is about real people.
"""

import copy
import json
import logging
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import ray

from benchmarks.ranker_rivals import LambdaMart, Oracle, best_first, popularity_alone, ranking_by
from benchmarks.ranker_throughput import throughput
from ranking.logged import to_logged
from ranking.policy import RankingPolicy
from ranking.weights import load_ranking_weights
from rl.judging import judge
from rl.log import RankingLog, read_log
from rl.ope.evaluate import Estimate
from rl.ranker_settings import RankerTraining
from rl.simulation.phrasebook import read_phrasebook
from rl.simulation.town import Customs, Impression, Policy, Town
from rl.train_ranker import train_ranker

LOGGED = 12_000  # slates of the first log, and before the judged town is measured
ROUNDS, A_ROUND, REMEMBERED = 5, 8_000, 24_000
JUDGED = 3_000
WEIGHTS = load_ranking_weights(Path("configs/ranking.yaml"))
SETTINGS = RankerTraining.load(Path("configs/rl/ranker.yaml"))
HAND_SET = RankingPolicy(WEIGHTS)
RESULTS = Path("benchmarks/results/ranker.json")


def rows(impressions: Iterator[Impression], version: str, prefix: str = "") -> Iterator[dict[str, Any]]:
    for number, each in enumerate(impressions):
        items = [item.candidate.item_id for item in each.slate.items]
        yield {
            "suggestion_id": f"{prefix}{number}",
            "slate": 0,
            "user_id": each.moment.user_id,
            "at": datetime.fromtimestamp(each.moment.now_s, UTC),
            "policy_version": version,
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


def logged(town: Town, policy: RankingPolicy, num: int, name: str) -> list[dict[str, Any]]:
    return list(rows(town.live(ranking_by(policy.network, WEIGHTS), num), policy.version, name))


def learn(settings: RankerTraining, log: RankingLog, live: RankingPolicy) -> RankingPolicy:
    with tempfile.TemporaryDirectory() as folder:
        return train_ranker(settings, log, live, Path(folder))


def rounds(town: Town, log_rows: list[dict[str, Any]]) -> Iterator[tuple[RankingPolicy, dict[str, Any]]]:
    """Learn, take live if the log says that it is better, log with what is live, and learn from the latest again."""
    live = HAND_SET
    for number in range(1, ROUNDS + 1):
        if number > 1:
            log_rows = (log_rows + logged(town, live, A_ROUND, f"{number}-"))[-REMEMBERED:]
        to_learn, held_out = read_log(log_rows, WEIGHTS).split(SETTINGS.held_out)
        learned = learn(SETTINGS, to_learn, live)
        verdict = judge(held_out.drawn_by(live.version), learned, SETTINGS.seed)
        promoted = isinstance(verdict, Estimate) and verdict.interval.lower > 0.0
        live = learned if promoted else live
        yield learned, {"promoted": promoted, "judged_from_the_log": asdict(verdict)}


def earned(town: Town, policies: Mapping[str, Policy]) -> dict[str, np.ndarray]:
    """Expected selections of each impression, by the same people, who were served by the hand-set weights until now."""
    values = {}
    for name, policy in policies.items():
        branch = copy.deepcopy(town)
        impressions = branch.live(Oracle(branch, WEIGHTS) if name == "oracle" else policy, JUDGED)
        lived = [(each.moment.user_id, each.probabilities_K.sum()) for each in impressions]
        people, values[name] = zip(*lived, strict=True)
        print(name, np.mean(values[name]), flush=True)
    return {name: np.array(each) for name, each in values.items()} | {"people": np.array(people)}


def compared(gains: np.ndarray, people: np.ndarray) -> dict[str, float]:
    """The mean and half its 95% interval; people are the units, for the impressions of one are alike."""
    sums = np.bincount(np.unique(people, return_inverse=True)[1], weights=gains - gains.mean())
    return {
        "value": round(float(gains.mean()), 4),
        "half_interval": round(1.96 * float(np.sqrt((sums**2).sum())) / len(gains), 4),
    }


def main() -> None:
    started = time.monotonic()
    book = read_phrasebook()
    town = Town(book, WEIGHTS, Customs(), seed=0)
    log_rows = logged(town, HAND_SET, LOGGED, "1-")
    to_learn, held_out = read_log(log_rows, WEIGHTS).split(SETTINGS.held_out)
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    logging.getLogger("ray.data").setLevel(logging.WARNING)
    speed = throughput(SETTINGS, to_learn, HAND_SET)
    alone = best_first(WEIGHTS)
    policies: dict[str, Policy] = {
        "hand-set": ranking_by(None, WEIGHTS),
        "hand-set, best first": ranking_by(None, alone),
        "popularity": ranking_by(popularity_alone(), alone),
        "LambdaMART": ranking_by(LambdaMart(to_learn, weighted=False), alone),
        "LambdaMART, weighted": ranking_by(LambdaMart(to_learn, weighted=True), alone),
    }
    free = learn(SETTINGS.model_copy(update={"stay": 0.001}), to_learn, HAND_SET)
    policies["learned, not held"] = ranking_by(free.network, WEIGHTS)
    verdicts = {"learned, not held": {"judged_from_the_log": asdict(judge(held_out, free, SETTINGS.seed))}}
    for number, (policy, verdict) in enumerate(rounds(town, log_rows), start=1):
        name = f"learned, round {number}"
        policies[name], verdicts[name] = ranking_by(policy.network, WEIGHTS), verdict
        print(name, verdict, flush=True)
    ray.shutdown()
    others = Town(book, WEIGHTS, Customs(), seed=1)
    for _ in others.live(policies["hand-set"], LOGGED):
        pass
    values = earned(others, policies | {"oracle": policies["hand-set"]})
    people, hand, trees = values.pop("people"), values["hand-set"], values["LambdaMART"]
    gap = float((values["oracle"] - hand).mean())
    results = {
        "logged": LOGGED,
        "a_round": A_ROUND,
        "judged": JUDGED,
        "policies": {
            name: {
                "value": round(float(each.mean()), 4),
                "gain": compared(each - hand, people),
                "gain_over_lambdamart": compared(each - trees, people),
                "of_the_gap": round(float((each - hand).mean()) / gap, 3),
            }
            | verdicts.get(name, {})
            for name, each in values.items()
        },
        "training": speed,
        "minutes": round((time.monotonic() - started) / 60, 1),
    }
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    print(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
