"""DDPO on the sticker generator by RLlib, against the same algorithm in a plain PyTorch loop, by turns in one process.

    python -m benchmarks.generator_throughput

Both sample as many chains of the shipped network, have the judge look at what they made, and learn from every step.
"""

import json
import time
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import ray
import torch
import typer
from ray.rllib.algorithms.algorithm import Algorithm
from torch import Tensor

from rl.tuning.chains import roll_out
from rl.tuning.ddpo import DDPOConfig, ddpo_loss, learned_rows
from rl.tuning.examples import advantages
from rl.tuning.flow_module import NOISED, TIMES, VELOCITY
from rl.tuning.latent_media import LatentMedia
from rl.tuning.run import build
from rl.tuning.settings import GeneratorTuning
from rl.tuning.stickers import sticker_subject, studio, training_set

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks/results/generator_throughput.json"
WEIGHTS = ROOT / "models/weights"
MEDIA = 256  # that prompts are drawn from


class PlainLoop:
    """The algorithm without RLlib: one network, one optimiser, one loop."""

    def __init__(self, settings: GeneratorTuning, config: DDPOConfig) -> None:
        around = config.environment_of
        self.settings, self.config = settings, config
        self.studio = studio(**around["arguments"])
        self.module = config.get_default_rl_module_spec().build()
        self.optimiser = torch.optim.AdamW(self.module.trained(), settings.learning_rate, weight_decay=0.0)
        self.chance = torch.Generator().manual_seed(settings.seed)

    def train(self) -> None:
        """One round, as `DDPO.training_step`."""
        starts = self.studio.begin(self.settings.prompts, self.settings.group, self.chance)

        def velocity(latents: Tensor, times_N: Tensor) -> Tensor:
            moved: Tensor = self.module.forward_inference({NOISED: latents, TIMES: times_N} | starts.given)[
                VELOCITY
            ]
            return moved

        config = self.config
        made, steps = roll_out(
            velocity, starts.latents, config.strength, config.steps, config.level, self.chance
        )
        rewards_N = self.studio.judge(made, starts)
        given = [[step | starts.given for step in steps]]
        rows = learned_rows(given, advantages(rewards_N, starts.prompts_N.tolist()))
        for start in range(0, len(rows[TIMES]), config.minibatch):
            self._update({name: values[start : start + config.minibatch] for name, values in rows.items()})

    def _update(self, batch: dict[str, Tensor]) -> None:
        base = self.module.velocity_of(self.module.base, batch) if self.config.stay else None
        loss, _ = ddpo_loss(self.module.forward_train(batch)[VELOCITY], base, batch, self.config)
        self.optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.module.trained(), self.settings.grad_clip)
        self.optimiser.step()


def main(
    rounds: Annotated[int, typer.Option(min=1, help="Of each, by turns, after one to warm up.")] = 6,
) -> None:
    """Seconds a round of each, and their ratio."""
    settings = GeneratorTuning.load(ROOT / "configs/rl/ddpo.yaml")
    torch.set_num_threads(settings.threads)
    media = training_set(WEIGHTS / "sticker", MEDIA, torch.Generator().manual_seed(0))
    ray.init(include_dashboard=False, log_to_driver=False)
    algorithm: Algorithm = build(settings, sticker_subject(settings, media, relevance, WEIGHTS), Path())
    loop = PlainLoop(settings, algorithm.config)
    took: dict[str, list[float]] = {"rllib": [], "plain_loop": []}
    for number in range(rounds + 1):
        for name, train in (("rllib", algorithm.train), ("plain_loop", loop.train)):
            started = time.perf_counter()
            train()
            if number:
                took[name].append(time.perf_counter() - started)
    algorithm.stop()
    figures = summary(took, settings.prompts * settings.group)
    RESULTS.write_text(json.dumps(figures, indent=2) + "\n")
    typer.echo(json.dumps(figures, indent=2))


def summary(took: dict[str, list[float]], chains: int) -> dict[str, Any]:
    """Medians, and the ratio of each pair of turns."""
    ratios = np.divide(took["rllib"], took["plain_loop"])
    return {
        "chains_a_round": chains,
        "seconds_a_round": {name: round(float(np.median(each)), 2) for name, each in took.items()},
        "rllib_over_plain_loop": round(float(np.median(ratios)), 3),
        "ratios": [round(float(ratio), 3) for ratio in ratios],
    }


def relevance(media: LatentMedia) -> Tensor:
    """A reward that costs next to nothing."""
    return media.relevance().clamp(0, 1)


if __name__ == "__main__":
    typer.run(main)
