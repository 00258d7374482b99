"""Small scoring networks with random weights, that the ranking tests share."""

from itertools import pairwise

import numpy as np

from ranking.features import NAMES
from ranking.network import ScoringNetwork


def random_network(seed: int = 0, units: int = 8, scale: float = 0.03) -> ScoringNetwork:
    rng = np.random.default_rng(seed)
    sizes = (len(NAMES), units, units, 1)
    layers = tuple(
        (rng.normal(size=(a, b)).astype(np.float32), rng.normal(size=b).astype(np.float32))
        for a, b in pairwise(sizes)
    )
    mean, deviation = rng.normal(size=len(NAMES)), rng.uniform(0.5, 2.0, len(NAMES))
    return ScoringNetwork(mean.astype(np.float32), deviation.astype(np.float32), scale, layers)
