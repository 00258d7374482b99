"""Two policies on two groups of people at the same time: which of them is selected from more often."""

# P: people

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
LEAST_PEOPLE = 30  # of each group; below it the variance itself is a guess


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """What each person of a group was shown, and took."""

    slates_P: Floats
    selections_P: Floats

    @classmethod
    def of(cls, counted: Mapping[str, tuple[int, int]]) -> Self:
        """From counts by person."""
        table_P2 = np.array(list(counted.values()), dtype=np.float64).reshape(-1, 2)
        return cls(table_P2[:, 0], table_P2[:, 1])

    @property
    def rate(self) -> float:
        """Selections a slate."""
        return float(self.selections_P.sum() / self.slates_P.sum())

    def variance(self) -> float:
        """Of the rate, linearised, with people as the units: the slates of one person are too alike to count each."""
        num, left_P = len(self.slates_P), self.selections_P - self.rate * self.slates_P
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
    """
    if min(len(new.slates_P), len(old.slates_P)) < LEAST_PEOPLE:
        return None
    variance = new.variance() + old.variance()
    if variance <= 0.0:
        return None
    known, mixed = 1.0 / variance, 1.0 / effect**2
    radius = variance * math.sqrt(
        (known + mixed) * math.log((known + mixed) / (mixed * (1.0 - level) ** 2))
    )
    value = new.rate - old.rate
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
