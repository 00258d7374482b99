"""How often a watched trial alarms, falsely and truly: of rankings by all that is taken, of generators by what they made.

`python -m benchmarks.trials` writes `benchmarks/results/trials.json`. Simulation: no figure is about real people.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from ranking.painted_trial import EFFECT
from rl.simulation.trial import Trial, looks


def alarms(trial: Trial, trials: int) -> dict[str, Any]:
    """Shares of the trials that a look called surely worse, and how many slates both groups had seen by then."""
    rng, found, better, usual, different = np.random.default_rng(0), [], [], 0, 0
    for _ in range(trials):
        seen = looks(trial, rng)
        found.append(next((sum(each.slates) for each in seen if each.upper < 0.0), None))
        better.append(next((sum(each.slates) for each in seen if each.lower > 0.0), None))
        different += any(not each.lower <= 0.0 <= each.upper for each in seen)
        usual += any(abs(each.value) > 1.96 * each.error for each in seen)
    return {
        "selections_a_slate": trial.base,
        "drop": trial.drop,
        "people": trial.people,
        "known_before": trial.past_looks > 0,
        **_when("taken_back", found),
        **_when("called_better", better),
        "called_different": different / trials,
        "called_different_by_the_usual_interval": usual / trials,
    }


def _when(what: str, slates: list[int | None]) -> dict[str, float | None]:
    """In which share of the trials, and how many slates both groups had seen by then, in the middle one."""
    happened = [each for each in slates if each is not None]
    return {
        what: len(happened) / len(slates),
        f"{what}_after_slates": float(np.median(happened)) if happened else None,
    }


def main() -> None:
    rankings = [
        Trial(drop, people, past_looks=past)
        for past in (40, 0)
        for people in (300, 2_000)
        for drop in (0.0, 0.1, 0.3, 0.5)
    ]
    generators = [
        Trial(drop, people, base=0.07, effect=EFFECT)
        for people in (300, 2_000, 10_000)
        for drop in (0.0, -0.14, 0.1, 0.3, 0.5)
    ]
    results = [alarms(trial, 100 if trial.drop else 600) for trial in tqdm([*rankings, *generators])]
    Path("benchmarks/results/trials.json").write_text(json.dumps(results, indent=1) + "\n")
    for each in results:
        print(each)


if __name__ == "__main__":
    main()
