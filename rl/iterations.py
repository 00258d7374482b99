"""The iterations of an RLlib run: from the last checkpoint to the end, with curves that are kept."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import typer
from ray.rllib.algorithms.algorithm import Algorithm
from tensorboardX import SummaryWriter

CHECKPOINTS = "checkpoints"
CURVES = "curves.jsonl"  # a line an iteration, kept with the version


class RunLength(Protocol):
    """What settings say of how long a run is."""

    @property
    def iterations(self) -> int:
        """Of the whole run, resumed parts included."""
        ...

    @property
    def checkpoint_every(self) -> int:
        """Iterations between checkpoints."""
        ...


def iterate(
    algorithm: Algorithm,
    settings: RunLength,
    run_dir: Path,
    what: str,
    figures_of: Callable[[dict[str, Any]], dict[str, float]],
    resumed: Callable[[int], None] = lambda _: None,
) -> None:
    """Iterate to the end of the run, from the last checkpoint if there is one; `resumed` is told how many are done.

    Checkpoints are the learner's: `Algorithm.restore_from_path` fails without env runners (Ray 2.60). `what` begins the
    names of the curves in TensorBoard.
    """
    checkpoints = run_dir / CHECKPOINTS
    done = max((int(path.name) for path in checkpoints.glob("[0-9]*")), default=0)
    if done:
        algorithm.learner_group.restore_from_path(str(checkpoints / str(done)))
        resumed(done)
    with SummaryWriter(str(run_dir / "tensorboard")) as writer:
        for number in range(done + 1, settings.iterations + 1):
            figures = figures_of(algorithm.train())
            for name, value in figures.items():
                writer.add_scalar(f"{what}/{name}", value, number)
            with (run_dir / CURVES).open("a") as curves:
                curves.write(json.dumps({"iteration": number} | figures) + "\n")
            shown = "  ".join(f"{name} {value:.4f}" for name, value in figures.items())
            typer.echo(f"iteration {number} of {settings.iterations}  {shown}")
            if number % settings.checkpoint_every == 0 or number == settings.iterations:
                _save_checkpoint(algorithm, checkpoints, number)


def _save_checkpoint(algorithm: Algorithm, checkpoints: Path, number: int) -> None:
    """The new one first, under its name only once it is whole; then the older ones go."""
    algorithm.learner_group.save_to_path(str(checkpoints / "new"))
    older = list(checkpoints.glob("[0-9]*"))
    (checkpoints / "new").rename(checkpoints / str(number))
    for path in older:
        shutil.rmtree(path)
