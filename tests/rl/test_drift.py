import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.text import TextEncoder
from rl.distance import energy_distance
from rl.drift import Drift, DriftLimits, measure, measure_log, psi, read_period
from rl.learn_settings import LearnSettings
from store.registry import Registry
from tests.ranking import strategies as s
from tests.rl.logs import log_rows

WEIGHTS = replace(s.SHIPPED, temperature=0.1)
GREETINGS = [
    "good morning",
    "hello there",
    "happy birthday",
    "congratulations",
    "see you soon",
    "thank you",
]
SPORTS = ["what a goal", "penalty kick", "the referee is blind", "half time", "world cup final", "red card"]
LIMITS = LearnSettings.load(Path("configs/rl/learn.yaml")).drift
counts = st.lists(st.floats(0, 1e6), min_size=1, max_size=20).map(np.array)


def typed(rows: Sequence[dict[str, Any]], phrases: Sequence[str]) -> list[dict[str, Any]]:
    rng = np.random.default_rng(0)
    return [
        row | {"composition_id": row["suggestion_id"], "n_gram": phrases[int(rng.integers(len(phrases)))]}
        for row in rows
    ]


def by_hash(texts: Sequence[str]) -> np.ndarray:
    """Vectors that depend on the text alone."""
    seeds = [int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]) for text in texts]
    rows_TD = np.stack([np.random.default_rng(seed).normal(size=16) for seed in seeds])
    return (rows_TD / np.linalg.norm(rows_TD, axis=1, keepdims=True)).astype(np.float32)


def drift(before: Sequence[dict[str, Any]], after: Sequence[dict[str, Any]]) -> Drift:
    return measure("then", read_period(before), read_period(after), by_hash, LIMITS)


def test_the_shipped_settings_of_learning_are_whole() -> None:
    settings = LearnSettings.load(Path("configs/rl/learn.yaml"))
    assert settings.model_fields_set == set(LearnSettings.model_fields)
    assert settings.drift.model_fields_set == set(DriftLimits.model_fields)
    assert settings.training.is_file()


def test_two_halves_of_one_log_have_not_drifted() -> None:
    rows = typed(log_rows(1_000, WEIGHTS), GREETINGS)
    found = drift(rows[::2], rows[1::2])
    assert found.reasons == ()
    assert found.slates == (500, 500)


def test_other_phrases_are_drift_of_n_grams_and_of_their_meaning() -> None:
    rows = log_rows(1_000, WEIGHTS)
    found = drift(typed(rows[:500], GREETINGS), typed(rows[500:], SPORTS))
    drifted = {each.name for each in found.measured if each.drifted}
    assert drifted == {"n-grams", "n-grams' meaning"}


def test_a_feature_that_moved_is_named_first() -> None:
    rows = typed(log_rows(1_000, WEIGHTS), GREETINGS)
    before, after = read_period(rows[:500]), read_period(rows[500:])
    moved_NF = after.features_NF.copy()
    moved_NF[:, 1] = moved_NF[:, 1] ** 4
    found = measure("then", before, replace(after, features_NF=moved_NF), by_hash, LIMITS)
    assert found.measured[0].name == "index_match"
    assert found.reasons == (f"index_match {found.measured[0].value:.2f}",)


def test_what_few_people_did_is_not_called_drift() -> None:
    rows = log_rows(40, WEIGHTS)
    found = drift(typed(rows[:20], GREETINGS[:3]), typed(rows[20:], GREETINGS[3:]))
    (n_grams,) = [each for each in found.measured if each.name == "n-grams"]
    assert n_grams.value > LIMITS.psi
    assert n_grams.limit > 1.0


def test_of_a_message_only_the_end_counts_and_of_a_person_only_one_text_is_embedded() -> None:
    rows = typed(log_rows(3, WEIGHTS), ["ha"])
    for row, text in zip(rows, ["h", "ha", "hap"], strict=True):
        row |= {"user_id": "u", "composition_id": "message", "n_gram": text}
    assert read_period(rows).n_grams == (("u", "hap"),)
    assert read_period([]).slates == 0


def test_drift_is_measured_from_what_the_live_version_learned_from(tmp_path: Path) -> None:
    rows, registry = typed(log_rows(400, WEIGHTS), GREETINGS), Registry(str(tmp_path))
    found = measure_log(rows, registry, by_hash, LIMITS)
    assert found is not None
    assert (found.reference, found.slates) == ("the older half of the log", (201, 199))
    registry.add("a", {}, {"data": {"from_s": 100.0, "to_s": 299.0}})
    registry.promote("a")
    found = measure_log(rows, registry, by_hash, LIMITS)
    assert found is not None
    assert (found.reference, found.slates) == ("a", (200, 100))
    assert measure_log(rows[:200], registry, by_hash, LIMITS) is None
    assert measure_log([], registry, by_hash, LIMITS) is None


@given(counts, st.integers(1, 5))
def test_psi_is_nothing_between_equals_and_symmetric(counts_B: np.ndarray, seed: int) -> None:
    other_B = np.random.default_rng(seed).permutation(counts_B)
    assert psi(counts_B, counts_B)[0] == pytest.approx(0.0, abs=1e-9)
    assert psi(counts_B, other_B)[0] >= -1e-12
    assert psi(counts_B, other_B)[0] == pytest.approx(psi(other_B, counts_B)[0])


def test_psi_is_the_textbooks() -> None:
    value, bins = psi(np.array([1e9, 1e9]), np.array([1.5e9, 0.5e9]))
    assert value == pytest.approx(0.25 * np.log(1.5) - 0.25 * np.log(0.5))
    assert bins == 2


def test_the_energy_distance_tells_clouds_apart_and_seldom_halves_of_one() -> None:
    rng = np.random.default_rng(0)
    p_values = [
        energy_distance(cloud[:60].astype(np.float32), cloud[60:].astype(np.float32), rng)[1]
        for cloud in rng.normal(size=(60, 120, 8))
    ]
    assert np.mean(np.array(p_values) < 0.1) < 0.25
    far, p_value = energy_distance(rng.normal(size=(60, 8)) + 3.0, rng.normal(size=(60, 8)), rng)
    assert far > 0.3
    assert p_value < 0.01
    apart, _ = energy_distance(np.zeros((5, 2), np.float32), np.ones((5, 2), np.float32), rng)
    assert apart == pytest.approx(1.0)


def test_the_real_encoder_sees_that_people_talk_of_something_else(encoder: TextEncoder) -> None:
    rng = np.random.default_rng(0)
    alike = ["morning", "hello", "happy birthday to you", "congrats", "see you later", "thanks"]
    near, _ = energy_distance(encoder.encode(GREETINGS * 9), encoder.encode(alike * 9), rng)
    far, p_value = energy_distance(encoder.encode(GREETINGS * 9), encoder.encode(SPORTS * 9), rng)
    assert near < far
    assert far > LIMITS.distance
    assert p_value < 0.01
