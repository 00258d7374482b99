"""What a log says of a version: estimated from slates of the live one, and compared with it on people of their own."""

# P: people

from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ranking.policy import RankingPolicy
from ranking.trial import Difference, Group, compare
from rl.judging import judge
from rl.log import RankingLog
from rl.ope.overlap import Refusal
from store.serving import Beside


@dataclass(frozen=True, slots=True)
class Evidence:
    """How many selections a slate a version gains, in an interval; without one, why nothing can be said."""

    reason: str
    gain: tuple[float, float, float] | None = None  # value, lower, upper
    figures: dict[str, Any] = field(default_factory=dict)

    @property
    def surely_better(self) -> bool:
        """The whole interval is above 0."""
        return self.gain is not None and self.gain[1] > 0.0

    @property
    def surely_worse(self) -> bool:
        """The whole interval is below 0."""
        return self.gain is not None and self.gain[2] < 0.0


def estimate(log: RankingLog, policy: RankingPolicy, live_version: str, seed: int) -> Evidence:
    """Off-policy, on the slates that the live policy drew for people whom the version has not learned from."""
    drawn_S = np.array([each == live_version for each in log.policy_versions], dtype=np.bool_)
    if not drawn_S.any():
        return Evidence(f"the log holds no slate of the live policy {live_version} to judge by")
    found = judge(log.take(np.flatnonzero(drawn_S)), policy, seed)
    slates = int(drawn_S.sum())
    if isinstance(found, Refusal):
        return Evidence(f"the log can't tell: {found.reason}", None, {"method": "rips", "slates": slates})
    lower, upper = found.interval.lower, found.interval.upper
    said = (
        f"{found.value:+.4f} selections a slate against {live_version} ({lower:+.4f} to {upper:+.4f}, "
        f"{slates} slates, {found.overlap.effective_slates:.0f} effective)"
    )
    effective = found.overlap.effective_slates
    figures = {"method": "rips", "against": live_version, "slates": slates, "effective": effective}
    gain = (found.value, lower, upper)
    return Evidence(said, gain, figures | dict(zip(("gain", "lower", "upper"), gain, strict=True)))


def compared(
    log: RankingLog, version: str, live_version: str, beside: Beside | None, effect: float
) -> Evidence:
    """A canary against the live version since its trial began; anybody's slates count, for chance said who gets which."""
    if beside is None or beside.role != "canary" or beside.version != version:
        return Evidence(f"{version} is no canary")
    before = _counts(log, log.at_s_S < beside.since_s)
    drawn_S = [np.array([each == by for each in log.policy_versions]) for by in (version, live_version)]
    since_S = log.at_s_S >= beside.since_s
    new, old = (Group.of(_counts(log, each_S & since_S), before) for each_S in drawn_S)
    found = compare(new, old, effect)
    if found is None:
        return Evidence("too few people had the canary so far")
    return _evidence(found, live_version)


def _evidence(found: Difference, live_version: str) -> Evidence:
    gain = (found.value, found.lower, found.upper)
    figures = {"method": "canary", "against": live_version, "gain": found.value}
    return Evidence(str(found), gain, asdict(found) | figures)


def _counts(log: RankingLog, which_S: NDArray[np.bool_]) -> dict[str, tuple[int, int]]:
    """Slates and selections of each person."""
    people_P, places_S = np.unique(log.people_S[which_S], return_inverse=True)
    slates_P = np.bincount(places_S)
    selections_P = np.bincount(places_S, log.rewards_SK[which_S].sum(axis=1))
    counted = zip(people_P.tolist(), slates_P.tolist(), selections_P.tolist(), strict=True)
    return {str(person): (slates, int(selections)) for person, slates, selections in counted}
