"""The RLlib algorithm of a training run."""

# N: candidates, F: features, K: places

import hashlib
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
from ray.rllib.algorithms.algorithm_config import AlgorithmConfig
from ray.rllib.algorithms.bc import BCConfig
from ray.rllib.algorithms.marwil import MARWILConfig
from ray.rllib.core.rl_module import RLModuleSpec

from ranking.network import ScoringNetwork
from rl.log import RankingLog
from rl.ranker_settings import RankerTraining
from rl.slate_batches import SlateBatches, to_columns
from rl.slate_learner import SlateConfig
from rl.slate_module import SlateModule

LEAST_DEVIATION = 0.05  # of a feature that hardly varies in the log: else it would explode where it does


def model_config(
    log: RankingLog, live: ScoringNetwork | None, temperature: float, units: tuple[int, ...]
) -> dict[str, Any]:
    """What `SlateModule` is built from: how features vary in the log, and the temperature of the draw."""
    columns = to_columns(log, live)
    features_XF = log.features_SNF[log.is_there_SN].astype(np.float64)
    return {
        "mean": features_XF.mean(axis=0).tolist(),
        "deviation": np.maximum(features_XF.std(axis=0), LEAST_DEVIATION).tolist(),
        "scale": temperature,
        "temperature": temperature,
        "units": list(units),
        "shapes": {name: list(array.shape[1:]) for name, array in columns.items()},
        "learned_from": hashlib.sha256(b"".join(array.tobytes() for array in columns.values())).hexdigest(),
    }


def build_config(settings: RankerTraining, model: dict[str, Any], dataset: Path) -> AlgorithmConfig:
    """The whole configuration; each method differs in its loss only."""
    places, candidates = model["shapes"]["penalties"]
    training = {"lr": settings.learning_rate, "train_batch_size_per_learner": settings.batch_size}
    if settings.method == "slate":
        config = SlateConfig().training(max_weight=settings.max_weight, stay=settings.stay, **training)
    elif settings.method == "marwil":
        config = MARWILConfig().training(beta=settings.beta, **training)
    else:
        config = BCConfig().training(**training)
    return (
        config.environment(
            observation_space=gym.spaces.Box(-1.0, 1.0, (candidates, len(model["mean"])), np.float32),
            action_space=gym.spaces.MultiDiscrete([candidates] * places),
        )
        .rl_module(rl_module_spec=RLModuleSpec(module_class=SlateModule, model_config=model))
        .offline_data(
            input_=[str(dataset)],
            input_read_method="read_parquet",
            prelearner_class=SlateBatches,
            materialize_data=False,
            materialize_mapped_data=True,  # the batches don't depend on what was learned
            map_batches_kwargs={"concurrency": 1},
            iter_batches_kwargs={"local_shuffle_buffer_size": 4 * settings.batch_size},
            dataset_num_iters_per_learner=settings.updates_per_iteration,
        )
        .env_runners(num_env_runners=0)
        .learners(num_learners=0)
        .evaluation(off_policy_estimation_methods={})
        .debugging(seed=settings.seed, log_level="ERROR")
    )
