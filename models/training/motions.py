"""Loops made of one still picture: bounce, wobble, pulse, shake and sway, as a child would move a paper cut-out.

They teach the video generator to move what no artist has animated. Array names: B pictures, F frames, C channels,
H and W pixels.
"""

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

SIZE = 0.8  # what moves must have room

# Each gives, for the phases (F,) of a loop, the position x, y, the scales x, y, the rotation and the shear.
Motion = Callable[[Tensor], tuple[Tensor, ...]]


def bounce(phase: Tensor) -> tuple[Tensor, ...]:
    """Up and down, flattened where it lands."""
    height, zero = (phase / 2).sin().abs(), torch.zeros_like(phase)
    landing = (1 - 4 * height).clamp(min=0)
    return zero, 0.08 - 0.24 * height + 0.06 * landing, 1 + 0.1 * landing, 1 - 0.14 * landing, zero, zero


def wobble(phase: Tensor) -> tuple[Tensor, ...]:
    """Turned to and fro."""
    zero, one = torch.zeros_like(phase), torch.ones_like(phase)
    return zero, zero, one, one, 0.26 * phase.sin(), zero


def pulse(phase: Tensor) -> tuple[Tensor, ...]:
    """Larger and smaller, as a heart beats."""
    zero, size = torch.zeros_like(phase), 1 + 0.14 * phase.sin()
    return zero, zero, size, size, zero, zero


def shake(phase: Tensor) -> tuple[Tensor, ...]:
    """Quickly left and right, twice a loop."""
    zero, one = torch.zeros_like(phase), torch.ones_like(phase)
    return 0.12 * (2 * phase).sin(), zero, one, one, 0.05 * (2 * phase).sin(), zero


def sway(phase: Tensor) -> tuple[Tensor, ...]:
    """Bent like grass in the wind, its foot in place."""
    zero, one = torch.zeros_like(phase), torch.ones_like(phase)
    return zero, zero, one, one, zero, 0.22 * phase.sin()


MOTIONS: tuple[Motion, ...] = (bounce, wobble, pulse, shake, sway)


def draw_places(count: int, frames: int, generator: torch.Generator) -> Tensor:
    """Where a picture is in every frame of `count` loops: matrices (B, F, 3, 3), motion and phase drawn."""
    return torch.stack([_places(frames, generator) for _ in range(count)])


def _places(frames: int, generator: torch.Generator) -> Tensor:
    motion = MOTIONS[int(torch.randint(len(MOTIONS), (), generator=generator))]
    start, strength = torch.rand(2, generator=generator).tolist()
    phase_F = 2 * math.pi * (start + torch.arange(frames) / frames)
    still = torch.tensor([0.0, 0.0, 1.0, 1.0, 0.0, 0.0])[:, None]
    moved = still + (0.6 + 0.6 * strength) * (torch.stack(list(motion(phase_F))) - still)
    x, y, scale_x, scale_y, turn, shear = moved
    placed = torch.zeros(frames, 3, 3)
    placed[:, 0] = torch.stack([turn.cos() * scale_x, (-turn.sin() - shear) * scale_y, x / SIZE], dim=1)
    placed[:, 1] = torch.stack([turn.sin() * scale_x, turn.cos() * scale_y, y / SIZE], dim=1)
    placed[:, :2] *= SIZE
    placed[:, 2, 2] = 1
    return placed


def place(pictures_BCHW: Tensor, placed_B33: Tensor) -> Tensor:
    """Premultiplied pictures in [-1, 1], moved as the matrices say."""
    theta_B23 = torch.linalg.inv(placed_B33)[:, :2]  # grid_sample asks where each pixel comes from
    grid = F.affine_grid(theta_B23, list(pictures_BCHW.shape), align_corners=False)
    return F.grid_sample(pictures_BCHW + 1, grid, align_corners=False) - 1
