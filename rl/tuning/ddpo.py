"""DDPO (Black et al. 2023, arXiv 2305.13301), for flows as in Flow-GRPO (Liu et al. 2025, arXiv 2505.05470), in RLlib.

The denoising chain is a Markov decision process: a state is the noised latents and the time, an action the next latents;
the reward comes with the finished medium. A step is Gaussian around where the flow leads, so that its likelihood is known,
and PPO's clipped ratio applies: -min(rho A, clip(rho) A), with the advantage A of a medium over the others of its prompt.

Departures: (1) the chain that is trained is not the one that serves, which takes Heun's steps without noise from a noised
reference: here the start is the same, at the same `strength`, and then `steps` stochastic Euler steps lead to time 0;
(2) the last step is taken without noise and not learned from; (3) references are drawn in the runner, and belong to the
environment, not to the policy; (4) likelihoods are means over a latent's numbers, not sums, as in the authors' code;
(5) one deviation for all prompts; (6) the distance from the base network is that of the steps' means, in deviations.

N: steps of chains.
"""

from typing import Any, Self

import torch
from ray.rllib.algorithms.algorithm import Algorithm
from ray.rllib.algorithms.algorithm_config import AlgorithmConfig, NotProvided
from ray.rllib.core.learner.torch.torch_learner import TorchLearner
from ray.rllib.utils.metrics import ENV_RUNNER_RESULTS, LEARNER_RESULTS
from torch import Tensor

from rl.tuning.chain_runner import ChainRunner
from rl.tuning.chains import log_likelihood, step_deviation, step_mean
from rl.tuning.examples import Columns, advantages
from rl.tuning.flow_algorithm import FlowConfig, FlowLearner, to_batch
from rl.tuning.flow_module import NOISED, TIMES, VELOCITY


class DDPOConfig(FlowConfig):
    """Settings of `DDPO`."""

    def __init__(self, algo_class: type[Algorithm] | None = None) -> None:
        super().__init__(algo_class or DDPO)
        self.env_runner_cls = ChainRunner
        self.environment_of: dict[str, Any] = {}
        self.steps, self.strength, self.level, self.clip = 4, 1.0, 0.7, 1e-3
        self.minibatch, self.passes = 64, 1

    def training(
        self,
        *,
        steps: int = NotProvided,
        strength: float = NotProvided,
        level: float = NotProvided,
        clip: float = NotProvided,
        minibatch: int = NotProvided,
        passes: int = NotProvided,
        **settings: Any,
    ) -> Self:
        """`level` scales the noise of steps, `clip` the ratio; `passes` over each round's steps in parts of `minibatch`."""
        super().training(**settings)
        self._take(
            steps=steps,
            strength=strength,
            level=level,
            clip=clip,
            minibatch=minibatch,
            passes=passes,
        )
        return self

    def chains(self, **environment: Any) -> Self:
        """What a runner samples: `build` makes its `Studio` from `arguments`; `prompts` a round, `group` media each."""
        self.environment_of = environment
        return self

    def get_default_learner_class(self) -> type[TorchLearner]:
        """The learner with our loss."""
        return DDPOLearner


class DDPO(Algorithm):  # type: ignore[misc]
    """Sample chains with the current weights, learn from their steps."""

    @classmethod
    def get_default_config(cls) -> AlgorithmConfig:
        """Its settings."""
        return DDPOConfig()

    def go_on(self, done: int) -> None:
        """After a restart: with the weights that were read, and other chains than those of the rounds that are done."""
        group = self.env_runner_group
        group.sync_weights(from_worker_or_learner_group=self.learner_group)
        group.foreach_env_runner(lambda runner: runner.go_on(done), local_env_runner=True)

    def training_step(self) -> None:
        """One round."""
        group = self.env_runner_group
        remote = group.num_healthy_remote_workers() > 0
        rounds = group.foreach_env_runner(lambda runner: runner.sample(), local_env_runner=not remote)
        rewards_N = torch.cat([one["rewards"] for one in rounds])
        prompts = [(number, int(p)) for number, one in enumerate(rounds) for p in one["prompts"]]
        steps = learned_rows([one["steps"] for one in rounds], advantages(rewards_N, prompts))
        results = self.learner_group.update(
            batch=to_batch(steps),
            minibatch_size=self.config.minibatch,
            num_epochs=self.config.passes,
            shuffle_batch_per_epoch=True,
        )
        self.metrics.aggregate(results, key=LEARNER_RESULTS)
        self.metrics.log_value((ENV_RUNNER_RESULTS, "reward"), float(rewards_N.mean()), window=1)
        group.sync_weights(from_worker_or_learner_group=self.learner_group, inference_only=True)


def learned_rows(rounds: list[list[Columns]], advantages_N: Tensor) -> Columns:
    """The steps of all chains as rows, each with its chain's advantage."""
    sizes = [len(steps[0][TIMES]) for steps in rounds]
    parts = [
        step | {"advantages": advantage_N}
        for steps, advantage_N in zip(rounds, torch.split(advantages_N, sizes), strict=True)
        for step in steps
    ]
    order = torch.randperm(sum(len(part[TIMES]) for part in parts))
    return {name: torch.cat([part[name] for part in parts])[order] for name in parts[0]}


def clipped_objective(ratio_N: Tensor, advantages_N: Tensor, clip: float) -> Tensor:
    """PPO's pessimistic gain (N,)."""
    return torch.minimum(ratio_N * advantages_N, ratio_N.clamp(1 - clip, 1 + clip) * advantages_N)


class DDPOLearner(FlowLearner):
    """Maximises the clipped objective, near the base network."""

    def compute_loss_for_module(
        self, *, module_id: str, config: DDPOConfig, batch: dict[str, Any], fwd_out: dict[str, Tensor]
    ) -> Tensor:
        """The mean over the steps."""
        module = self.module[module_id].unwrapped()
        loss, figures = ddpo_loss(
            fwd_out[VELOCITY],
            module.velocity_of(module.base, batch) if config.stay else None,
            batch,
            config,
        )
        self.metrics.log_dict(figures, key=module_id, window=100)
        return loss


def ddpo_loss(
    velocity: Tensor, base: Tensor | None, batch: Columns, config: DDPOConfig
) -> tuple[Tensor, dict[str, float]]:
    """The loss and what it consists of; RLlib's learner and a plain loop share it."""
    by = config.strength / config.steps
    latents, times_N = batch[NOISED], batch[TIMES]
    mean = step_mean(latents, velocity, times_N, by, config.level)
    deviation_N = step_deviation(times_N, by, config.level)
    ratio_N = (log_likelihood(batch["after"], mean, deviation_N) - batch["likelihood"]).exp()
    gain_N = clipped_objective(ratio_N, batch["advantages"], config.clip)
    far_N = torch.zeros_like(gain_N)
    if base is not None:
        base_mean = step_mean(latents, base, times_N, by, config.level)
        far_N = (mean - base_mean).pow(2).flatten(1).mean(dim=1) / (2 * deviation_N**2)
    clipped = float(((ratio_N - 1).abs() > config.clip).float().mean())
    gain, distance = (float(each_N.detach().mean()) for each_N in (gain_N, far_N))
    figures = {"gain": gain, "distance": distance, "clipped": clipped}
    return (config.stay * far_N - gain_N).mean(), figures
