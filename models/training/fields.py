"""The motion of clips as fields: fitted to what artists animated, exact for what is moved in code.

Array names: B clips, F frames, C channels, H and W pixels, G the field's grid.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from models.motion import GRID, warp

FIT_STEPS, COARSE_STEPS = 140, 60
SMOOTHNESS, STEADINESS = 1.0, 0.1


def fit_fields(clips_BFCHW: Tensor) -> Tensor:
    """Fields (B, F, 2, G, G) that bend the first frame of each clip into the others, by gradient descent."""
    B, frames = clips_BFCHW.shape[:2]
    fields = torch.zeros(B, frames, 2, GRID, GRID, requires_grad=True)
    optimiser = torch.optim.Adam([fields], lr=0.01)
    small = halved(clips_BFCHW)
    for step in range(FIT_STEPS):
        clips = small if step < COARSE_STEPS else clips_BFCHW
        error = (warp(clips[:, 0], fields) - clips).abs().mean()
        bent = fields.diff(dim=-1).square().mean() + fields.diff(dim=-2).square().mean()
        shaken = (fields - fields.roll(1, dims=1)).square().mean()
        optimiser.zero_grad()
        (error + SMOOTHNESS * bent + STEADINESS * shaken).backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    return fields.detach()


def halved(clips_BFCHW: Tensor) -> Tensor:
    """The clips at half their size."""
    B, frames, C, H, W = clips_BFCHW.shape
    return F.avg_pool2d(clips_BFCHW.flatten(0, 1), 2).view(B, frames, C, H // 2, W // 2)


def affine_fields(placed_BF33: Tensor) -> Tensor:
    """The fields of pictures that are placed in their frames by these matrices; the first frame is the still."""
    corners = torch.linspace(-1, 1, GRID)
    y, x = torch.meshgrid(corners, corners, indexing="ij")
    places = torch.stack([x, y, torch.ones_like(x)]).flatten(1)
    to_still = placed_BF33[:, :1] @ torch.linalg.inv(placed_BF33)
    offsets = (to_still @ places - places)[:, :, :2]
    return offsets.view(*placed_BF33.shape[:2], 2, GRID, GRID)
