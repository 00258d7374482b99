"""How far two clouds of vectors are apart."""

# N: vectors of both clouds, D: width, R: permutations

import numpy as np
from numpy.typing import NDArray

PERMUTATIONS = 500


def energy_distance(
    first_ND: NDArray[np.float32], second_ND: NDArray[np.float32], rng: np.random.Generator
) -> tuple[float, float]:
    """The energy coefficient of two samples, 0 for equal distributions and at most 1, and its p-value by permutation.

    (2 E|X - Y| - E|X - X'| - E|Y - Y'|) / (2 E|X - Y|) with Euclidean distances (Székely, Rizzo 2013).
    """
    all_ND = np.concatenate([first_ND, second_ND]).astype(np.float64)
    squares_N = (all_ND**2).sum(axis=1)
    cosines_NN = all_ND @ all_ND.T
    distances_NN = np.sqrt(np.maximum(squares_N[:, None] + squares_N - 2.0 * cosines_NN, 0.0))
    is_first_N = np.arange(len(all_ND)) < len(first_ND)
    shuffled_RN = rng.permuted(np.tile(is_first_N, (PERMUTATIONS, 1)), axis=1)
    found = _coefficients(distances_NN, is_first_N[None])[0]
    by_chance_R = _coefficients(distances_NN, shuffled_RN)
    return float(found), float((1 + (by_chance_R >= found).sum()) / (1 + PERMUTATIONS))


def _coefficients(distances_NN: NDArray[np.float64], is_first_RN: NDArray[np.bool_]) -> NDArray[np.float64]:
    first_RN = is_first_RN / is_first_RN.sum(axis=1, keepdims=True)
    second_RN = ~is_first_RN / (~is_first_RN).sum(axis=1, keepdims=True)
    to_first_RN = first_RN @ distances_NN
    across_R = (to_first_RN * second_RN).sum(axis=1)
    within_R = (to_first_RN * first_RN).sum(axis=1) + ((second_RN @ distances_NN) * second_RN).sum(axis=1)
    found_R: NDArray[np.float64] = (2.0 * across_R - within_R) / np.maximum(2.0 * across_R, 1e-12)
    return found_R
