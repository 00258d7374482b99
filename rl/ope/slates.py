"""Logged slates as arrays: all that an off-policy estimator needs of a log.

S: slates, K: positions of the longest slate.
"""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Probabilities:
    """Two policies' probabilities of what was shown, [S, K]: the one that logged and the one to be judged."""

    logged_SK: Floats
    target_SK: Floats

    def ratios(self) -> Floats:
        """Importance weights target / logged, [S, K]."""
        return self.target_SK / self.logged_SK


@dataclass(frozen=True, slots=True, eq=False)
class Predictions:
    """A reward model's predictions, [S, K], made from a model that has not seen these slates.

    `logged_SK` is Q(x, a_1..a_k): the rewards expected at place k and all places below it, after the logged
    items down to place k, with the target policy filling the rest. `expected_SK` is its mean over the
    target's choice of the item at k, given the logged items above it. With one place both are of that
    place's reward.
    """

    logged_SK: Floats
    expected_SK: Floats


@dataclass(frozen=True, slots=True, eq=False)
class LoggedSlates:
    """Slates of up to K places, best first; K = 1 is the classical contextual bandit.

    `rewards_SK` is what each place earned, such as 1.0 for a selection. `given_above` are the probabilities of the item
    at k given the logged items above it: the log's `propensity`, and the same of the target policy for the
    same items. `marginal`, if known, are the probabilities of the item at k whatever stands above it; only IIPS
    needs them, and for K = 1 they are `given_above`. A slate with fewer than K places has reward 0 and
    probabilities 1 in the rest. `units_S` numbers the people (or sessions): slates of one unit depend on
    each other and are resampled together; by default each slate is its own unit.
    """

    rewards_SK: Floats
    given_above: Probabilities
    marginal: Probabilities | None = None
    predictions: Predictions | None = None
    units_S: NDArray[np.int64] | None = None

    def __post_init__(self) -> None:
        if self.rewards_SK.ndim != 2 or 0 in self.rewards_SK.shape:
            raise ValueError(f"rewards_SK has shape {self.rewards_SK.shape}; needed are slates and places")
        for name in ("given_above", "marginal", "predictions"):
            part = getattr(self, name)
            for field in fields(part) if part is not None else ():
                self._check(f"{name}.{field.name}", getattr(part, field.name))
        for name, probabilities in (("given_above", self.given_above), ("marginal", self.marginal)):
            if probabilities is not None:
                _check_probabilities(name, probabilities)
        if self.units_S is not None and self.units_S.shape != (len(self),):
            raise ValueError(f"units_S has shape {self.units_S.shape}, not ({len(self)},)")

    def __len__(self) -> int:
        return len(self.rewards_SK)

    @property
    def num_places(self) -> int:
        """K."""
        return self.rewards_SK.shape[1]

    def _check(self, name: str, values_SK: Floats) -> None:
        if values_SK.shape != self.rewards_SK.shape:
            raise ValueError(f"{name} has shape {values_SK.shape}, not {self.rewards_SK.shape}")
        if not np.isfinite(values_SK).all():
            raise ValueError(f"{name} holds numbers that are not finite")


def _check_probabilities(name: str, probabilities: Probabilities) -> None:
    if probabilities.logged_SK.min() <= 0.0:
        raise ValueError(f"{name}.logged_SK holds 0; what was shown had a probability above 0")
    if probabilities.target_SK.min() < 0.0:
        raise ValueError(f"{name}.target_SK is negative somewhere; allowed is 0 to 1")
    for field in ("logged_SK", "target_SK"):
        if getattr(probabilities, field).max() > 1.0 + 1e-6:
            raise ValueError(f"{name}.{field} holds more than 1; allowed is 0 to 1")
