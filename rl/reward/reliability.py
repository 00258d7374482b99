"""How good a model of preferences is, judged by people that it did not learn from.

N: media in slates, B: resamples.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from rl.reward.pairs import make_pairs
from rl.reward.preference import PreferenceModel
from rl.tuning.showings import Showings

RESAMPLES = 200
BINS = 10
Floats = NDArray[np.float64]
Measure = Callable[[NDArray[np.int64]], float]


def reliability(
    model: PreferenceModel, showings: Showings, max_weight: float, seed: int = 0
) -> dict[str, list[float] | int]:
    """Each measure as `[value, lower, upper]`, the 95 % interval by resampling people.

    `pairs`: share of the pairs, chosen and not chosen, that it orders right, weighted as in learning. Of generated media:
    `auc` of the predictions for what was selected where it stood, `ece` their expected calibration error (Naeini et al.
    2015; ten bins of equally many), and `slope`, that of what was selected on what was predicted: 1 if calibrated.
    """
    made = showings.of(showings.generated_N)
    predicted_N = (made.examined_N * model.probability(made.shown.media)).double().numpy()
    chosen_N = made.shown.chosen_N.double().numpy()
    pairs = make_pairs(showings, max_weight)
    scores_N = model.scores(showings.shown.media).mean(0)
    right_P = (scores_N[pairs.better_P] > scores_N[pairs.other_P]).double().numpy()
    weights_P = pairs.weights_P.clamp(min=0).double().numpy()
    of_pairs_P = showings.shown.people_N[pairs.better_P].numpy()
    of_made_N = made.shown.people_N.numpy()
    rng = np.random.default_rng(seed)
    return {
        "people": len(np.unique(showings.shown.people_N.numpy())),
        "media": len(made),
        "pairs": _interval(
            lambda rows: float(np.average(right_P[rows], weights=weights_P[rows])), of_pairs_P, rng
        ),
        "auc": _interval(lambda rows: auc(predicted_N[rows], chosen_N[rows]), of_made_N, rng),
        "ece": _interval(lambda rows: ece(predicted_N[rows], chosen_N[rows]), of_made_N, rng),
        "slope": _interval(lambda rows: slope(predicted_N[rows], chosen_N[rows]), of_made_N, rng),
    }


def auc(predicted_N: Floats, chosen_N: Floats) -> float:
    """The chance that what was chosen was predicted higher than what was not; 0.5 if all or nothing was chosen."""
    chosen = chosen_N.sum()
    if chosen in (0, len(chosen_N)):
        return 0.5
    ranks = rankdata(predicted_N)[chosen_N > 0].sum()
    return float((ranks - chosen * (chosen + 1) / 2) / (chosen * (len(chosen_N) - chosen)))


def ece(predicted_N: Floats, chosen_N: Floats) -> float:
    """The mean distance, over bins of equally many, of what was predicted from what was chosen."""
    bins = np.array_split(np.argsort(predicted_N, kind="stable"), BINS)
    gaps = [abs(float((predicted_N[rows] - chosen_N[rows]).sum())) for rows in bins]
    return sum(gaps) / len(predicted_N)


def slope(predicted_N: Floats, chosen_N: Floats) -> float:
    """That of the least-squares line of what was chosen on what was predicted; 0 if all were predicted alike."""
    centred_N = predicted_N - predicted_N.mean()
    variance = float((centred_N**2).sum())
    return float((centred_N * chosen_N).sum()) / variance if variance > 1e-12 else 0.0


def _interval(measure: Measure, people: NDArray[np.int64], rng: np.random.Generator) -> list[float]:
    _, codes = np.unique(people, return_inverse=True)
    of_person = [np.flatnonzero(codes == person) for person in range(codes.max() + 1)]
    resampled = [
        measure(np.concatenate([of_person[i] for i in rng.integers(len(of_person), size=len(of_person))]))
        for _ in range(RESAMPLES)
    ]
    lower, upper = np.quantile(resampled, [0.025, 0.975])
    return [round(value, 4) for value in (measure(np.arange(len(people))), float(lower), float(upper))]
