"""The text-conditioned flow-matching transformer that every small generator of Gramoji shares.

Array names: B batch, C latent channels, F frames, H and W the latent grid, N tokens, D width, T text width.
"""

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from diffusers import ConfigMixin, ModelMixin
from diffusers.configuration_utils import register_to_config
from torch import Tensor, nn


def timestep_features(timesteps_B: Tensor, width: int) -> Tensor:
    """Sinusoidal features (B, width) of times in [0, 1] (Vaswani et al. 2017, scaled as in DDPM)."""
    frequencies = torch.exp(
        -math.log(10_000) * torch.arange(width // 2, device=timesteps_B.device) / (width // 2)
    )
    angles = 1000.0 * timesteps_B[:, None].float() * frequencies[None]
    return torch.cat([angles.cos(), angles.sin()], dim=-1)


class TransformerBlock(nn.Module):
    """Attention and MLP, each modulated by the condition (adaLN-zero, Peebles & Xie 2023)."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm1 = nn.LayerNorm(width, elementwise_affine=False)
        self.qkv = nn.Linear(width, 3 * width)
        self.norm_q = nn.RMSNorm(width // heads, elementwise_affine=False)
        self.norm_k = nn.RMSNorm(width // heads, elementwise_affine=False)
        self.out = nn.Linear(width, width)
        self.norm2 = nn.LayerNorm(width, elementwise_affine=False)
        self.mlp = nn.Sequential(
            nn.Linear(width, 4 * width), nn.GELU(approximate="tanh"), nn.Linear(4 * width, width)
        )
        self.modulation = nn.Linear(width, 6 * width)
        nn.init.zeros_(self.modulation.weight)
        nn.init.zeros_(self.modulation.bias)

    def forward(self, x_BND: Tensor, condition_BD: Tensor) -> Tensor:
        """Map tokens (B, N, D) to tokens of the same shape."""
        shift1, scale1, gate1, shift2, scale2, gate2 = self.modulation(condition_BD)[:, None].chunk(
            6, dim=-1
        )
        x_BND = x_BND + gate1 * self._attend(self.norm1(x_BND) * (1 + scale1) + shift1)
        return x_BND + gate2 * self.mlp(self.norm2(x_BND) * (1 + scale2) + shift2)

    def _attend(self, x_BND: Tensor) -> Tensor:
        B, N, D = x_BND.shape
        q, k, v = self.qkv(x_BND).view(B, N, 3, self.heads, D // self.heads).permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(self.norm_q(q), self.norm_k(k), v)
        out: Tensor = self.out(mixed.transpose(1, 2).reshape(B, N, D))
        return out


class FlowTransformer(ModelMixin, ConfigMixin):  # type: ignore[misc]
    """Predicts the velocity of a rectified flow (Liu et al. 2023) from noise (t = 1) to latents (t = 0).

    A still picture has one frame; a clip has several. The text is one unit vector, which conditions every
    block and also stands before the latents as `text_tokens` prefix tokens. With `keyframe_channels`, it
    is also given the latents of a still, beside the noise of every frame. `shared_noise` is
    the part of the noise that the frames of a clip have in common (mixed noise, Ge et al. 2023).
    With `styles`, each of them adds a vector to the condition, which begins as zero.
    """

    @register_to_config
    def __init__(
        self,
        latent_channels: int = 24,
        latent_shape: tuple[int, int, int] = (1, 8, 8),
        text_width: int = 384,
        text_tokens: int = 4,
        width: int = 256,
        depth: int = 6,
        heads: int = 4,
        keyframe_channels: int = 0,
        shared_noise: float = 0.0,
        styles: int = 0,
    ) -> None:
        super().__init__()
        self.conv_in = nn.Conv2d(latent_channels + keyframe_channels, width, 3, padding=1)
        self.positions = nn.ParameterList(
            [nn.Parameter(0.02 * torch.randn(size, width)) for size in latent_shape]
        )
        self.time_embedder = nn.Sequential(nn.Linear(width, width), nn.SiLU(), nn.Linear(width, width))
        self.text_embedder = nn.Linear(text_width, width)
        self.text_prefix = nn.Linear(text_width, text_tokens * width)
        self.no_text = nn.Parameter(torch.zeros(text_width))
        self.style_vectors = nn.Parameter(torch.zeros(styles, width)) if styles else None
        self.blocks = nn.ModuleList([TransformerBlock(width, heads) for _ in range(depth)])
        self.norm_out = nn.LayerNorm(width, elementwise_affine=False)
        self.modulation_out = nn.Linear(width, 2 * width)
        self.proj_out = nn.Linear(width, latent_channels)
        for layer in (self.modulation_out, self.proj_out):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(
        self,
        latents_BCFHW: Tensor,
        timesteps_B: Tensor,
        text_BT: Tensor,
        drop_text_B: Tensor,
        keyframes_BCHW: Tensor | None = None,
        style_B: Tensor | None = None,
    ) -> Tensor:
        """Velocity (B, C, F, H, W) at times in [0, 1]; where `drop_text_B`, as if no text were given."""
        B, C, frames, H, W = latents_BCFHW.shape
        if keyframes_BCHW is not None:
            beside = keyframes_BCHW[:, :, None].expand(-1, -1, frames, -1, -1)
            latents_BCFHW = torch.cat([latents_BCFHW, beside], dim=1)
        width = self.config.width
        text_BT = torch.where(
            drop_text_B[:, None], self.no_text, text_BT * math.sqrt(self.config.text_width)
        )
        condition_BD = self.time_embedder(timestep_features(timesteps_B, width)) + self.text_embedder(
            text_BT
        )
        if style_B is not None and self.style_vectors is not None:
            condition_BD = condition_BD + math.sqrt(width) * self.style_vectors[style_B]
        condition_BD = F.silu(condition_BD)
        grid = self.conv_in(latents_BCFHW.transpose(1, 2).flatten(0, 1))
        tokens = grid.flatten(2).transpose(1, 2).reshape(B, frames * H * W, width) + self._positions()
        x_BND = torch.cat([self.text_prefix(text_BT).view(B, -1, width), tokens], dim=1)
        for block in self.blocks:
            x_BND = block(x_BND, condition_BD)
        shift, scale = self.modulation_out(condition_BD)[:, None].chunk(2, dim=-1)
        tokens = self.norm_out(x_BND[:, self.config.text_tokens :]) * (1 + scale) + shift
        velocity: Tensor = self.proj_out(tokens).view(B, frames, H, W, C).permute(0, 4, 1, 2, 3)
        return velocity

    def _positions(self) -> Tensor:
        frames, rows, columns = self.positions
        grid = frames[:, None, None] + rows[None, :, None] + columns[None, None, :]
        return grid.reshape(1, -1, self.config.width)


def draw_noise(shape: Sequence[int], shared: float, generator: torch.Generator) -> Tensor:
    """Unit noise (…, C, F, H, W) whose frames correlate by `shared` with one another."""
    noise = torch.randn(list(shape), generator=generator)
    if not shared:
        return noise
    *before, _, H, W = shape
    common = torch.randn([*before, 1, H, W], generator=generator)
    return shared**0.5 * common + (1 - shared) ** 0.5 * noise


def flow_matching_loss(
    model: nn.Module,
    latents_BCFHW: Tensor,
    text_BT: Tensor,
    drop_text: float,
    generator: torch.Generator,
    keyframes_BCHW: Tensor | None = None,
    shared_noise: float = 0.0,
    style_B: Tensor | None = None,
) -> Tensor:
    """Mean squared error of the velocity at logit-normal times (Esser et al. 2024)."""
    B = len(latents_BCFHW)
    times_B = torch.sigmoid(torch.randn(B, generator=generator))
    noise = draw_noise(latents_BCFHW.shape, shared_noise, generator)
    times = times_B.view(B, 1, 1, 1, 1)
    mixed = (1 - times) * latents_BCFHW + times * noise
    drop_B = torch.rand(B, generator=generator) < drop_text
    return F.mse_loss(
        model(mixed, times_B, text_BT, drop_B, keyframes_BCHW, style_B), noise - latents_BCFHW
    )
