"""Off-policy learning of slates as an RLlib algorithm."""

from typing import Any

from ray.rllib.algorithms.algorithm import Algorithm
from ray.rllib.algorithms.algorithm_config import AlgorithmConfig, NotProvided
from ray.rllib.algorithms.bc import BC, BCConfig
from ray.rllib.core.columns import Columns
from ray.rllib.core.learner.torch.torch_learner import TorchLearner
from torch import Tensor

from rl.objective import click_loss, departure, slate_value
from rl.slate_module import PREDICTIONS, logged_batch


class SlateConfig(BCConfig):  # type: ignore[misc]
    """Settings of `Slate`; it reads its data as behaviour cloning does, and has a loss of its own."""

    def __init__(self, algo_class: type[Algorithm] | None = None) -> None:
        super().__init__(algo_class=algo_class or Slate)
        self.max_weight = 5.0
        self.stay = 0.06

    def training(
        self, *, max_weight: float = NotProvided, stay: float = NotProvided, **settings: Any
    ) -> "SlateConfig":
        """`max_weight` cuts importance weights; `stay` weighs the departure from the live policy."""
        super().training(**settings)
        if max_weight is not NotProvided:
            self.max_weight = max_weight
        if stay is not NotProvided:
            self.stay = stay
        return self

    def get_default_learner_class(self) -> type[TorchLearner]:
        """The learner with our loss."""
        return SlateLearner


class Slate(BC):  # type: ignore[misc]
    """Behaviour cloning's loop over offline data, with the loss of `SlateLearner`."""

    @classmethod
    def get_default_config(cls) -> AlgorithmConfig:
        """Its settings."""
        return SlateConfig()


class SlateLearner(TorchLearner):  # type: ignore[misc]
    """Maximises the policy's value on the log (`rl.objective.slate_value`), and fits the click model beside it."""

    def compute_loss_for_module(
        self, *, module_id: str, config: SlateConfig, batch: dict[str, Any], fwd_out: dict[str, Tensor]
    ) -> Tensor:
        """-value + stay · departure from the live policy + the click model's cross-entropy."""
        logged, predictions_BKN = logged_batch(batch), fwd_out[PREDICTIONS]
        logits_BKN = fwd_out[Columns.ACTION_DIST_INPUTS].view_as(predictions_BKN)
        value = slate_value(logits_BKN, logged, predictions_BKN.detach(), config.max_weight).mean()
        far = departure(logits_BKN, logged, self.module[module_id].unwrapped().temperature).mean()
        clicks = click_loss(predictions_BKN, logged)
        self.metrics.log_dict(
            {"value": value.item(), "departure": far.item(), "click_loss": clicks.item()},
            key=module_id,
            window=100,
        )
        return clicks - value + config.stay * far
