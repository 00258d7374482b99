"""Whether a log can speak of another policy at all: how far what both would show overlaps.

J: weighted terms of a slate.
"""

from dataclasses import dataclass

import numpy as np

from rl.ope.terms import Terms

LEAST_EFFECTIVE = 100.0  # slates; intervals on fewer covered the truth too seldom (docs/learning.md)
MOST_LOST = 0.05
STANDARD_ERRORS = 4.0


@dataclass(frozen=True, slots=True)
class Overlap:
    """Diagnostics of the importance weights, each of its worst place; without weights there is nothing to object to.

    `effective_slates` is Kish's (Σ w)² / Σ w² of the weights used; one slate with a tenth of all weight makes it
    less than 100. The mean weight, before any is cut, is 1 in expectation where the logging policy may show
    all that the target shows. `lost` is that of `Terms`.
    """

    effective_slates: float
    mean_weight: float
    mean_weight_error: float  # its standard error
    lost: float


@dataclass(frozen=True, slots=True)
class Refusal:
    """No conclusion, and why: the log says too little of this policy."""

    reason: str
    overlap: Overlap


def measure(terms: Terms) -> Overlap:
    """The diagnostics of an estimator's terms."""
    num, weights_SJ = len(terms.direct_S), terms.weights_SJ
    if not weights_SJ.shape[1]:
        return Overlap(float(num), 1.0, 0.0, terms.lost)
    sums_J, squares_J = weights_SJ.sum(axis=0), (weights_SJ**2).sum(axis=0)
    seen_J = sums_J > 0.0
    effective_J = np.divide(sums_J**2, squares_J, out=np.zeros_like(sums_J), where=seen_J)
    ratios_SJ = weights_SJ if terms.uncut_SJ is None else terms.uncut_SJ
    means_J, errors_J = ratios_SJ.mean(axis=0), ratios_SJ.std(axis=0) / np.sqrt(num)
    worst = int(np.argmax(np.abs(means_J - 1.0) - STANDARD_ERRORS * errors_J))
    return Overlap(
        effective_slates=float(effective_J.min()),
        mean_weight=float(means_J[worst]),
        mean_weight_error=float(errors_J[worst]),
        lost=terms.lost,
    )


def objection(overlap: Overlap) -> str | None:
    """Why nothing can be concluded, or None if something can."""
    if overlap.effective_slates < LEAST_EFFECTIVE:
        return f"effective slates are {overlap.effective_slates:.1f}; needed are {LEAST_EFFECTIVE:.0f}"
    distance = abs(overlap.mean_weight - 1.0)
    if distance > STANDARD_ERRORS * overlap.mean_weight_error + 1e-3:
        return (
            f"the mean weight is {overlap.mean_weight:.3f} ± {overlap.mean_weight_error:.3f}, not 1: "
            "the target shows what was never logged, or the propensities are wrong"
        )
    if overlap.lost > MOST_LOST:
        return f"cutting weights drops {overlap.lost:.0%} of what the target shows; allowed are {MOST_LOST:.0%}"
    return None
