"""The one call that judges a policy from a log: an estimate with its interval, or a refusal with its reason."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from rl.ope.interval import Interval, bootstrap_t
from rl.ope.overlap import Overlap, Refusal, measure, objection
from rl.ope.slates import LoggedSlates
from rl.ope.terms import Terms

Estimator = Callable[[LoggedSlates], Terms]


@dataclass(frozen=True, slots=True)
class Estimate:
    """Reward per slate (or the gain in it), the interval around it, and how well the log supports it."""

    value: float
    interval: Interval
    overlap: Overlap


def evaluate(
    slates: LoggedSlates, estimator: Estimator, rng: np.random.Generator, level: float = 0.95
) -> Estimate | Refusal:
    """What the target policy earns per slate."""
    return _conclude(estimator(slates), slates, rng, level)


def evaluate_gain(
    slates: LoggedSlates, estimator: Estimator, rng: np.random.Generator, level: float = 0.95
) -> Estimate | Refusal:
    """What the target earns per slate above the policy that logged, resampled together."""
    return _conclude(estimator(slates).minus_logged(slates), slates, rng, level)


def _conclude(
    terms: Terms, slates: LoggedSlates, rng: np.random.Generator, level: float
) -> Estimate | Refusal:
    overlap = measure(terms)
    reason = objection(overlap)
    if reason is not None:
        return Refusal(reason, overlap)
    return Estimate(terms.value(), bootstrap_t(terms, slates.units_S, rng, level), overlap)
