"""A simulated trial of two policies on two groups of people, as a watcher sees it.

L: looks, P: people.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ranking.trial import Counts, Difference, Group, compare


@dataclass(frozen=True, slots=True)
class Trial:
    """People of different tastes, half of them in each group, who come when they like, again and again."""

    drop: float  # share of the selections that the new policy loses; below 0 it wins some
    people: int
    base: float = 0.3  # selections a slate
    num_looks: int = 40
    past_looks: float = 40  # for as long they have come before the trial
    effect: float = 0.03


def looks(trial: Trial, rng: np.random.Generator) -> list[Difference]:
    """The comparison at each look, but for those at which there were too few people."""
    num = trial.people // 2
    groups, before = [], dict[str, tuple[int, int]]()
    for name, drop in (("new", trial.drop), ("old", 0.0)):
        tastes_P = rng.beta(4.0 * trial.base, 4.0 * (1.0 - trial.base), num)
        often_P = rng.gamma(1.0, 2.0, num)
        past_P = rng.poisson(trial.past_looks * often_P)
        before |= dict(_counts(name, past_P, rng.binomial(past_P, tastes_P)))
        visits_LP = rng.poisson(often_P, (trial.num_looks, num))
        taken_LP = rng.binomial(visits_LP, np.minimum((1.0 - drop) * tastes_P, 1.0))
        groups.append((name, visits_LP.cumsum(axis=0), taken_LP.cumsum(axis=0)))
    seen = []
    for look in range(trial.num_looks):
        new, old = (Group.of(_counts(name, v[look], t[look]), before) for name, v, t in groups)
        seen.append(compare(new, old, trial.effect))
    return [each for each in seen if each is not None]


def _counts(name: str, slates_P: NDArray[np.int64], selections_P: NDArray[np.int64]) -> Counts:
    """Of those who came."""
    each = zip(slates_P.tolist(), selections_P.tolist(), strict=True)
    return {f"{name}-{person}": counted for person, counted in enumerate(each) if counted[0]}
