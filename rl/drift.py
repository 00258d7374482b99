"""Whether what people type and are offered has moved since the live version learned: `gramoji drift`."""

# N: observations, B: bins, F: features, T: texts, D: width of an embedding

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field
from scipy.stats import chi2

from ranking.features import NAMES
from ranking.logged import read_features
from ranking.network import Halves
from rl.distance import energy_distance
from rl.log import GOOD, last_slates
from store.registry import Registry

BINS = 10
PHRASES = 40  # the most frequent ones are told apart, the others are one
CLOCK = ("hour_sin", "hour_cos")  # they move all day
Encode = Callable[[Sequence[str]], NDArray[np.float32]]


class DriftLimits(BaseModel):
    """When a difference is called drift."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    psi: float = Field(0.25, gt=0, description="Population stability index; from 0.1 on it is watched.")
    distance: float = Field(0.02, gt=0, le=1, description="Energy coefficient of the n-grams' embeddings.")
    p_value: float = Field(0.01, gt=0, lt=1, description="How likely chance alone may be.")
    texts: int = Field(300, ge=10, description="N-grams of each period that are embedded.")
    seed: int = Field(0, description="Which ones, and the permutations.")


@dataclass(frozen=True, slots=True, eq=False)
class Period:
    """What the log says of a time."""

    slates: int
    people: int
    features_NF: Halves
    selected: tuple[str, ...]  # media types
    n_grams: tuple[tuple[str, str], ...]  # who typed it and what, once for each message


@dataclass(frozen=True, slots=True)
class Measured:
    """One difference, and whether it is large and no chance."""

    name: str
    kind: str  # psi or distance
    value: float
    limit: float
    drifted: bool


@dataclass(frozen=True, slots=True)
class Drift:
    """Every difference between two periods, the largest first within its kind."""

    reference: str
    slates: tuple[int, int]
    people: tuple[int, int]
    measured: tuple[Measured, ...]

    @property
    def reasons(self) -> tuple[str, ...]:
        """What drifted."""
        return tuple(f"{each.name} {each.value:.2f}" for each in self.measured if each.drifted)


def read_period(rows: Iterable[Mapping[str, Any]]) -> Period:
    """The last slates of suggestions; of each message only what stood there in the end."""
    slates = sorted(last_slates(rows), key=lambda row: row["at"])
    typed = {(row["user_id"], row["composition_id"]): row["n_gram"].strip().lower() for row in slates}
    features, selected = [np.zeros((0, len(NAMES)), dtype=np.float16)], []
    for row in slates:
        considered = [each for each in json.loads(row["candidates"]) if each["duplicate_of"] is None]
        try:
            features.append(read_features(considered))
        except (ValueError, KeyError):  # of another version, or none to stack
            continue
        types = {each["item_id"]: each["media_type"] for each in considered}
        chosen = {deed["item_id"] for deed in row["feedback"] if deed["action"] in GOOD}
        selected += [types[item_id] for item_id in sorted(chosen) if item_id in types]
    return Period(
        len(slates),
        len({row["user_id"] for row in slates}),
        np.concatenate(features),
        tuple(selected),
        tuple((user, text) for (user, _), text in typed.items() if text),
    )


def measure(reference: str, before: Period, after: Period, encode: Encode, limits: DriftLimits) -> Drift:
    """Population stability of each feature, of n-grams and of what is selected, and the distance of the embeddings.

    A population stability index is called drift from `limits.psi` on (0.25 by convention: Siddiqi 2006), if it is also more
    than chance gives: about χ² / n of each period (Yurdakul, Naranjo 2020), with people for n.
    """
    indices = {
        name: psi(*_bin(before.features_NF[:, f], after.features_NF[:, f]))
        for f, name in enumerate(NAMES)
        if name not in CLOCK
    }
    indices["selected types"] = psi(*_count(before.selected, after.selected))
    indices["n-grams"] = psi(
        *_count([text for _, text in before.n_grams], [text for _, text in after.n_grams])
    )
    shares = 1.0 / max(before.people, 1) + 1.0 / max(after.people, 1)
    found = []
    for name, (value, bins) in indices.items():
        chance = float(chi2.ppf(1.0 - limits.p_value, bins - 1)) * shares if bins > 1 else 0.0
        limit = max(limits.psi, chance)
        found.append(Measured(name, "psi", value, limit, value >= limit))
    found.sort(key=lambda each: -each.value)
    found.append(_compare_texts(before, after, encode, limits))
    return Drift(reference, (before.slates, after.slates), (before.people, after.people), tuple(found))


def psi(before_B: NDArray[np.float64], after_B: NDArray[np.float64]) -> tuple[float, int]:
    """Σ (a - b) ln(a / b) over the bins' shares, each with half an observation more, and the number of bins."""
    shares = [(counts_B + 0.5) / (counts_B.sum() + 0.5 * len(counts_B)) for counts_B in (before_B, after_B)]
    return float(((shares[1] - shares[0]) * np.log(shares[1] / shares[0])).sum()), len(before_B)


def _bin(before_N: Halves, after_N: Halves) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Counts in bins that hold equally many of the reference, as far as its values allow."""
    if not len(before_N) or not len(after_N):
        return np.zeros(1), np.zeros(1)
    edges = np.unique(np.quantile(before_N.astype(np.float64), np.linspace(0, 1, BINS + 1)[1:-1]))
    places = [np.digitize(each_N.astype(np.float64), edges) for each_N in (before_N, after_N)]
    before_B, after_B = (np.bincount(each, minlength=len(edges) + 1).astype(np.float64) for each in places)
    return before_B, after_B


def _count(before: Sequence[str], after: Sequence[str]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Counts of what is frequent in the reference, and of all others together."""
    if not before or not after:
        return np.zeros(1), np.zeros(1)
    names = [name for name, _ in Counter(before).most_common(PHRASES)]
    counted = [Counter(name if name in names else "" for name in each) for each in (before, after)]
    first, second = (np.array([each[name] for name in ["", *names]], dtype=np.float64) for each in counted)
    return first, second


def _compare_texts(before: Period, after: Period, encode: Encode, limits: DriftLimits) -> Measured:
    rng = np.random.default_rng(limits.seed)
    texts = [_sample(each.n_grams, limits.texts, rng) for each in (before, after)]
    if min(map(len, texts)) < 2:
        return Measured("n-grams' meaning", "distance", 0.0, limits.distance, False)
    vectors_TD = encode([*texts[0], *texts[1]])
    value, p_value = energy_distance(vectors_TD[: len(texts[0])], vectors_TD[len(texts[0]) :], rng)
    drifted = value >= limits.distance and p_value <= limits.p_value
    return Measured("n-grams' meaning", "distance", value, limits.distance, drifted)


def _sample(n_grams: Sequence[tuple[str, str]], most: int, rng: np.random.Generator) -> list[str]:
    """One text of each person, so that nobody's habits pass for a change of everybody's."""
    shuffled = [n_grams[i] for i in rng.permutation(len(n_grams))]
    return list(dict(shuffled).values())[:most]


def measure_log(
    rows: Sequence[Mapping[str, Any]], registry: Registry, encode: Encode, limits: DriftLimits
) -> Drift | None:
    """What came after the live version's data, against those data; before any is live, the newer half against the older."""
    live = registry.live()
    times = sorted(row["at"].timestamp() for row in rows)
    if not times:
        return None
    from_s, to_s = times[0], times[len(times) // 2]
    if live is not None and (data := registry.about(live).get("data", {})).get("to_s"):
        from_s, to_s = data["from_s"], data["to_s"]
    before = [row for row in rows if from_s <= row["at"].timestamp() <= to_s]
    after = [row for row in rows if row["at"].timestamp() > to_s]
    if not before or not after:
        return None
    return measure(
        live or "the older half of the log", read_period(before), read_period(after), encode, limits
    )
