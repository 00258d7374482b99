"""The pictures that a generator starts from: those nearest in meaning to a text (compare Blattmann et al. 2022).

Array names: B batch, K picked from, M pictures, C latent channels, H and W the latent grid, T text width.
"""

from collections.abc import Sequence

import torch
from diffusers import ConfigMixin, ModelMixin
from diffusers.configuration_utils import register_to_config
from torch import Tensor

PICKED_FROM = 8
TEMPERATURE = 0.03


class References(ModelMixin, ConfigMixin):  # type: ignore[misc]
    """Latents of known pictures, by unit vectors of what they show. Nothing in it is trained."""

    @register_to_config
    def __init__(
        self,
        count: int = 1,
        latent_channels: int = 24,
        grid: tuple[int, int] = (8, 8),
        text_width: int = 384,
    ) -> None:
        super().__init__()
        self.register_buffer("keys_MT", torch.zeros(count, text_width))
        self.register_buffer("latents_MCHW", torch.zeros(count, latent_channels, *grid))

    @classmethod
    def of(cls, keys_MT: Tensor, latents_MCHW: Tensor) -> "References":
        """References with these keys and latents."""
        made = cls(*latents_MCHW.shape[:2], tuple(latents_MCHW.shape[2:]), keys_MT.shape[1])
        made.keys_MT.copy_(keys_MT)
        made.latents_MCHW.copy_(latents_MCHW)
        return made

    def nearest(self, text_BT: Tensor, count: int) -> tuple[Tensor, Tensor]:
        """Cosines and rows (B, K) of the nearest pictures, the nearest first; fewer if there are fewer."""
        found = (text_BT @ self.keys_MT.T).topk(min(count, len(self.keys_MT)), dim=1)
        return found.values, found.indices

    def pick(self, text_BT: Tensor, seeds: Sequence[int]) -> Tensor:
        """The latents (B, C, H, W) of one picture for each text, drawn by seed: the nearer, the likelier."""
        cosines_BK, rows_BK = self.nearest(text_BT, PICKED_FROM)
        picked = [
            rows[_draw(cosines, torch.Generator().manual_seed(seed))]
            for cosines, rows, seed in zip(cosines_BK, rows_BK, seeds, strict=True)
        ]
        latents: Tensor = self.latents_MCHW[torch.stack(picked)]
        return latents


def _draw(cosines_K: Tensor, generator: torch.Generator) -> Tensor:
    """One position, by a softmax of the cosines."""
    return torch.multinomial(torch.softmax(cosines_K / TEMPERATURE, dim=0), 1, generator=generator)[0]
