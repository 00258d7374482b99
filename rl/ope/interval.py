"""Confidence intervals by the bootstrap-t.

S: slates, U: units resampled together, C: columns of sums, B: resamples.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rl.ope.slates import Floats
from rl.ope.terms import Terms

RESAMPLES = 1000
_AT_ONCE = 1_000_000  # numbers drawn at once


@dataclass(frozen=True, slots=True)
class Interval:
    """Where the truth lies with the probability `level`, each side missing it equally often."""

    lower: float
    upper: float
    level: float


def bootstrap_t(
    terms: Terms, units_S: NDArray[np.int64] | None, rng: np.random.Generator, level: float = 0.95
) -> Interval:
    """The studentised bootstrap (Efron 1979; Hall 1988): quantiles of (θ* - θ) / σ*, turned around θ in units of σ.

    Importance-weighted rewards are skewed to the right. Normal and percentile intervals then lie too low and
    miss the truth above them two to ten times as often as below; these do not (`benchmarks/ope_coverage.py`).
    σ is the linearised standard error, of units that are resampled whole.
    """
    columns_UC = _columns(terms, units_S)
    estimate, error = _studentise(
        columns_UC.sum(axis=0)[None], _squares(columns_UC).sum(axis=0)[None], terms
    )
    if error[0] <= 0.0:
        return Interval(float(estimate[0]), float(estimate[0]), level)
    both_UX = np.concatenate([columns_UC, _squares(columns_UC)], axis=1)
    num_units, num_columns = columns_UC.shape
    batch = max(1, _AT_ONCE // num_units)
    scores = []
    for start in range(0, RESAMPLES, batch):
        sums_BX = _resample_counts(num_units, min(batch, RESAMPLES - start), rng) @ both_UX
        estimates_B, errors_B = _studentise(sums_BX[:, :num_columns], sums_BX[:, num_columns:], terms)
        known_B = errors_B > 0.0  # a resample without any spread says nothing of the scale
        scores.append((estimates_B[known_B] - estimate[0]) / errors_B[known_B])
    tail = (1.0 - level) / 2.0
    high, low = np.quantile(np.concatenate(scores), [1.0 - tail, tail])
    return Interval(float(estimate[0] - high * error[0]), float(estimate[0] - low * error[0]), level)


def _columns(terms: Terms, units_S: NDArray[np.int64] | None) -> Floats:
    """Sums a unit, [U, C]: direct, weighted terms, weights if the estimator divides by them, number of slates."""
    weights = terms.weights_SJ if terms.normalised else terms.weights_SJ[:, :0]
    weighted = terms.weighted_SJ if terms.normalised else terms.weighted_SJ.sum(axis=1, keepdims=True)
    ones_S = np.ones(len(terms.direct_S))
    columns_SC = np.column_stack([terms.direct_S, weighted, weights, ones_S])
    if units_S is None:
        return columns_SC
    _, codes_S = np.unique(units_S, return_inverse=True)
    return np.column_stack([np.bincount(codes_S, column_S) for column_S in columns_SC.T])


def _squares(columns_UC: Floats) -> Floats:
    num_units, num_columns = columns_UC.shape
    return (columns_UC[:, :, None] * columns_UC[:, None, :]).reshape(num_units, num_columns**2)


def _studentise(sums_BC: Floats, squares_BX: Floats, terms: Terms) -> tuple[Floats, Floats]:
    """Estimate and standard error of each resample, [B] each, from sums and sums of products of the columns."""
    num_terms = terms.weighted_SJ.shape[1] if terms.normalised else 1
    sizes_B1 = sums_BC[:, -1:]
    means_BC = sums_BC / sizes_B1
    slopes_BC = np.zeros_like(sums_BC)
    slopes_BC[:, 0] = 1.0
    weighted, weights = slice(1, 1 + num_terms), slice(1 + num_terms, -1)
    if terms.normalised:
        slopes_BC[:, weighted] = 1.0 / means_BC[:, weights]
        slopes_BC[:, weights] = -means_BC[:, weighted] / means_BC[:, weights] ** 2
        estimates_B = means_BC[:, 0] + (means_BC[:, weighted] / means_BC[:, weights]).sum(axis=1)
    else:
        slopes_BC[:, weighted] = 1.0
        estimates_B = means_BC[:, 0] + means_BC[:, weighted].sum(axis=1)
    slopes_BC[:, -1] = -(slopes_BC[:, :-1] * means_BC[:, :-1]).sum(axis=1)
    num_columns = sums_BC.shape[1]
    squares_BCC = squares_BX.reshape(-1, num_columns, num_columns)
    variances_B = np.einsum("bc,bcd,bd->b", slopes_BC, squares_BCC, slopes_BC)
    errors_B: Floats = np.sqrt(np.maximum(variances_B, 0.0)) / sizes_B1[:, 0]
    return estimates_B, np.where(errors_B > 1e-12, errors_B, 0.0)


def _resample_counts(num_units: int, resamples: int, rng: np.random.Generator) -> Floats:
    """How often each unit is drawn in each resample, [B, U]."""
    drawn_BU = rng.integers(num_units, size=(resamples, num_units))
    drawn_BU += num_units * np.arange(resamples)[:, None]
    counts_BU = np.bincount(drawn_BU.ravel(), minlength=resamples * num_units)
    return counts_BU.reshape(resamples, num_units).astype(np.float64)
