"""The ranking policy as an RLModule: an observation is the candidates of a slate, an action the slate."""

# B: slates, K: places, N: candidates, F: features

from typing import Any

import torch
from ray.rllib.core.columns import Columns
from ray.rllib.core.distribution.torch.torch_distribution import TorchMultiCategorical
from ray.rllib.core.rl_module.apis import ValueFunctionAPI
from ray.rllib.core.rl_module.torch import TorchRLModule
from torch import Tensor, nn

from rl.objective import LoggedBatch, click_predictions, step_logits
from rl.scorer import Scorer, mlp

PREDICTIONS = "predictions"  # of rewards, [B, K, N]


class SlateModule(TorchRLModule, ValueFunctionAPI):  # type: ignore[misc]
    """Scores candidates; beside it a value function and a click model, which only training uses.

    Its action distribution is one categorical a place, each given the logged items above: together the exact
    Plackett-Luce probability of the logged slate, so that RLlib's own losses apply.
    `model_config`: the arguments of `Scorer`, and `temperature`.
    """

    def setup(self) -> None:
        """Build the networks from `model_config`."""
        config = self.model_config
        self.temperature: float = config["temperature"]
        sizes = (len(config["mean"]), *config["units"], 1)
        self.scorer = Scorer(config["mean"], config["deviation"], config["scale"], config["units"])
        self.value = mlp(sizes)
        self.relevance = mlp(sizes)
        choices = [int(size) for size in self.action_space.nvec]
        self.action_dist_cls = TorchMultiCategorical.get_partial_dist_cls(input_lens=choices)
        self.examination_K = nn.Parameter(torch.zeros(len(choices)))

    def _forward(self, batch: dict[str, Any], **_: Any) -> dict[str, Tensor]:
        logged = logged_batch(batch)
        logits_BKN = step_logits(self.scorer(batch[Columns.OBS]), logged, self.temperature)
        normal_BNF = self.scorer.normalise(batch[Columns.OBS])
        predictions_BKN = click_predictions(self.relevance(normal_BNF)[..., 0], self.examination_K)
        return {Columns.ACTION_DIST_INPUTS: logits_BKN.flatten(1), PREDICTIONS: predictions_BKN}

    def compute_values(self, batch: dict[str, Any], embeddings: Any = None) -> Tensor:  # noqa: ARG002
        """The selections expected of a slate [B], whatever the policy: a network of the mean candidate."""
        is_there_BN1 = batch["is_there"].bool()[..., None]
        normal_BNF = self.scorer.normalise(batch[Columns.OBS]) * is_there_BN1
        mean_BF = normal_BNF.sum(dim=1) / is_there_BN1.sum(dim=1).clamp(min=1)
        values: Tensor = self.value(mean_BF)[..., 0]
        return values


def logged_batch(batch: dict[str, Any]) -> LoggedBatch:
    """The logged slates of a training batch."""
    return LoggedBatch(
        batch["is_there"].bool(),
        batch["utilities"],
        batch["penalties"],
        batch["order"].long(),
        batch["propensities"],
        batch["places_rewards"],
    )
