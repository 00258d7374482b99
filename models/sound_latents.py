"""Mel spectrograms to a short row of latents and back, by principal components: linear, exact to compute, no training run.

Array names: B batch, F mel frequencies, T frames, P values of a patch (F times its frames), D latent channels, N patches.
"""

from typing import Self

import torch
from diffusers import ConfigMixin, ModelMixin
from diffusers.configuration_utils import register_to_config
from torch import Tensor

from models.mel import NUM_FRAMES, NUM_MELS

WHITENING = 0.5  # between as it is (0) and every channel of unit size (1), where faint detail weighs as much as pitch


class SoundLatents(ModelMixin, ConfigMixin):  # type: ignore[misc]
    """The strongest components of patches of `patch` frames, each divided by a root of its size."""

    @register_to_config
    def __init__(self, channels: int = 128, patch: int = 8) -> None:
        super().__init__()
        self.register_buffer("mean_P", torch.zeros(NUM_MELS * patch))
        self.register_buffer("basis_PD", torch.eye(NUM_MELS * patch)[:, :channels].clone())
        self.register_buffer("scale_D", torch.ones(channels))

    @classmethod
    def fit(cls, mels_BFT: Tensor, channels: int, patch: int) -> Self:
        """The components of these spectrograms; their latents have a mean square of 1."""
        made = cls(channels, patch)
        patches_NP = made._patches(mels_BFT.float()).flatten(0, 1)
        made.mean_P.copy_(patches_NP.mean(0))
        centred_NP = patches_NP - made.mean_P
        variances, vectors = torch.linalg.eigh(centred_NP.T @ centred_NP / len(centred_NP))
        sizes_D = variances.flip(0)[:channels].clamp(min=1e-8).sqrt()
        made.basis_PD.copy_(vectors.flip(1)[:, :channels])
        flattened_D = sizes_D ** (1 - WHITENING)
        made.scale_D.copy_(sizes_D**WHITENING * flattened_D.square().mean().sqrt())
        return made

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """Of the latents of one sound, as the transformer wants them: channels, then a row of patches."""
        return self.config.channels, 1, 1, NUM_FRAMES // self.config.patch

    def encode(self, mels_BFT: Tensor) -> Tensor:
        """Latents (B, D, 1, 1, N)."""
        latents_BND = (self._patches(mels_BFT) - self.mean_P) @ self.basis_PD / self.scale_D
        return latents_BND.transpose(1, 2)[:, :, None, None]

    def decode(self, latents_BDN: Tensor) -> Tensor:
        """Spectrograms (B, F, T) of latents (B, D, 1, 1, N)."""
        latents_BND = latents_BDN.flatten(2).transpose(1, 2)
        patches_BNP = (latents_BND * self.scale_D) @ self.basis_PD.T + self.mean_P
        B, N, _ = patches_BNP.shape
        mels = patches_BNP.view(B, N, NUM_MELS, -1).transpose(1, 2).flatten(2)
        return mels.clamp(min=-1)

    def _patches(self, mels_BFT: Tensor) -> Tensor:
        B, F, T = mels_BFT.shape
        patched = mels_BFT.reshape(B, F, T // self.config.patch, self.config.patch)
        return patched.transpose(1, 2).flatten(2)
