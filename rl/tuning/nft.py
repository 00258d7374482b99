"""DiffusionNFT (Zheng et al. 2025, arXiv 2509.16117) as an RLlib algorithm: learns from finished media and their worth.

The loss is on the forward process: a medium x0 is noised to a time t, xt = (1 - t) x0 + t e, and two implicit policies,
  v+ = (1 - beta) v_old + beta v      v- = (1 + beta) v_old - beta v,
should each predict its velocity e - x0; a medium of optimality r in [0, 1] pulls by r at v+ and by 1 - r at v-:
  r |v+ - (e - x0)|^2 + (1 - r) |v- - (e - x0)|^2.
No likelihoods, no chains and no sampler come in, so that logged media do as well as new ones. The old network follows
the new one as a moving average.

Departures from the paper: (1) rows come from the log, not from the old network's own samples of this iteration: the
average moves after each iteration all the same; (2) the error is that of the velocity, not of x0 divided by its
own size; (3) times are uniform up to `latest`, where the sampler starts, since it never visits later ones; (4) only the
velocity with text learns from rewards, and replay on the training set (flow matching, with texts dropped as
in training) holds the rest; the sampler's guidance then amplifies the change; (5) the distance to the base network is
a squared difference of velocities at the same noised media; (6) a medium weighs what its exposure says.

N: media; C, F, H, W: latents.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import torch
from ray.rllib.algorithms.algorithm import Algorithm
from ray.rllib.algorithms.algorithm_config import AlgorithmConfig, NotProvided
from ray.rllib.core import DEFAULT_MODULE_ID
from ray.rllib.core.learner.torch.torch_learner import TorchLearner
from ray.rllib.utils.metrics import LEARNER_RESULTS
from torch import Tensor

from models.transformer import draw_noise
from rl.tuning.examples import IS_REPLAY, LATENTS, OPTIMALITY, WEIGHTS, Columns, epochs, read_examples
from rl.tuning.flow_algorithm import FlowConfig, FlowLearner, to_batch
from rl.tuning.flow_module import NOISED, TIMES, VELOCITY
from rl.tuning.velocity import DROP

TARGET = "target"
DROP_TEXT = 0.1  # of the replayed media, as in training


class NFTConfig(FlowConfig):
    """Settings of `NFT`."""

    def __init__(self, algo_class: type[Algorithm] | None = None) -> None:
        super().__init__(algo_class or NFT)
        self.examples = ""
        self.beta, self.decay, self.latest, self.shared_noise = 1.0, 0.9, 1.0, 0.0
        self.updates_per_iteration = 20

    def training(
        self,
        *,
        examples: str = NotProvided,
        beta: float = NotProvided,
        decay: float = NotProvided,
        latest: float = NotProvided,
        shared_noise: float = NotProvided,
        updates_per_iteration: int = NotProvided,
        **settings: Any,
    ) -> Self:
        """`examples`: the Parquet file; `decay`: of the old network, an iteration; `latest`: where the sampler starts."""
        super().training(**settings)
        self._take(
            examples=examples,
            beta=beta,
            decay=decay,
            latest=latest,
            shared_noise=shared_noise,
            updates_per_iteration=updates_per_iteration,
        )
        return self

    @property
    def is_online(self) -> bool:
        """Nothing is sampled."""
        return False

    def get_default_learner_class(self) -> type[TorchLearner]:
        """The learner with our loss."""
        return NFTLearner


class NFT(Algorithm):  # type: ignore[misc]
    """Noise logged media, update, let the old network follow."""

    @classmethod
    def get_default_config(cls) -> AlgorithmConfig:
        """Its settings."""
        return NFTConfig()

    def setup(self, config: AlgorithmConfig) -> None:
        """Begin to read the examples."""
        super().setup(config)
        self.chance = torch.Generator().manual_seed(config.seed or 0)
        size = config.train_batch_size_per_learner * max(1, config.num_learners)
        self.batches: Iterator[Columns] = epochs(read_examples(Path(config.examples)), size, self.chance)

    def go_on(self, done: int) -> None:
        """After a restart: with other noise than that of the iterations that are done."""
        self.chance.manual_seed((self.config.seed or 0) + done)

    def training_step(self) -> None:
        """One iteration."""
        for _ in range(self.config.updates_per_iteration):
            rows = noised(next(self.batches), self.config, self.chance)
            results = self.learner_group.update(batch=to_batch(rows))
            self.metrics.aggregate(results, key=LEARNER_RESULTS)
        self.learner_group.foreach_learner(lambda learner: learner.end_iteration())


def noised(rows: Columns, config: NFTConfig, chance: torch.Generator) -> Columns:
    """Rows at a time each, with the velocity that leads there; replayed media at all times, some without text."""
    latents, is_replay_N = rows[LATENTS], rows[IS_REPLAY].bool()
    times_N = torch.rand(len(latents), generator=chance) * torch.where(is_replay_N, 1.0, config.latest)
    noise = draw_noise(latents.shape, config.shared_noise, chance)
    times = times_N.view(-1, *[1] * (latents.dim() - 1))
    new = {TIMES: times_N, NOISED: (1 - times) * latents + times * noise, TARGET: noise - latents}
    if DROP in rows:
        new[DROP] = is_replay_N & (torch.rand(len(latents), generator=chance) < DROP_TEXT)
    return {name: values for name, values in rows.items() if name != LATENTS} | new


def nft_loss(now: Tensor, old: Tensor, target: Tensor, optimality_N: Tensor, beta: float) -> Tensor:
    """The loss (N,) of each medium; at beta 1 and optimality 1 that of flow matching."""
    positive_N = squared_error((1 - beta) * old + beta * now, target)
    negative_N = squared_error((1 + beta) * old - beta * now, target)
    return optimality_N * positive_N + (1 - optimality_N) * negative_N


def squared_error(first: Tensor, second: Tensor) -> Tensor:
    """The mean squared difference (N,) of each row."""
    return (first - second).pow(2).flatten(1).mean(dim=1)


class NFTLearner(FlowLearner):
    """Minimises `nft_loss`, the replayed media's flow-matching loss, and the distance from the base network."""

    def compute_loss_for_module(
        self, *, module_id: str, config: NFTConfig, batch: dict[str, Any], fwd_out: dict[str, Tensor]
    ) -> Tensor:
        """The mean over the batch."""
        module = self.module[module_id].unwrapped()
        now, target, is_replay_N = fwd_out[VELOCITY], batch[TARGET], batch[IS_REPLAY].bool()
        learned_N = nft_loss(
            now, module.velocity_of(module.old, batch), target, batch[OPTIMALITY], config.beta
        )
        plain_N = squared_error(now, target)
        far_N = squared_error(now, module.velocity_of(module.base, batch))
        rewarded_N = (~is_replay_N).float()
        loss_N = torch.where(is_replay_N, plain_N, batch[WEIGHTS] * learned_N + config.stay * far_N)
        figures = {
            "nft_loss": mean_of(learned_N, rewarded_N),
            "replay_loss": mean_of(plain_N, 1 - rewarded_N),
            "distance": mean_of(far_N, rewarded_N),
        }
        self.metrics.log_dict(figures, key=module_id, window=100)
        return loss_N.mean()

    def end_iteration(self) -> None:
        """The old network follows."""
        self.module[DEFAULT_MODULE_ID].unwrapped().follow(self.config.decay)


def mean_of(values_N: Tensor, which_N: Tensor) -> float:
    """The mean over the rows that are chosen; 0 if none is."""
    return float((values_N.detach() * which_N).sum() / which_N.sum().clamp(min=1))
