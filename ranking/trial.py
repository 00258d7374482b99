"""Two policies on two groups of people at the same time: which of them is selected from more often."""

# P: people

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Counts = Mapping[str, tuple[int, int]]  # of each person, slates and selections
LEAST_PEOPLE = 30  # of each group; below it the variance itself is a guess
PRIOR_SLATES = 20  # who was shown little before the trial is expected to select nearly as everybody does


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """What each person of a group was shown and took, and what was to be expected of them, in selections a slate."""

    slates_P: Floats
    selections_P: Floats
    expected_P: Floats

    @classmethod
    def of(cls, counted: Counts, before: Counts | None = None) -> Self:
        """From counts by person, and those of everybody from before the trial."""
        before = before or {}
        slates, selections = map(sum, zip(*before.values(), strict=True)) if before else (0, 0)
        usual = selections / slates if slates else 0.0
        table_P2 = np.array(list(counted.values()), dtype=np.float64).reshape(-1, 2)
        past_P2 = np.array([before.get(name, (0, 0)) for name in counted], dtype=np.float64).reshape(-1, 2)
        expected_P = (past_P2[:, 1] + PRIOR_SLATES * usual) / (past_P2[:, 0] + PRIOR_SLATES)
        return cls(table_P2[:, 0], table_P2[:, 1], expected_P)

    @property
    def rate(self) -> float:
        """Selections a slate."""
        return float(self.selections_P.sum() / self.slates_P.sum())

    @property
    def expected(self) -> float:
        """What was to be expected, a slate."""
        return float(self.slates_P @ self.expected_P / self.slates_P.sum())

    def off(self) -> Floats:
        """How far what each person was expected to take a slate is from their group's, [P]."""
        return self.expected_P - self.expected

    def variance(self, slope: float = 0.0) -> float:
        """Of the adjusted rate, linearised; people are the units, for the slates of one are too alike to count each."""
        num = len(self.slates_P)
        left_P = self.selections_P - (self.rate + slope * self.off()) * self.slates_P
        return float(num / (num - 1) * (left_P**2).sum() / self.slates_P.sum() ** 2)


@dataclass(frozen=True, slots=True)
class Difference:
    """How much more is selected a slate of the new policy, in an interval that is right at all times at once."""

    value: float
    error: float  # its standard error
    lower: float
    upper: float
    level: float
    new: float  # selections a slate
    old: float
    people: tuple[int, int]
    slates: tuple[int, int]

    def __str__(self) -> str:
        return (
            f"{self.value:+.4f} selections a slate ({self.lower:+.4f} to {self.upper:+.4f} at all times, "
            f"{self.new:.4f} of {self.people[0]} people against {self.old:.4f} of {self.people[1]})"
        )


def compare(new: Group, old: Group, effect: float, level: float = 0.95) -> Difference | None:
    """The difference with an always-valid interval, None while there are too few people to say anything.

    The mixture sequential probability ratio test (Robbins 1970; Johari, Koomen, Pekelis, Walsh 2017), as the
    normal-mixture boundary of Howard, Ramdas, McAuliffe, Sekhon 2021: with s² the variance of the difference, v = 1 / s²
    and t = 1 / effect², the interval is ± s² √((v + t) ln((v + t) / (t α²))). One may look as often as one likes: the
    probability that it ever leaves the truth out is 1 - level, in the limit of many people (Waudby-Smith, Arbour, Sinha,
    Kennedy, Ramdas 2024). Differences of about `effect` are found soonest.

    What people did before the trial is taken off (CUPED: Deng, Xu, Kohavi, Walker 2013): chance may have given eager people
    to one group, and most of the variance is between people. It was there before, so it can't bias the difference; for a
    control it includes the time of the canary, which can only make the difference smaller.
    """
    if min(len(new.slates_P), len(old.slates_P)) < LEAST_PEOPLE:
        return None
    slope = _slope(new, old)
    variance = new.variance(slope) + old.variance(slope)
    if variance <= 0.0:
        return None
    known, mixed = 1.0 / variance, 1.0 / effect**2
    radius = variance * math.sqrt(
        (known + mixed) * math.log((known + mixed) / (mixed * (1.0 - level) ** 2))
    )
    value = new.rate - old.rate - slope * (new.expected - old.expected)
    return Difference(
        value,
        math.sqrt(variance),
        value - radius,
        value + radius,
        level,
        new.rate,
        old.rate,
        (len(new.slates_P), len(old.slates_P)),
        (int(new.slates_P.sum()), int(old.slates_P.sum())),
    )


def _slope(new: Group, old: Group) -> float:
    """How much of what was to be expected of a person came, by least squares within the groups; 0 if nothing was known."""
    spread = sum(float(each.slates_P @ each.off() ** 2) for each in (new, old))
    together = sum(float(each.selections_P @ each.off()) for each in (new, old))
    return together / spread if spread > 1e-12 else 0.0
