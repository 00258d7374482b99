"""Mel spectrograms to samples: ConvNeXt blocks predict a Fourier transform, which is inverted (Vocos, Siuzdak 2024).

Array names: B batch, F mel frequencies, T frames, D width, K frequencies of the Fourier transform, S samples.
"""

import torch
import torch.nn.functional as F
from diffusers import ConfigMixin, ModelMixin
from diffusers.configuration_utils import register_to_config
from torch import Tensor, nn

from models.mel import FILTERS_KF, HOP, NUM_MELS, WINDOW, magnitudes, mel_magnitudes

RESOLUTIONS = ((256, 64), (512, 128), (1024, 256), (2048, 512))


class ConvNextBlock(nn.Module):
    """A depthwise convolution in time and an MLP (Liu et al. 2022)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.depthwise = nn.Conv1d(width, width, 7, padding=3, groups=width)
        self.norm = nn.LayerNorm(width)
        self.mlp = nn.Sequential(nn.Linear(width, 3 * width), nn.GELU(), nn.Linear(3 * width, width))
        self.gain = nn.Parameter(torch.full((width,), 0.2))

    def forward(self, x_BDT: Tensor) -> Tensor:
        """Map (B, D, T) to the same shape."""
        hidden = self.mlp(self.norm(self.depthwise(x_BDT).transpose(1, 2)))
        return x_BDT + (self.gain * hidden).transpose(1, 2)


class Vocoder(ModelMixin, ConfigMixin):  # type: ignore[misc]
    """Magnitudes as a correction of what the mels spread out to, and a phase for each."""

    @register_to_config
    def __init__(self, width: int = 192, depth: int = 6) -> None:
        super().__init__()
        self.conv_in = nn.Conv1d(NUM_MELS, width, 7, padding=3)
        self.norm_in = nn.LayerNorm(width)
        self.blocks = nn.Sequential(*[ConvNextBlock(width) for _ in range(depth)])
        self.norm_out = nn.LayerNorm(width)
        self.proj_out = nn.Linear(width, 3 * (WINDOW // 2 + 1))
        spread = torch.linalg.pinv(FILTERS_KF.T).clamp(min=0)  # the shares of a mel's magnitude
        self.register_buffer("spread_KF", spread, persistent=False)
        self.register_buffer("window", torch.hann_window(WINDOW), persistent=False)

    def spectrum(self, mels_BFT: Tensor) -> Tensor:
        """The Fourier transform (B, K, T), complex."""
        x_BTD = self.norm_in(self.conv_in(mels_BFT).transpose(1, 2))
        x_BTD = self.norm_out(self.blocks(x_BTD.transpose(1, 2)).transpose(1, 2))
        change, cosine, sine = self.proj_out(x_BTD).float().transpose(1, 2).chunk(3, dim=1)
        spread = (self.spread_KF @ mel_magnitudes(mels_BFT.float())).clamp(min=1e-6)
        size = spread * change.clamp(-6, 3).exp() * self.window.sum() / 2
        return torch.polar(size, torch.atan2(sine, cosine))

    def forward(self, mels_BFT: Tensor) -> Tensor:
        """Samples (B, S) of T times `HOP`."""
        return self.invert(self.spectrum(mels_BFT))

    def invert(self, spectrum_BKT: Tensor) -> Tensor:
        """The samples whose Fourier transform is nearest."""
        padded = F.pad(torch.view_as_real(spectrum_BKT), (0, 0, 0, 1))
        length = spectrum_BKT.shape[2] * HOP
        return torch.istft(torch.view_as_complex(padded), WINDOW, HOP, window=self.window, length=length)


def spectral_distance(made_BS: Tensor, real_BS: Tensor) -> Tensor:
    """Spectral convergence and log distance over four resolutions (Yamamoto et al. 2020)."""
    distance = made_BS.new_zeros(())
    for window, hop in RESOLUTIONS:
        made, real = magnitudes(made_BS, window, hop), magnitudes(real_BS, window, hop)
        distance = distance + (made - real).norm() / real.norm().clamp(min=1e-3)
        distance = distance + F.l1_loss((made + 1e-4).log(), (real + 1e-4).log())
    return distance / len(RESOLUTIONS)
