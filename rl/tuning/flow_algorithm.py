"""What both algorithms that tune generators share: their settings, their optimiser, and how they hand out batches."""

from collections.abc import Callable
from typing import Any, Self

import gymnasium as gym
import numpy as np
import torch
from ray.rllib.algorithms.algorithm import Algorithm
from ray.rllib.algorithms.algorithm_config import AlgorithmConfig, NotProvided
from ray.rllib.core import DEFAULT_MODULE_ID
from ray.rllib.core.learner.torch.torch_learner import TorchLearner
from ray.rllib.core.rl_module.rl_module import RLModuleSpec
from ray.rllib.policy.sample_batch import MultiAgentBatch, SampleBatch

from rl.tuning.examples import Columns
from rl.tuning.flow_module import FlowModule

NOTHING = gym.spaces.Box(-1.0, 1.0, (1,), np.float32)  # latents come from the chains' own runner


class FlowConfig(AlgorithmConfig):  # type: ignore[misc]
    """Settings of an algorithm that tunes a generator."""

    def __init__(self, algo_class: type[Algorithm]) -> None:
        super().__init__(algo_class=algo_class)
        self.stay = 0.0
        self.flow_model: dict[str, Any] = {}
        self.torch_ddp_kwargs = {
            "find_unused_parameters": True
        }  # ours has weights that some media don't use
        self.environment(observation_space=NOTHING, action_space=NOTHING)
        self.env_runners(num_env_runners=0)
        self.learners(num_learners=0)
        self.debugging(log_level="ERROR")

    def training(self, *, stay: float = NotProvided, **settings: Any) -> Self:
        """`stay` weighs the distance from the base network."""
        super().training(**settings)
        self._take(stay=stay)
        return self

    def _take(self, **own: Any) -> None:
        """Keep the settings of an algorithm's own that were given."""
        for name, value in own.items():
            if value is not NotProvided:
                setattr(self, name, value)

    def generator(
        self, build: Callable[..., Any], arguments: dict[str, Any], guidance: float = 1.0
    ) -> Self:
        """The velocity to train: what builds it wherever it is needed."""
        model = {"build": build, "arguments": arguments, "guidance": guidance}
        self.flow_model = model
        return self

    def get_default_rl_module_spec(self) -> RLModuleSpec:
        """The generator as a module."""
        return RLModuleSpec(
            module_class=FlowModule,
            observation_space=NOTHING,
            action_space=NOTHING,
            model_config=self.flow_model,
        )


class FlowLearner(TorchLearner):  # type: ignore[misc]
    """AdamW on what is trained, and no state for what is not."""

    def configure_optimizers_for_module(
        self,
        module_id: str,
        config: AlgorithmConfig | None = None,  # noqa: ARG002
    ) -> None:
        """One optimiser."""
        weights = self.module[module_id].unwrapped().trained()
        optimiser = torch.optim.AdamW(weights, weight_decay=0.0)
        self.register_optimizer(
            module_id=module_id, optimizer=optimiser, params=weights, lr_or_lr_schedule=self.config.lr
        )


def to_batch(columns: Columns) -> MultiAgentBatch:
    """Columns as the learners take them; several learners get a part each."""
    rows = SampleBatch({name: values.numpy() for name, values in columns.items()})
    return MultiAgentBatch({DEFAULT_MODULE_ID: rows}, len(rows))
