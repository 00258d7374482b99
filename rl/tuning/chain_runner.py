"""RLlib's env runner of denoising chains: an actor that samples media with the current weights, and has them judged."""

# N: media; C, F, H, W: latents

from dataclasses import dataclass
from typing import Any, Protocol

import ray
import torch
from ray.rllib.core import COMPONENT_RL_MODULE, DEFAULT_MODULE_ID
from ray.rllib.env.env_runner import EnvRunner
from torch import Tensor

from rl.tuning.chains import roll_out
from rl.tuning.flow_module import NOISED, TIMES, VELOCITY


@dataclass(frozen=True, slots=True, eq=False)
class Starts:
    """Noised latents (N, C, F, H, W), what they are noised from and for, and the number of each one's prompt."""

    latents: Tensor
    given: dict[str, Tensor]
    prompts_N: Tensor


class Studio(Protocol):
    """What surrounds a generator: prompts and references before it, a judge behind it."""

    def begin(self, prompts: int, group: int, generator: torch.Generator) -> Starts:
        """`group` media for each of some prompts."""
        ...

    def judge(self, latents: Tensor, starts: Starts) -> Tensor:
        """The reward (N,) of finished media."""
        ...


class ChainRunner(EnvRunner):  # type: ignore[misc]
    """One sampler; a round is `prompts` times `group` chains."""

    def __init__(self, *, config: Any, **arguments: Any) -> None:
        super().__init__(config=config, **arguments)
        torch.set_num_threads(1)
        self.chance = torch.Generator()
        self.go_on(0)
        around = config.environment_of
        self.studio: Studio = around["build"](**around["arguments"])
        self.prompts, self.group = around["prompts"], around["group"]
        self.module = config.get_default_rl_module_spec().build()
        self.module.eval()
        self.device = torch.device("cuda" if config.num_gpus_per_env_runner else "cpu")
        self.module.to(self.device)

    def go_on(self, done: int) -> None:
        """Draw otherwise than in the rounds that are done, and than other samplers."""
        self.chance.manual_seed((self.config.seed or 0) + 100_000 * (self.worker_index or 0) + done)

    def sample(self, **_: Any) -> dict[str, Any]:
        """The steps of a round of chains, as rows to learn from, and what each chain earned."""
        starts = self.studio.begin(self.prompts, self.group, self.chance)

        def velocity(latents: Tensor, times_N: Tensor) -> Tensor:
            batch = {NOISED: latents, TIMES: times_N} | starts.given
            there = {name: values.to(self.device) for name, values in batch.items()}
            moved: Tensor = self.module.forward_inference(there)[VELOCITY]
            return moved.cpu()

        made, steps = roll_out(
            velocity,
            starts.latents,
            self.config.strength,
            self.config.steps,
            self.config.level,
            self.chance,
        )
        rewards_N = self.studio.judge(made, starts)
        return {
            "steps": [step | starts.given for step in steps],
            "rewards": rewards_N,
            "prompts": starts.prompts_N,
        }

    def set_state(self, state: dict[str, Any]) -> None:
        """Take new weights, if there are any: RLlib also sends its counters."""
        weights = state.get(COMPONENT_RL_MODULE, {})
        if isinstance(weights, ray.ObjectRef):
            weights = ray.get(weights)
        if DEFAULT_MODULE_ID in weights:
            self.module.set_state(weights[DEFAULT_MODULE_ID])

    def get_state(self, *_: Any, **__: Any) -> dict[str, Any]:
        """The weights."""
        return {COMPONENT_RL_MODULE: {DEFAULT_MODULE_ID: self.module.get_state()}}

    def get_spaces(self) -> dict[str, Any]:
        """Spaces that RLlib asks for; the latents' shapes are the studio's."""
        spaces = (self.config.observation_space, self.config.action_space)
        return {"__env__": spaces, DEFAULT_MODULE_ID: spaces}

    def get_metrics(self) -> dict[str, Any]:
        """Nothing beside what `sample` returns."""
        return {}

    def assert_healthy(self) -> None:
        """There is a module to sample with."""
        if self.module is None:
            raise ValueError("module: none was built")

    def stop(self) -> None:
        """Nothing is held."""
