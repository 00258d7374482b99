"""The exported log as arrays: what was shown of what, with which probability, and what was selected."""

# S: slates, N: candidates of the largest slate, K: places of the longest, F: features

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ranking.candidates import Candidate
from ranking.diversity import penalties
from ranking.features import NAMES
from ranking.logged import read_features, read_likeness
from ranking.network import TOTAL, Halves, ScoringNetwork
from ranking.weights import RankingWeights
from store.registry import person_number

GOOD = ("select", "share")
BUCKETS = 10_000


@dataclass(frozen=True, slots=True, eq=False)
class RankingLog:
    """Slates padded to one size.

    A place that is not filled has order -1, propensity 1 and reward 0; a candidate that is not there has `is_there` False.
    `penalties_SKN` is what each candidate lost at each place, given the items that were shown above it.
    """

    features_SNF: NDArray[np.float16]
    is_there_SN: NDArray[np.bool_]
    penalties_SKN: NDArray[np.float32]
    order_SK: NDArray[np.int64]
    propensities_SK: NDArray[np.float64]
    rewards_SK: NDArray[np.float32]  # 1 for a place that was selected or shared
    people_S: NDArray[np.int64]  # a hash of the user's id
    at_s_S: NDArray[np.float64]
    policy_versions: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.order_SK)

    def take(self, slates: NDArray[np.int64]) -> "RankingLog":
        """Some of the slates, in the order given."""
        arrays = {each.name: getattr(self, each.name) for each in fields(self)}
        versions = tuple(self.policy_versions[i] for i in slates.tolist())
        taken: dict[str, Any] = {
            n: versions if n == "policy_versions" else a[slates] for n, a in arrays.items()
        }
        return RankingLog(**taken)

    def drawn_by(self, version: str) -> "RankingLog":
        """The slates that one policy drew."""
        return self.take(np.flatnonzero([each == version for each in self.policy_versions]))

    def utilities(self, network: ScoringNetwork | None) -> NDArray[np.float64]:
        """What each candidate is worth [S, N] to a network, or without one by its total."""
        if network is None:
            return self.features_SNF[..., TOTAL].astype(np.float64)
        flat = self.features_SNF.reshape(-1, self.features_SNF.shape[-1])
        return network.utilities(flat).reshape(self.is_there_SN.shape)

    def split(self, held_out: float) -> tuple["RankingLog", "RankingLog"]:
        """Learn from some people, judge with others: slates of one person are too alike to do both.

        Who is held out is a matter of their id, so it stays so as the log grows.
        """
        judged_S = self.people_S % BUCKETS < held_out * BUCKETS
        return self.take(np.flatnonzero(~judged_S)), self.take(np.flatnonzero(judged_S))


def read_log(rows: Iterable[Mapping[str, Any]], weights: RankingWeights) -> RankingLog:
    """Rows of the exported log (`store.log_dataset`), the last slate of each suggestion, as arrays.

    Earlier slates of a stream stood for a moment only. Rows without features of this
    version are passed over.
    The penalties are those of `weights`, whose `diversity` and shares a learned policy keeps.
    """
    slates = [read for row in last_slates(rows) if (read := _read(row, weights)) is not None]
    return _pad(slates)


def last_slates(rows: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The last slate of each suggestion."""
    last: dict[str, Mapping[str, Any]] = {}
    for row in rows:
        before = last.get(row["suggestion_id"])
        if before is None or before["slate"] < row["slate"]:
            last[row["suggestion_id"]] = row
    return list(last.values())


@dataclass(frozen=True, slots=True, eq=False)
class _Slate:
    features_NF: Halves
    penalties_KN: NDArray[np.float64]
    order: list[int]
    propensities: list[float]
    rewards: list[float]
    user_id: str
    at_s: float
    policy_version: str


def _read(row: Mapping[str, Any], weights: RankingWeights) -> _Slate | None:
    considered = [each for each in json.loads(row["candidates"]) if each["duplicate_of"] is None]
    if not row["shown"] or not all("features" in each for each in considered):
        return None
    try:
        features_NF = read_features(considered)
    except ValueError:
        return None
    places = {each["item_id"]: place for place, each in enumerate(considered)}
    order = [places[shown["item_id"]] for shown in row["shown"]]
    chosen = {deed["item_id"] for deed in row["feedback"] if deed["action"] in GOOD}
    return _Slate(
        features_NF,
        _penalties(considered, order, weights),
        order,
        [shown["propensity"] for shown in row["shown"]],
        [float(shown["item_id"] in chosen) for shown in row["shown"]],
        row["user_id"],
        row["at"].timestamp(),
        row["policy_version"],
    )


def _penalties(
    considered: Sequence[Mapping[str, Any]], order: Sequence[int], weights: RankingWeights
) -> NDArray[np.float64]:
    """What the live ranking took off at each place, [K, N], computed again from the logged likeness."""
    candidates = [Candidate(each["item_id"], each["media_type"], each["source"]) for each in considered]
    penalise = penalties(
        candidates,
        read_likeness(considered),
        len(order),
        weights.diversity,
        weights.type_share,
        weights.source_share,
        weights.source_penalty,
    )
    return np.stack([penalise(order[:k]) for k in range(len(order))])


def _pad(slates: Sequence[_Slate]) -> RankingLog:
    size = len(slates)
    most = max((len(each.features_NF) for each in slates), default=1)
    longest = max((len(each.order) for each in slates), default=1)
    log = RankingLog(
        features_SNF=np.zeros((size, most, len(NAMES)), dtype=np.float16),
        is_there_SN=np.zeros((size, most), dtype=np.bool_),
        penalties_SKN=np.zeros((size, longest, most), dtype=np.float32),
        order_SK=np.full((size, longest), -1, dtype=np.int64),
        propensities_SK=np.ones((size, longest)),
        rewards_SK=np.zeros((size, longest), dtype=np.float32),
        people_S=np.array([person_number(each.user_id) for each in slates], dtype=np.int64),
        at_s_S=np.array([each.at_s for each in slates], dtype=np.float64),
        policy_versions=tuple(each.policy_version for each in slates),
    )
    for s, each in enumerate(slates):
        count, places = len(each.features_NF), len(each.order)
        log.features_SNF[s, :count] = each.features_NF
        log.is_there_SN[s, :count] = True
        log.penalties_SKN[s, :places, :count] = each.penalties_KN
        log.order_SK[s, :places] = each.order
        log.propensities_SK[s, :places] = each.propensities
        log.rewards_SK[s, :places] = each.rewards
    return log
