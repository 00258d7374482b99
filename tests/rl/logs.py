"""A small log of simulated people, drawn by the real ranking, that the tests of learning share."""

import json
from datetime import UTC, datetime
from typing import Any

import numpy as np

from ranking.candidates import Candidate
from ranking.logged import to_logged
from ranking.network import ScoringNetwork
from ranking.novelty import Seen
from ranking.rank import RankedSlate, rank
from ranking.taste import Taste
from ranking.weights import RankingWeights

TYPES = ("image", "sticker", "video", "audio")
WANTED = {"image": 0.05, "sticker": 0.1, "video": 0.6, "audio": 0.1}  # P(selected | read): they love clips


def draw_slate(
    seed: int, weights: RankingWeights, network: ScoringNetwork | None = None, candidates: int = 10
) -> RankedSlate:
    """A slate of random candidates."""
    rng = np.random.default_rng(seed)
    pool = [
        Candidate(f"{i:02}", TYPES[int(rng.integers(4))], "index", float(rng.uniform()), popularity=0.5)
        for i in range(candidates)
    ]
    return rank(pool, Taste(), Seen(), None, weights, 4, 0.0, rng, network=network)


def chances(slate: RankedSlate) -> list[float]:
    """The chance of each place to be selected: the position-based model."""
    return [WANTED[item.candidate.media_type] / (1 + item.position) for item in slate.items]


def log_rows(count: int, weights: RankingWeights, first_seed: int = 0) -> list[dict[str, Any]]:
    """Rows as `LogDataset.read` gives them."""
    rows = []
    for seed in range(first_seed, first_seed + count):
        slate = draw_slate(seed, weights)
        is_selected = np.random.default_rng((seed, 1)).uniform(size=len(slate.items)) < chances(slate)
        rows.append(
            {
                "suggestion_id": f"s-{seed}",
                "slate": 0,
                "user_id": f"u-{seed % (count // 5 + 1)}",
                "at": datetime.fromtimestamp(seed, UTC),
                "policy_version": weights.version,
                "shown": [
                    {"item_id": each.candidate.item_id, "propensity": each.propensity}
                    for each in slate.items
                ],
                "candidates": json.dumps([to_logged(each) for each in slate.considered]),
                "feedback": [
                    {"item_id": each.candidate.item_id, "action": "select"}
                    for each, chosen in zip(slate.items, is_selected, strict=True)
                    if chosen
                ],
            }
        )
    return rows
