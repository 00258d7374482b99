"""Run an algorithm that tunes a generator, from its last checkpoint to its end."""

from pathlib import Path
from typing import Any

import torch
from ray.rllib.algorithms.algorithm import Algorithm
from ray.rllib.core import DEFAULT_MODULE_ID
from ray.rllib.core.learner import Learner
from ray.rllib.utils.metrics import ENV_RUNNER_RESULTS, LEARNER_RESULTS

from models.sticker import weights_checksum
from models.transformer import FlowTransformer
from rl.iterations import iterate
from rl.tuning.latent_media import Reward, ShownMedia
from rl.tuning.run import build, keep_rows
from rl.tuning.settings import GeneratorTuning
from rl.tuning.stickers import sticker_rows, sticker_subject

FIGURES = ("nft_loss", "replay_loss", "distance", "gain", "clipped", "total_loss")


def tune_generator(
    settings: GeneratorTuning, shown: ShownMedia, reward: Reward, weights: Path, run_dir: Path
) -> FlowTransformer:
    """Tune the sticker transformer of `weights`; started again in the same folder, it goes on where it stopped.

    `weights` holds the folders `sticker` and `relevance`. ValueError if the folder's run is of other settings, media,
    rewards or weights.
    """
    run_dir = begin(settings, run_dir)
    rows = sticker_rows(settings, shown, reward, weights)
    keep_rows(settings, rows, weights_checksum(weights / "sticker"), run_dir)
    subject = sticker_subject(settings, shown.media, reward, weights)
    made: FlowTransformer = tune(build(settings, subject, run_dir), settings, run_dir)
    return made


def begin(settings: GeneratorTuning, run_dir: Path) -> Path:
    """Make the folder; seed, and take no more threads than set."""
    run_dir.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(settings.seed)
    torch.set_num_threads(settings.threads)
    return run_dir.resolve()


def tune(algorithm: Algorithm, settings: GeneratorTuning, run_dir: Path) -> Any:
    """Iterate to the end of the run, and stop; returns what the velocity says that it learned."""
    try:
        iterate(algorithm, settings, run_dir, "generator", figures_of, algorithm.go_on)
        (made, *_) = algorithm.learner_group.foreach_learner(_learned)
    finally:
        algorithm.stop()
    return made.get()


def figures_of(result: dict[str, Any]) -> dict[str, float]:
    """What learners and samplers say, without RLlib's own counters."""
    said = result[LEARNER_RESULTS][DEFAULT_MODULE_ID]
    figures = {name: float(said[name]) for name in FIGURES if name in said}
    if "reward" in result.get(ENV_RUNNER_RESULTS, {}):
        figures["reward"] = float(result[ENV_RUNNER_RESULTS]["reward"])
    return figures


def _learned(learner: Learner) -> Any:
    return learner.module[DEFAULT_MODULE_ID].unwrapped().generator.learned()
