"""Run an algorithm that tunes a generator, from its last checkpoint to its end."""

import copy
import json
from pathlib import Path
from typing import Any

import torch
import typer
from ray.rllib.algorithms.algorithm import Algorithm
from ray.rllib.core import DEFAULT_MODULE_ID
from ray.rllib.core.learner import Learner
from ray.rllib.utils.metrics import ENV_RUNNER_RESULTS, LEARNER_RESULTS
from tensorboardX import SummaryWriter

from models.transformer import FlowTransformer
from rl.network_training import CHECKPOINTS, CURVES, save_checkpoint
from rl.tuning.latent_media import Reward, ShownMedia
from rl.tuning.run import build, write_rows
from rl.tuning.settings import GeneratorTuning
from rl.tuning.velocity import merged

FIGURES = ("nft_loss", "replay_loss", "distance", "gain", "clipped", "total_loss")


def tune_generator(
    settings: GeneratorTuning, shown: ShownMedia, reward: Reward, weights: Path, run_dir: Path
) -> FlowTransformer:
    """Tune the sticker transformer of `weights`; started again in the same folder, it goes on where it stopped.

    `weights` holds the folders `sticker` and `relevance`. ValueError if the folder's run is of other settings, media or
    rewards.
    """
    run_dir = run_dir.resolve()
    run_dir.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(settings.seed)
    torch.set_num_threads(settings.threads)
    write_rows(settings, shown.media, shown.n_grams, shown.weights_N, reward, weights, run_dir)
    algorithm = build(settings, shown.media, reward, weights, run_dir)
    try:
        _iterate(algorithm, settings, run_dir)
        (made, *_) = algorithm.learner_group.foreach_learner(_learned)
    finally:
        algorithm.stop()
    return made.get()


def _iterate(algorithm: Algorithm, settings: GeneratorTuning, run_dir: Path) -> None:
    """Iterate to the end of the run, from the last checkpoint if there is one."""
    checkpoints = run_dir / CHECKPOINTS
    done = max((int(path.name) for path in checkpoints.glob("[0-9]*")), default=0)
    if done:
        algorithm.learner_group.restore_from_path(str(checkpoints / str(done)))
        if algorithm.env_runner_group:
            algorithm.env_runner_group.sync_weights(from_worker_or_learner_group=algorithm.learner_group)
    with SummaryWriter(str(run_dir / "tensorboard")) as writer:
        for number in range(done + 1, settings.iterations + 1):
            figures = figures_of(algorithm.train())
            for name, value in figures.items():
                writer.add_scalar(f"generator/{name}", value, number)
            with (run_dir / CURVES).open("a") as curves:
                curves.write(json.dumps({"iteration": number} | figures) + "\n")
            shown = "  ".join(f"{name} {value:.4f}" for name, value in figures.items())
            typer.echo(f"iteration {number} of {settings.iterations}  {shown}")
            if number % settings.checkpoint_every == 0 or number == settings.iterations:
                save_checkpoint(algorithm, checkpoints, number)


def figures_of(result: dict[str, Any]) -> dict[str, float]:
    """What learners and samplers say, without RLlib's own counters."""
    said = result[LEARNER_RESULTS][DEFAULT_MODULE_ID]
    figures = {name: float(said[name]) for name in FIGURES if name in said}
    if "reward" in result.get(ENV_RUNNER_RESULTS, {}):
        figures["reward"] = float(result[ENV_RUNNER_RESULTS]["reward"])
    return figures


def _learned(learner: Learner) -> FlowTransformer:
    module = learner.module[DEFAULT_MODULE_ID].unwrapped()
    return merged(copy.deepcopy(module.generator)).eval()
