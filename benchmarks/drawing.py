"""What learning how to draw gains over the hand-set shares, by simulated people: `python -m benchmarks.drawing`."""

import json
import logging
import tempfile
from dataclasses import asdict
from pathlib import Path

import numpy as np
import ray
import typer
import yaml

from catalog.recipe.phrases import PHRASES_FILE
from models.mood_vectors import mood_vectors
from models.text import TextEncoder
from ranking.drawing import DrawingPolicy
from ranking.weights import load_ranking_weights
from rl.drawn_media import judge
from rl.ope.evaluate import Estimate
from rl.ranker_settings import RankerTraining
from rl.simulation.studio import Studio, as_log
from rl.train_drawing import train_drawing

RESULTS = Path(__file__).parent / "results" / "drawing.json"
PHRASES, PEOPLE = 200, 400


def main(
    logged: int = typer.Option(
        20_000, help="Media that the hand-set shares draw, to learn from and to judge by."
    ),
    later: int = typer.Option(20_000, help="Media that each policy then draws for the same people."),
    seed: int = typer.Option(0, help="Of people, phrases and selections."),
) -> None:
    """Learn from a log of the hand-set shares; then both policies draw for the same people, from the same memory on."""
    weights = load_ranking_weights(Path("configs/ranking.yaml"))
    settings = RankerTraining.load(Path("configs/rl/drawing.yaml"))
    written = list(yaml.load(PHRASES_FILE.read_text(), yaml.BaseLoader))
    phrases = tuple(written[i] for i in np.linspace(0, len(written) - 1, PHRASES).astype(int))
    encoder = TextEncoder()
    fits_QM = encoder.encode(list(phrases)) @ mood_vectors(encoder)[1:].T
    by_hand = DrawingPolicy()
    studio = Studio(phrases, fits_QM, weights, PEOPLE, seed)
    log = as_log(list(studio.draw(by_hand, logged)))
    learn, held_out = log.split(settings.held_out)
    ray.init(include_dashboard=False, log_to_driver=False)
    logging.getLogger("ray.data").setLevel(logging.WARNING)
    with tempfile.TemporaryDirectory() as folder:
        policy = train_drawing(settings, learn, by_hand, Path(folder))
    estimate = judge(held_out, policy, seed)
    earned = {}
    for name, each in (("by hand", by_hand), ("learned", policy)):
        again = Studio(phrases, fits_QM, weights, PEOPLE, seed)
        list(again.draw(by_hand, logged))
        chances = [(drawn.person, drawn.chance) for drawn in again.draw(each, later)]
        totals_P, counts_P = np.zeros(PEOPLE), np.zeros(PEOPLE)
        for person, chance in chances:
            totals_P[person] += chance
            counts_P[person] += 1
        earned[name] = totals_P / np.maximum(counts_P, 1)
    gains_P = earned["learned"] - earned["by hand"]
    half = 1.96 * float(gains_P.std(ddof=1) / np.sqrt(PEOPLE))
    figures = {
        "simulation": True,
        "media_learned_from": len(learn),
        "selections_a_medium": {name: round(float(each.mean()), 4) for name, each in earned.items()},
        "gain": [round(float(gains_P.mean()), 4), round(half, 4)],
        "estimate_on_held_out": asdict(estimate),
        "promoted": isinstance(estimate, Estimate) and estimate.interval.lower > 0.0,
    }
    RESULTS.write_text(json.dumps(figures, indent=2) + "\n")
    typer.echo(json.dumps(figures, indent=2))


if __name__ == "__main__":
    typer.run(main)
