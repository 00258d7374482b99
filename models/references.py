"""The pictures that a generator starts from: those nearest in meaning to a text (compare Blattmann et al. 2022).

Array names: B batch, K picked from, M pictures, C latent channels, H and W the latent grid, T text width.
"""

from collections.abc import Sequence

import torch
from diffusers import ConfigMixin, ModelMixin
from diffusers.configuration_utils import register_to_config
from torch import Tensor

PICKED_FROM, PICKED_FROM_BY_TASTE = 8, 96
TEMPERATURE = 0.03
TASTE = 0.6  # what a likeness to the person's taste counts beside a likeness to the text
GOLDEN_RATIO = (5**0.5 - 1) / 2


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

    def pick(self, text_BT: Tensor, seeds: Sequence[int], leanings: Sequence[Tensor | None]) -> Tensor:
        """The latents (B, C, H, W) of one picture for each text: the nearer, the likelier.

        With a leaning, a unit vector (T,), pictures near it are likelier among a wider circle. Seeds that follow
        one another draw far apart (a golden-ratio sequence), so that the media of one order differ.
        """
        rows = [
            self._draw(text_T, seed, leaning)
            for text_T, seed, leaning in zip(text_BT, seeds, leanings, strict=True)
        ]
        latents: Tensor = self.latents_MCHW[torch.tensor(rows)]
        return latents

    def _draw(self, text_T: Tensor, seed: int, leaning_T: Tensor | None) -> int:
        count = PICKED_FROM if leaning_T is None else PICKED_FROM_BY_TASTE
        (fit_K,), (rows_K,) = self.nearest(text_T[None], count)
        if leaning_T is not None:
            fit_K = fit_K + TASTE * (self.keys_MT[rows_K] @ leaning_T)
        share_K = torch.softmax(fit_K.double() / TEMPERATURE, dim=0).cumsum(0)
        place = seed % 2**48 * GOLDEN_RATIO % 1.0
        return int(rows_K[min(int((share_K <= place).sum()), len(rows_K) - 1)])
