"""Chains of a stochastic sampler of flows, with the likelihood of each step (Flow-GRPO, Liu et al. 2025, eq. 9).

N: media; C, F, H, W: latents.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor

LATEST = 0.96  # the noise of a step grows without bound towards time 1


def step_mean(latents: Tensor, velocity: Tensor, times_N: Tensor, by: float, level: float) -> Tensor:
    """Where a step from `times_N`, `by` nearer to the media, leads on average."""
    times = times_N.view(-1, *[1] * (latents.dim() - 1)).clamp(max=LATEST)
    variance = level**2 * times / (1 - times)
    drift = velocity + variance / (2 * times) * (latents + (1 - times) * velocity)
    return latents - by * drift


def step_deviation(times_N: Tensor, by: float, level: float) -> Tensor:
    """The standard deviation (N,) of a step."""
    times_N = times_N.clamp(max=LATEST)
    return level * torch.sqrt(times_N / (1 - times_N) * by)


def log_likelihood(after: Tensor, mean: Tensor, deviation_N: Tensor) -> Tensor:
    """Of a step (N,), a mean over the numbers of a latent, as DDPO's authors take it."""
    squares_N = (after - mean).pow(2).flatten(1).mean(dim=1)
    return -squares_N / (2 * deviation_N**2) - deviation_N.log() - 0.5 * math.log(2 * math.pi)


@torch.no_grad()
def roll_out(
    velocity: Callable[[Tensor, Tensor], Tensor],
    start: Tensor,
    strength: float,
    steps: int,
    level: float,
    generator: torch.Generator,
) -> tuple[Tensor, list[dict[str, Tensor]]]:
    """Follow noised latents from the time `strength` to media; returns them and each stochastic step.

    The last step adds no noise: it has no likelihood, and is not learned from.
    """
    by, latents = strength / steps, start
    taken: list[dict[str, Tensor]] = []
    for number in range(steps):
        times_N = torch.full((len(start),), strength - number * by)
        moved = velocity(latents, times_N)
        if number == steps - 1:
            return latents - by * moved, taken
        mean = step_mean(latents, moved, times_N, by, level)
        deviation_N = step_deviation(times_N, by, level)
        noise = torch.randn(mean.shape, generator=generator)
        after = mean + deviation_N.view(-1, *[1] * (mean.dim() - 1)) * noise
        likelihood_N = log_likelihood(after, mean, deviation_N)
        taken.append({"noised": latents, "times": times_N, "after": after, "likelihood": likelihood_N})
        latents = after
    raise ValueError(f"steps {steps}: at least 1 is allowed")
