"""A simulated trial of two policies on two groups of people, as a watcher sees it.

L: looks, P: people.
"""

import numpy as np

from ranking.trial import Difference, Group, compare


def looks(
    rng: np.random.Generator, drop: float, base: float, people: int, num_looks: int, effect: float
) -> list[Difference | None]:
    """The comparison at each look. People's tastes differ, and they come, when they like, again and again.

    `drop` is the share of the selections, `base` a slate, that the new policy loses.
    """
    groups = []
    for rate in (base * (1.0 - drop), base):
        tastes_P = rng.beta(4.0 * rate, 4.0 * (1.0 - rate), people)
        visits_LP = rng.poisson(rng.gamma(1.0, 2.0, people), (num_looks, people))
        taken_LP = rng.binomial(visits_LP, tastes_P)
        groups.append((visits_LP.cumsum(axis=0).astype(float), taken_LP.cumsum(axis=0).astype(float)))
    seen = []
    for look in range(num_looks):
        new, old = (Group(v[look, v[look] > 0], t[look, v[look] > 0]) for v, t in groups)
        seen.append(compare(new, old, effect))
    return seen
