"""Motion as smooth fields that bend a still picture, generated from noise (compare Generative Image Dynamics,
Li et al. 2024): what moves stays as sharp as the picture.

A field says, for every place of a frame, from where in the still it is taken: offsets x, y in half pictures.
Array names: B clips, F frames, C channels, H and W pixels, G the field's grid (8), D latent channels, T text width.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from diffusers import FlowMatchHeunDiscreteScheduler
from torch import Tensor

from models.generation import KeepGoing
from models.pipeline import integrate, set_start
from models.transformer import FlowTransformer, draw_noise

GRID = 8
TYPICAL_OFFSET = (
    0.08  # the standard deviation of the offsets that were trained on; latents are of unit size
)
PATCH = 2  # a token is a patch of the grid


def fields_to_latents(fields_BF2GG: Tensor) -> Tensor:
    """Fields to the latents (B, D, F, G/2, G/2) that the transformer makes."""
    return F.pixel_unshuffle(fields_BF2GG / TYPICAL_OFFSET, PATCH).transpose(1, 2)


def latents_to_fields(latents_BDFhw: Tensor) -> Tensor:
    """And back; the first frame is the still itself."""
    fields: Tensor = TYPICAL_OFFSET * F.pixel_shuffle(latents_BDFhw.transpose(1, 2), PATCH)
    return fields - fields[:, :1]


def still_condition(latents_BDGG: Tensor) -> Tensor:
    """The autoencoder's latents of the still, on the grid of the transformer's tokens."""
    return F.pixel_unshuffle(latents_BDGG, PATCH)


def warp(stills_BCHW: Tensor, fields_BF2GG: Tensor) -> Tensor:
    """The frames (B, F, C, H, W) of premultiplied stills in [-1, 1] that are bent by the fields."""
    B, frames = fields_BF2GG.shape[:2]
    size = list(stills_BCHW.shape[-2:])
    offsets = F.interpolate(fields_BF2GG.flatten(0, 1), size, mode="bicubic", align_corners=True)
    identity = F.affine_grid(torch.eye(2, 3)[None], [1, 1, *size], align_corners=False)
    repeated = (stills_BCHW + 1).repeat_interleave(frames, dim=0)
    bent = F.grid_sample(repeated, identity + offsets.permute(0, 2, 3, 1), align_corners=False)
    return bent.view(B, frames, *stills_BCHW.shape[1:]) - 1


@dataclass(frozen=True, slots=True, eq=False)
class Animation:
    """Frames (B, F, C, H, W), and the evaluations of the transformer that were run and were planned."""

    frames_BFCHW: Tensor
    num_evaluations: int
    num_planned: int


class Animator:
    """The transformer that generates fields, and its sampler. Run one batch at a time."""

    def __init__(self, transformer: FlowTransformer) -> None:
        self.transformer = transformer
        self.scheduler = FlowMatchHeunDiscreteScheduler()

    @torch.inference_mode()
    def animate(
        self,
        stills_BCHW: Tensor,
        latents_BDGG: Tensor,
        text_BT: Tensor,
        seeds: Sequence[int],
        num_inference_steps: int,
        keep_going: KeepGoing = lambda _: True,
    ) -> Animation:
        """A loop of each still; the same still, text, seed and settings give the same pixels."""
        config = self.transformer.config
        shape = (config.latent_channels, *config.latent_shape)
        set_start(self.scheduler, num_inference_steps, 1.0)
        noise = torch.stack(
            [draw_noise(shape, config.shared_noise, torch.Generator().manual_seed(seed)) for seed in seeds]
        )
        latents, done = integrate(
            self.transformer,
            self.scheduler,
            noise,
            text_BT,
            guidance_scale=1,
            keep_going=keep_going,
            keyframes_BCHW=still_condition(latents_BDGG),
        )
        return Animation(warp(stills_BCHW, latents_to_fields(latents)), done, len(self.scheduler.timesteps))
