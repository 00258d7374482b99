"""How a version on trial is watched."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WatchLimits:
    """How what is on trial is watched."""

    poll_s: float = 5.0  # between two looks at which policies serve
    every_s: float = 60.0
    settled_after_s: float = 60.0  # slates as old as this have been selected from, or not
    effect: float = 0.03  # selections a slate; differences of about this size are found soonest
    level: float = 0.95
    take_back: bool = True  # False only measures

    def __post_init__(self) -> None:
        if min(self.poll_s, self.every_s) <= 0.0 or self.settled_after_s < 0.0 or self.effect <= 0.0:
            raise ValueError(f"{self}; allowed are times and an effect above 0")
        if not 0.5 <= self.level < 1.0:
            raise ValueError(f"level is {self.level}; allowed is 0.5 to below 1")
