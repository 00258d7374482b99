"""How often a watched trial alarms: falsely, and truly.

`python -m benchmarks.trials` writes `benchmarks/results/trials.json`. Simulation: no figure is about real people.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np

from rl.simulation.trial import Trial, looks


def alarms(trial: Trial, trials: int) -> dict[str, Any]:
    """Shares of the trials that a look called surely worse, and how many slates both groups had seen by then."""
    rng, found, usual, different = np.random.default_rng(0), [], 0, 0
    for _ in range(trials):
        seen = looks(trial, rng)
        found.append(next((sum(each.slates) for each in seen if each.upper < 0.0), None))
        different += any(not each.lower <= 0.0 <= each.upper for each in seen)
        usual += any(abs(each.value) > 1.96 * each.error for each in seen)
    slates = [each for each in found if each is not None]
    return {
        "drop": trial.drop,
        "people": trial.people,
        "known_before": trial.past_looks > 0,
        "taken_back": len(slates) / trials,
        "slates": float(np.median(slates)) if slates else None,
        "called_different": different / trials,
        "called_different_by_the_usual_interval": usual / trials,
    }


def main() -> None:
    results = [
        alarms(Trial(drop, people, past_looks=past), 100 if drop else 600)
        for past in (40, 0)
        for people in (300, 2_000)
        for drop in (0.0, 0.1, 0.3, 0.5)
    ]
    Path("benchmarks/results/trials.json").write_text(json.dumps(results, indent=1) + "\n")
    for each in results:
        print(each)


if __name__ == "__main__":
    main()
