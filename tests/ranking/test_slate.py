import math
from collections import Counter
from collections.abc import Sequence
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from ranking.slate import draw_noise, sample_slate, step_log_probabilities
from tests.ranking import strategies as s

CRITICAL_CHI_SQUARE = {23: 49.7}  # at p = 0.001, by degrees of freedom
utility_lists = st.lists(st.floats(-5.0, 5.0), min_size=1, max_size=8)
temperatures = st.floats(1e-3, 100.0)


def adjacent_repel(above: Sequence[int]) -> NDArray[np.float64]:
    """Penalties that depend on the items above: the neighbours of the last one lose 0.3."""
    places_N = np.arange(4)
    return 0.3 * (np.abs(places_N - above[-1]) == 1) if above else np.zeros(4)


@given(utility_lists, st.integers(1, 8), temperatures, s.seeds)
def test_a_slate_has_no_repeats_and_true_probabilities(
    utilities: list[float], size: int, temperature: float, seed: int
) -> None:
    noise_N = np.random.default_rng(seed).standard_exponential(len(utilities))
    slate = sample_slate(np.array(utilities), size, temperature, noise_N)
    assert len(slate.order) == len(set(slate.order)) == min(size, len(utilities))
    assert all(0.0 <= propensity <= 1.0 + 1e-12 for propensity in slate.propensities)


@given(utility_lists, temperatures)
def test_the_probabilities_of_the_first_place_sum_to_one(
    utilities: list[float], temperature: float
) -> None:
    utilities_N = np.array(utilities)
    log_probabilities_N = step_log_probabilities(utilities_N, np.zeros_like(utilities_N), [], temperature)
    assert np.exp(log_probabilities_N).sum() == pytest.approx(1.0)


@given(utility_lists, temperatures, s.seeds)
def test_the_product_of_propensities_is_the_plackett_luce_probability(
    utilities: list[float], temperature: float, seed: int
) -> None:
    noise_N = np.random.default_rng(seed).standard_exponential(len(utilities))
    slate = sample_slate(np.array(utilities), len(utilities), temperature, noise_N)
    logits = [utilities[i] / temperature for i in slate.order]
    expected = 0.0
    for k, logit in enumerate(logits):
        top = max(logits[k:])
        expected += logit - top - math.log(sum(math.exp(each - top) for each in logits[k:]))
    assert math.log(max(math.prod(slate.propensities), 1e-300)) == pytest.approx(
        max(expected, math.log(1e-300)), abs=1e-6
    )


def test_permutations_come_as_often_as_their_propensities_say_though_penalties_change() -> None:
    utilities_N = np.array([0.5, 0.2, 0.0, 0.4])
    rng = np.random.default_rng(7)
    draws = 12_000
    counts: Counter[tuple[int, ...]] = Counter()
    probabilities: dict[tuple[int, ...], float] = {}
    for _ in range(draws):
        slate = sample_slate(utilities_N, 4, 0.3, rng.standard_exponential(4), adjacent_repel)
        counts[slate.order] += 1
        probabilities[slate.order] = math.prod(slate.propensities)
    orders = list(permutations(range(4)))
    assert set(probabilities) == set(orders)
    assert sum(probabilities.values()) == pytest.approx(1.0)
    chi_square = sum(
        (counts[o] - draws * probabilities[o]) ** 2 / (draws * probabilities[o]) for o in orders
    )
    assert chi_square < CRITICAL_CHI_SQUARE[len(orders) - 1]


@given(utility_lists, s.seeds)
def test_temperature_0_takes_the_best_first_with_certainty(utilities: list[float], seed: int) -> None:
    noise_N = np.random.default_rng(seed).standard_exponential(len(utilities))
    slate = sample_slate(np.array(utilities), len(utilities), 0.0, noise_N)
    assert list(slate.order) == sorted(range(len(utilities)), key=lambda i: (-utilities[i], i))
    assert set(slate.propensities) == {1.0}


def test_a_tiny_temperature_is_stable_and_near_certain() -> None:
    noise_N = np.random.default_rng(0).standard_exponential(3)
    slate = sample_slate(np.array([0.1, 0.9, 0.5]), 3, 1e-9, noise_N)
    assert slate.order == (1, 2, 0)
    assert slate.propensities == (1.0, 1.0, 1.0)


def test_of_no_candidates_comes_an_empty_slate() -> None:
    assert sample_slate(np.empty(0), 8, 0.1, np.empty(0)).order == ()


def test_the_noise_of_an_item_depends_on_the_seed_and_its_id_only() -> None:
    few = draw_noise(["a", "b"], np.random.default_rng(3))
    many = draw_noise(["z", "b", "y", "a"], np.random.default_rng(3))
    assert (few[0], few[1]) == (many[3], many[1])
    assert draw_noise(["a"], np.random.default_rng(4))[0] != few[0]


def test_the_noise_is_exponential() -> None:
    noise_N = np.sort(draw_noise([str(i) for i in range(5_000)], np.random.default_rng(1)))
    distance = np.abs(1.0 - np.exp(-noise_N) - (np.arange(5_000) + 0.5) / 5_000).max()
    assert distance < 1.95 / np.sqrt(5_000)  # Kolmogorov-Smirnov at p = 0.001
