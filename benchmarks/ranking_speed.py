"""Milliseconds to rank 50 candidates for 8 places, with a learned network and without, in turns on one thread.

    python -m benchmarks.ranking_speed

writes `benchmarks/results/ranking_speed.json`.
"""

import json
import time
from itertools import pairwise
from pathlib import Path
from typing import get_args

import numpy as np

from catalog.items import MediaType
from ranking import lift, novelty, taste
from ranking.candidates import Candidate
from ranking.features import NAMES
from ranking.lift import Habits
from ranking.network import ScoringNetwork
from ranking.novelty import Seen
from ranking.rank import rank
from ranking.taste import Taste
from ranking.weights import load_ranking_weights
from store.impression import Shown

CANDIDATES, PLACES, CALLS, UNITS = 50, 8, 2_000, (32, 32)
TYPES = get_args(MediaType)
WEIGHTS = load_ranking_weights(Path("configs/ranking.yaml"))


def draw_candidates(rng: np.random.Generator) -> list[Candidate]:
    vectors = rng.normal(size=(CANDIDATES, 384)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return [
        Candidate(f"{i:03}", TYPES[i % 4], "index", float(rng.uniform()), embedding=vectors[i], lift=0.1)
        for i in range(CANDIDATES)
    ]


def draw_network(rng: np.random.Generator) -> ScoringNetwork:
    layers = tuple(
        (rng.normal(size=(a, b)).astype(np.float32), np.zeros(b, np.float32))
        for a, b in pairwise((len(NAMES), *UNITS, 1))
    )
    return ScoringNetwork(np.zeros(len(NAMES), np.float32), np.ones(len(NAMES), np.float32), 0.03, layers)


def main() -> None:
    rng = np.random.default_rng(0)
    candidates, network = draw_candidates(rng), draw_network(rng)
    ids = [each.item_id for each in candidates[:PLACES]]
    seen = novelty.update(Seen(), ids, 0.0, WEIGHTS.novelty_half_life_s)
    known = taste.update(
        Taste(), candidates[0].embedding, "sticker", "index", 0.0, WEIGHTS.taste_half_life_s
    )
    slate = [Shown(each.item_id, each.media_type, each.source, 0.5, 0.5) for each in candidates[:PLACES]]
    habits = Habits()
    for at_s in (0.0, 1.0):
        habits = lift.show(habits, slate, at_s, WEIGHTS.taste_half_life_s)
    times: dict[str, list[float]] = {"hand-set": [], "learned": []}
    for _ in range(CALLS):
        for name, scorer in (("hand-set", None), ("learned", network)):
            started = time.perf_counter()
            rank(candidates, known, seen, None, WEIGHTS, PLACES, 2.0, rng, None, "so happy", scorer, habits)
            times[name].append(1000 * (time.perf_counter() - started))
    figures = {
        name: {f"p{p}_ms": round(float(np.percentile(each, p)), 3) for p in (50, 95)}
        for name, each in times.items()
    }
    Path("benchmarks/results/ranking_speed.json").write_text(json.dumps(figures, indent=1) + "\n")
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
