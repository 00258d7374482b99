"""How often a watched trial alarms: falsely, and truly.

`python -m benchmarks.trials` writes `benchmarks/results/trials.json`. Simulation: no figure is about real people.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np

from rl.simulation.trial import looks

TRIALS, PEOPLE, LOOKS, BASE, EFFECT = 1_000, 150, 40, 0.3, 0.03


def alarms(drop: float, people: int, trials: int) -> dict[str, Any]:
    """Shares of the trials that a look called surely worse, and how many slates both groups had seen by then."""
    rng, found, usual, different = np.random.default_rng(0), [], 0, 0
    for _ in range(trials):
        seen = [each for each in looks(rng, drop, BASE, people, LOOKS, EFFECT) if each is not None]
        found.append(next((sum(each.slates) for each in seen if each.upper < 0.0), None))
        different += any(not each.lower <= 0.0 <= each.upper for each in seen)
        usual += any(abs(each.value) > 1.96 * each.error for each in seen)
    slates = [each for each in found if each is not None]
    return {
        "drop": drop,
        "people": 2 * people,
        "taken_back": len(slates) / trials,
        "slates": float(np.median(slates)) if slates else None,
        "called_different": different / trials,
        "called_different_by_the_usual_interval": usual / trials,
    }


def main() -> None:
    results = [alarms(0.0, PEOPLE, TRIALS), alarms(0.0, 2_000, 200)]
    results += [alarms(drop, people, 200) for people in (PEOPLE, 2_000) for drop in (0.1, 0.3, 0.5)]
    Path("benchmarks/results/trials.json").write_text(json.dumps(results, indent=1) + "\n")
    for each in results:
        print(each)


if __name__ == "__main__":
    main()
