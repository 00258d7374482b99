"""Slates a second of training: RLlib's offline stack against a plain PyTorch loop with the same network, loss and batch."""

import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from ray.rllib.core.columns import Columns

from ranking.policy import RankingPolicy
from rl.algorithm import build_config, model_config
from rl.log import RankingLog
from rl.objective import click_loss, departure, slate_value
from rl.ranker_settings import RankerTraining
from rl.slate_batches import to_columns, write_dataset
from rl.slate_module import PREDICTIONS, SlateModule, logged_batch


def throughput(settings: RankerTraining, log: RankingLog, live: RankingPolicy) -> dict[str, float]:
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        dataset, model = (
            Path(folder),
            model_config(log, live.network, live.weights.temperature, settings.units),
        )
        write_dataset(log, live.network, dataset, settings.seed)
        algorithm = build_config(settings, model, dataset).build_algo()
        algorithm.train()  # reads and decodes the slates once
        started = time.monotonic()
        for _ in range(2):
            algorithm.train()
        rllib = 2 * settings.updates_per_iteration * settings.batch_size / (time.monotonic() - started)
        config = algorithm.config
        module = SlateModule(
            observation_space=config.observation_space, action_space=config.action_space, model_config=model
        )
        algorithm.stop()
    plain = _plain(settings, log, live, module)
    return {"rllib_slates_a_s": rllib, "plain_slates_a_s": plain, "rllib_to_plain": rllib / plain}


def _plain(settings: RankerTraining, log: RankingLog, live: RankingPolicy, module: SlateModule) -> float:
    columns = {name: torch.from_numpy(array) for name, array in to_columns(log, live.network).items()}
    columns[Columns.OBS] = columns[Columns.OBS].float()
    optimiser = torch.optim.Adam(module.parameters(), lr=settings.learning_rate)
    rng = np.random.default_rng(settings.seed)
    started = time.monotonic()
    for _ in range(settings.updates_per_iteration):
        chosen = torch.from_numpy(rng.integers(len(log), size=settings.batch_size))
        batch = {name: column[chosen] for name, column in columns.items()}
        logged, out = logged_batch(batch), module.forward_train(batch)
        predictions = out[PREDICTIONS]
        logits = out[Columns.ACTION_DIST_INPUTS].view_as(predictions)
        value = slate_value(logits, logged, predictions.detach(), settings.max_weight).mean()
        far = departure(logits, logged, module.temperature).mean()
        optimiser.zero_grad()
        (click_loss(predictions, logged) - value + settings.stay * far).backward()
        optimiser.step()
    return settings.updates_per_iteration * settings.batch_size / (time.monotonic() - started)
