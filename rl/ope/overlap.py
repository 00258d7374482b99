"""Whether a log can speak of another policy at all: how far the two overlap.

S: slates, J: weighted terms of a slate.
"""

from dataclasses import dataclass

import numpy as np

from rl.ope.terms import Terms

LEAST_EFFECTIVE = 100.0  # slates; intervals of fewer covered too seldom (docs/learning.md)
LARGEST_SHARE = 0.1  # of all weight on one slate
MOST_LOST = 0.05
STANDARD_ERRORS = 4.0


@dataclass(frozen=True, slots=True)
class Overlap:
    """Diagnostics of the importance weights, each of its worst place; a log without weights overlaps trivially.

    `effective_slates` is Kish's (Σ w)² / Σ w². The mean weight is 1 in expectation where the logging
    policy supports the target; `mean_weight_error` is its standard error.
    """

    slates: int
    effective_slates: float
    largest_share: float
    mean_weight: float
    mean_weight_error: float
    lost: float


@dataclass(frozen=True, slots=True)
class Refusal:
    """No conclusion, and why: the log says too little of this policy."""

    reason: str
    overlap: Overlap
