"""Drawing an ordered slate whose every placement has a known probability."""

# N: candidates

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Slate:
    """Places into the candidates, best position first, with the propensity of each placement."""

    order: tuple[int, ...]
    propensities: tuple[float, ...]


def draw_noise(item_ids: Sequence[str], rng: np.random.Generator) -> Floats:
    """One Exp(1) draw an item, [N], fixed by the item's id and a single seed taken from `rng`.

    So the draw of an item depends neither on the order nor on the presence of others, and a row that is
    ranked again with the same seed as generated items arrive does not reshuffle what it shows.
    """
    seed = int(rng.integers(2**63)).to_bytes(8, "little")
    uniforms_N = np.empty(len(item_ids))
    for i, item_id in enumerate(item_ids):
        digest = hashlib.blake2b(item_id.encode(), digest_size=8, key=seed).digest()
        uniforms_N[i] = ((int.from_bytes(digest, "little") >> 11) + 0.5) * 2.0**-53
    return -np.log(uniforms_N)


def step_log_probabilities(
    utilities_N: Floats, penalties_N: Floats, above: Sequence[int], temperature: float
) -> Floats:
    """Log-probability [N] that each candidate comes next: log-softmax((u - penalty) / T) over the rest."""
    logits_N = (utilities_N - penalties_N) / temperature
    logits_N[list(above)] = -np.inf
    logits_N -= logits_N.max()
    result_N: Floats = logits_N - np.log(np.exp(logits_N).sum())
    return result_N


def sample_slate(
    utilities_N: Floats,
    size: int,
    temperature: float,
    noise_N: Floats,
    penalise: Callable[[Sequence[int]], Floats] | None = None,
) -> Slate:
    """Draw up to `size` places by Plackett-Luce without replacement (Luce 1959, Plackett 1975).

    At each position p(i | above) = softmax over the rest of (u_i - penalty_i(above)) / T, and that is the
    propensity returned, also where the (finite) penalties depend on the items above. T = 0 takes the
    best each time (the earlier of equals) with propensity 1.

    The draw is an exponential race: item i has noise_i ~ Exp(1) of work left and does it at the rate
    exp(logit_i); the first to finish takes the place. What the others then have left is Exp(1) again
    (memorylessness), so rates may change from place to place and one draw an item stays exact.
    """
    order: list[int] = []
    propensities: list[float] = []
    work_N = noise_N.astype(np.float64)
    for _ in range(min(size, len(utilities_N))):
        penalties_N = penalise(order) if penalise else np.zeros_like(utilities_N)
        if temperature == 0.0:
            adjusted_N = utilities_N - penalties_N
            adjusted_N[order] = -np.inf
            chosen, propensity = int(adjusted_N.argmax()), 1.0
        else:
            log_rates_N = step_log_probabilities(utilities_N, penalties_N, order, temperature)
            log_times_N = np.log(np.maximum(work_N, np.finfo(np.float64).tiny)) - log_rates_N
            chosen = int(log_times_N.argmin())
            propensity = float(np.exp(log_rates_N[chosen]))
            work_N = work_N - np.exp(log_rates_N + log_times_N[chosen])
        order.append(chosen)
        propensities.append(propensity)
    return Slate(tuple(order), tuple(propensities))
