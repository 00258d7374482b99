"""Runs RLlib over logged choices until a network is learned, from checkpoint to checkpoint."""

import gc
import json
from pathlib import Path
from typing import Any

import torch
from ray.rllib.core import DEFAULT_MODULE_ID
from ray.rllib.core.learner import Learner
from ray.rllib.utils.metrics import LEARNER_RESULTS

from ranking.network import ScoringNetwork
from rl.algorithm import build_config, model_config
from rl.iterations import iterate
from rl.log import RankingLog
from rl.ranker_settings import RankerTraining
from rl.slate_batches import write_dataset


def train_network(
    settings: RankerTraining,
    log: RankingLog,
    live: ScoringNetwork | None,
    temperature: float,
    run_dir: Path,
) -> ScoringNetwork:
    """Train on these slates; started again in the same folder, it goes on where it stopped.

    What is learned is held near the live network (None: the hand-set worth), which drew at this `temperature`. The
    folder also holds the training set, the curves and the checkpoint; ValueError if they are of other slates or another
    live network.
    """
    run_dir = run_dir.resolve()
    run_dir.mkdir(parents=True, exist_ok=True)
    dataset, model_file = run_dir / "slates", run_dir / "model.json"
    model = model_config(log, live, temperature, settings.units)
    if not model_file.exists():
        write_dataset(log, live, dataset, settings.seed)
        model_file.write_text(json.dumps(model))
    elif json.loads(model_file.read_text()) != model:
        raise ValueError(
            f"run_dir {run_dir} holds a run on another log or live policy; give this one its own"
        )
    torch.manual_seed(settings.seed)
    torch.set_num_threads(settings.threads)
    algorithm = build_config(settings, model, dataset).build_algo()
    try:
        iterate(algorithm, settings, run_dir, "policy", _figures)
        (learned,) = algorithm.learner_group.foreach_learner(_learned)
    finally:
        algorithm.stop()
        del algorithm
        gc.collect()  # an iterator of Ray Data that outlives Ray complains at exit
    network: ScoringNetwork = learned.get()
    return network


def _learned(learner: Learner) -> ScoringNetwork:
    return learner.module[DEFAULT_MODULE_ID].unwrapped().scorer.to_network()


def _figures(result: dict[str, Any]) -> dict[str, float]:
    """What a learner says of itself, without RLlib's own counters."""
    said = result[LEARNER_RESULTS][DEFAULT_MODULE_ID]
    wanted = ("value", "departure", "click_loss", "policy_loss", "vf_loss", "total_loss")
    return {name: float(said[name]) for name in wanted if name in said}
