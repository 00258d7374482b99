"""How often the 95 % intervals of off-policy evaluation hold the truth, in a simulation where the truth is known exactly.

    python -m benchmarks.ope_coverage

Each setting is a lab (`rl/simulation/lab.py`): 60 contexts, a policy that logs, one to be judged, and a reward model
that errs. In each repetition the first policy logs slates anew and every estimator judges the second. `below` and
`above` are the shares of intervals that lie below and above the truth; `coverage` is of those not refused.
"""

import json
from collections import defaultdict
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from tqdm import tqdm

from rl.ope.direct import dm
from rl.ope.doubly_robust import dr, sndr, switch_dr
from rl.ope.evaluate import Estimate, Estimator, evaluate
from rl.ope.slate_estimators import cascade_dr, iips, rips
from rl.ope.weighting import clipped_ips, ips, snips
from rl.simulation.lab import Lab, build_lab
from rl.simulation.reading import Reading

ROOT = Path(__file__).resolve().parent.parent
BANDIT: tuple[Estimator, ...] = (dm, ips, snips, clipped_ips, dr, sndr, switch_dr)
SLATE: tuple[Estimator, ...] = (dm, ips, snips, iips, rips, cascade_dr)
# places, candidates, slates logged, how far the policies are apart, mean logit of attraction, share that read as a cascade
SETTINGS = {
    "single choices": (1, 20, 1000, 0.5, -2.0, 0.5, BANDIT),
    "single choices, policies far apart": (1, 20, 1000, 2.2, -2.0, 0.5, BANDIT),
    "slates of 3, half read as a cascade": (3, 8, 1000, 0.3, -2.0, 0.5, SLATE),
    "slates of 3, position-based": (3, 8, 1000, 0.3, -2.0, 0.0, SLATE),
    "slates of 3, far apart, few selections": (3, 8, 3000, 1.3, -4.0, 0.5, SLATE),
}


def main(
    repetitions: Annotated[int, typer.Option(help="Logs a setting.")] = 500,
    out: Annotated[Path, typer.Option(help="Where the figures go.")] = ROOT
    / "benchmarks/results/ope_coverage.json",
) -> None:
    """Measure coverage, bias and width."""
    figures = {name: measure(*setting, repetitions=repetitions) for name, setting in tqdm(SETTINGS.items())}
    out.write_text(json.dumps(figures, indent=2) + "\n")
    print(json.dumps(figures, indent=2))


def measure(
    places: int,
    candidates: int,
    slates: int,
    apart: float,
    logit: float,
    cascade: float,
    estimators: tuple[Estimator, ...],
    repetitions: int,
) -> dict[str, Any]:
    """The figures of every estimator in one setting."""
    rng = np.random.default_rng(0)
    lab = make_lab(places, candidates, apart, logit, Reading(cascade_share=cascade), rng)
    truth = lab.truth(lab.target)
    results = defaultdict(list)
    for _ in tqdm(range(repetitions), leave=False):
        log = lab.log(slates, rng)
        for estimator in estimators:
            results[estimator.__name__].append(evaluate(log, estimator, rng))
    judged = {
        name: [each for each in found if isinstance(each, Estimate)] for name, found in results.items()
    }
    return {
        "truth": round(truth, 4),
        "logged": round(lab.truth(lab.logged), 4),
        "estimators": {
            name: {"refused": repetitions - len(found), **_summary(found, truth)}
            for name, found in judged.items()
        },
    }


def make_lab(
    places: int, candidates: int, apart: float, logit: float, reading: Reading, rng: np.random.Generator
) -> Lab:
    """Sixty contexts; the target likes what is attractive better than the policy that logs, and differs by chance."""
    shape = (60, candidates)
    logits = logit + rng.normal(size=shape)
    logged = 0.7 * rng.normal(size=shape) + 0.5 * logits
    target = logged + apart * rng.normal(size=shape) + 0.3 * logits
    believed = logits + 0.7 * rng.normal(size=shape)
    return build_lab(
        logged, target, 1 / (1 + np.exp(-logits)), 1 / (1 + np.exp(-believed)), places, reading
    )


def _summary(found: list[Estimate], truth: float) -> dict[str, float]:
    if not found:
        return {}
    lower = np.array([each.interval.lower for each in found])
    upper = np.array([each.interval.upper for each in found])
    values = np.array([each.value for each in found])
    return {
        "coverage": round(float(np.mean((lower <= truth) & (truth <= upper))), 3),
        "below": round(float(np.mean(upper < truth)), 3),
        "above": round(float(np.mean(lower > truth)), 3),
        "bias": round(float(values.mean() - truth), 4),
        "spread": round(float(values.std()), 4),
        "width": round(float(np.mean(upper - lower)), 4),
        "effective_slates": round(float(np.mean([each.overlap.effective_slates for each in found]))),
    }


if __name__ == "__main__":
    typer.run(main)
