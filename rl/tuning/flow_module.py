"""A generator as an RLModule: what it is now, what it was when its data were made, and what it began as."""

# N: media; C, F, H, W: latents

from typing import Any

import torch
from ray.rllib.core.rl_module.torch import TorchRLModule
from torch import Tensor, nn
from torch.func import functional_call

from rl.tuning.velocity import conditions_of

NOISED, TIMES, VELOCITY = "noised", "times", "velocity"


class FlowModule(TorchRLModule):  # type: ignore[misc]
    """The velocity of latents at times.

    Of the old and the base network only what training changes is kept: with LoRA that is little.
    `model_config`: `build`, which makes the velocity, its `arguments`, and the `guidance` of the policy.
    """

    def setup(self) -> None:
        """Build the velocity; it begins as its own old and base network."""
        self.generator = self.model_config["build"](**self.model_config["arguments"])
        self.guidance: float = self.model_config["guidance"]
        self.generator.train()
        names = [name for name, weight in self.generator.named_parameters() if weight.requires_grad]
        self.changing = dict(enumerate(names))
        self.old, self.base = (nn.ParameterList(self._copies()) for _ in range(2))

    def _forward(self, batch: dict[str, Any], **_: Any) -> dict[str, Tensor]:
        return {VELOCITY: self._guided(batch, None)}

    @torch.no_grad()
    def velocity_of(self, weights: nn.ParameterList, batch: dict[str, Any]) -> Tensor:
        """The velocity with the weights `old` or `base`."""
        return self._guided(batch, weights)

    @torch.no_grad()
    def follow(self, decay: float) -> None:
        """Let the old network come nearer to what it is now: decay · old + (1 - decay) · now."""
        for old, now in zip(self.old, self.trained(), strict=True):
            old.lerp_(now, 1 - decay)

    def trained(self) -> list[nn.Parameter]:
        """The weights that training changes."""
        weights = dict(self.generator.named_parameters())
        return [weights[name] for name in self.changing.values()]

    def get_state(self, *arguments: Any, **options: Any) -> dict[str, Any]:
        """Without what training leaves as it was: of a large model that is nearly all."""
        kept = {f"generator.{name}" for name in self.changing.values()}
        state = super().get_state(*arguments, **options)
        return {
            name: value
            for name, value in state.items()
            if name in kept or name.startswith(("old.", "base."))
        }

    def _copies(self) -> list[nn.Parameter]:
        return [nn.Parameter(weight.detach().clone(), requires_grad=False) for weight in self.trained()]

    def _guided(self, batch: dict[str, Any], weights: nn.ParameterList | None) -> Tensor:
        """With classifier-free guidance (Ho & Salimans 2022) if the policy has it: both halves in one batch."""
        given, latents, times = conditions_of(batch), batch[NOISED], batch[TIMES]
        if self.guidance == 1:
            return self._velocity(latents, times, given, weights)
        twice = {name: torch.cat([value] * 2) for name, value in given.items()}
        rows = torch.arange(2 * len(times), device=times.device) >= len(times)
        twice = self.generator.without_text(twice, rows)
        with_text, empty = self._velocity(
            torch.cat([latents] * 2), torch.cat([times] * 2), twice, weights
        ).chunk(2)
        return empty + self.guidance * (with_text - empty)

    def _velocity(
        self, latents: Tensor, times: Tensor, given: dict[str, Tensor], weights: nn.ParameterList | None
    ) -> Tensor:
        if weights is None:
            velocity: Tensor = self.generator(latents, times, given)
            return velocity
        changed = {self.changing[index]: weight for index, weight in enumerate(weights)}
        return functional_call(self.generator, changed, (latents, times, given))
