"""Small worlds and logs that the tests of off-policy evaluation share."""

import numpy as np

from rl.ope.slates import LoggedSlates, Predictions, Probabilities
from rl.simulation.lab import Lab, build_lab
from rl.simulation.reading import Reading


def lab(places: int, reading: Reading | None = None, seed: int = 0, wrong: float = 0.7) -> Lab:
    """Twelve contexts of six candidates; the reward model errs by `wrong` in the logit."""
    rng = np.random.default_rng(seed)
    shape = (12, 6)
    logits = rng.normal(-1.0, 1.0, size=shape)
    logged = 0.5 * logits + 0.5 * rng.normal(size=shape)
    target = logged + 0.5 * rng.normal(size=shape) + 0.3 * logits
    believed = logits + wrong * rng.normal(size=shape)
    return build_lab(logged, target, _sigmoid(logits), _sigmoid(believed), places, reading or Reading())


def every_slate(world: Lab) -> tuple[LoggedSlates, np.ndarray]:
    """Each slate of each context with its expected rewards, and the probability that it is logged."""
    places = world.slates_LK.shape[1]

    def rows(table_CLK: np.ndarray) -> np.ndarray:
        return table_CLK.reshape(-1, places)

    slates = LoggedSlates(
        rows(world.selections()),
        Probabilities(rows(world.logged.given_above_CLK), rows(world.target.given_above_CLK)),
        Probabilities(rows(world.logged.marginal_CLK), rows(world.target.marginal_CLK)),
        Predictions(rows(world.predicted_CLK), rows(world.expected_CLK)),
    )
    return slates, world.logged.slate_CL.ravel() / len(world.attractions_CN)


def bandit(
    rewards: list[float],
    logged: list[float],
    target: list[float],
    predictions: tuple[list[float], list[float]] | None = None,
) -> LoggedSlates:
    """Single choices, written out."""
    return LoggedSlates(
        _column(rewards),
        Probabilities(_column(logged), _column(target)),
        predictions=None
        if predictions is None
        else Predictions(_column(predictions[0]), _column(predictions[1])),
    )


def _column(numbers: list[float]) -> np.ndarray:
    return np.array(numbers, dtype=np.float64)[:, None]


def _sigmoid(logits: np.ndarray) -> np.ndarray:
    return 1.0 / (1.0 + np.exp(-logits))
