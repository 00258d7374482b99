"""A small convolutional autoencoder: pictures to a grid of latents and back, 16x16 pixels a place.

Array names: B batch, C channels, H and W pixels, D latent channels, h and w the latent grid.
"""

import torch
import torch.nn.functional as F
from diffusers import ConfigMixin, ModelMixin
from diffusers.configuration_utils import register_to_config
from torch import Tensor, nn


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions with pre-activation group norm (He et al. 2016; Wu & He 2018)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm1 = nn.GroupNorm(8, channels)
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.norm2 = nn.GroupNorm(8, channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)
        nn.init.zeros_(self.conv2.weight)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, H, W) to the same shape."""
        hidden = self.conv1(F.silu(self.norm1(x)))
        return x + self.conv2(F.silu(self.norm2(hidden)))


class Autoencoder(ModelMixin, ConfigMixin):  # type: ignore[misc]
    """Pictures to latents of unit variance and back.

    Pictures are premultiplied RGBA, or RGB, in [-1, 1]. The latents are standardised by running statistics, and
    training adds Gaussian noise of `latent_noise` to them, which bounds their information as the KL term
    of a VAE would, with one number instead of a loss weight. Where `encodes` is false, it only decodes.
    """

    @register_to_config
    def __init__(
        self,
        channels: int = 4,
        picture_size: int = 128,
        latent_channels: int = 24,
        widths: tuple[int, int, int] = (48, 96, 192),
        latent_noise: float = 0.15,
        encodes: bool = True,
    ) -> None:
        super().__init__()
        low, mid, high = widths
        layers = (
            nn.PixelUnshuffle(4),
            nn.Conv2d(channels * 16, low, 3, padding=1),
            nn.SiLU(),
            nn.PixelUnshuffle(2),
            nn.Conv2d(low * 4, mid, 1),
            ResidualBlock(mid),
            nn.PixelUnshuffle(2),
            nn.Conv2d(mid * 4, high, 1),
            ResidualBlock(high),
            nn.GroupNorm(8, high),
            nn.SiLU(),
            nn.Conv2d(high, latent_channels, 1),
        )
        self.encoder = nn.Sequential(*layers) if encodes else None
        self.standardise = nn.BatchNorm2d(latent_channels, affine=False, momentum=0.02)
        self.decoder = nn.Sequential(
            nn.Conv2d(latent_channels, high, 3, padding=1),
            ResidualBlock(high),
            ResidualBlock(high),
            nn.Conv2d(high, mid * 4, 1),
            nn.PixelShuffle(2),
            ResidualBlock(mid),
            ResidualBlock(mid),
            nn.Conv2d(mid, low * 4, 1),
            nn.PixelShuffle(2),
            ResidualBlock(low),
            ResidualBlock(low),
            nn.GroupNorm(8, low),
            nn.SiLU(),
            nn.Conv2d(low, 16 * 16, 1),
            nn.PixelShuffle(4),
            nn.SiLU(),
            nn.Conv2d(16, channels, 3, padding=1),
        )

    def encode(self, pictures_BCHW: Tensor) -> Tensor:
        """Encode pictures to latents (B, D, h, w) of about unit variance a channel."""
        if self.encoder is None:
            raise ValueError("encodes: this autoencoder was saved to decode only")
        latents: Tensor = self.standardise(self.encoder(pictures_BCHW))
        return latents

    def decode(self, latents_BDhw: Tensor) -> Tensor:
        """Decode latents to pictures (B, C, H, W); values may leave [-1, 1] slightly."""
        pictures: Tensor = self.decoder(latents_BDhw)
        return pictures

    def decoder_only(self) -> "Autoencoder":
        """A copy without the encoder, which generators do not need."""
        sizes = {k: v for k, v in self.config.items() if not k.startswith("_")}
        made = Autoencoder(**{**sizes, "encodes": False})
        made.load_state_dict({k: v for k, v in self.state_dict().items() if not k.startswith("encoder.")})
        return made.eval()

    def forward(self, pictures_BCHW: Tensor) -> Tensor:
        """Reconstruct pictures; while training, through noisy latents."""
        latents = self.encode(pictures_BCHW)
        if self.training:
            latents = latents + self.config.latent_noise * torch.randn_like(latents)
        return self.decode(latents)


def reconstruction_loss(decoded: Tensor, target: Tensor) -> Tensor:
    """Absolute error of the pictures and, for sharp edges, of their horizontal and vertical differences."""
    loss = F.l1_loss(decoded, target) + 0.5 * F.mse_loss(decoded, target)
    for axis in (-1, -2):
        loss = loss + F.l1_loss(decoded.diff(dim=axis), target.diff(dim=axis))
    return loss
