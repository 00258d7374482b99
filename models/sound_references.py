"""The sounds that a generated one starts from: of the family whose caption is nearest to the text.

Array names: B batch, K captions drawn from, M captions, A families, V sounds of each, D latent channels, N latents,
W text width.
"""

from collections.abc import Sequence

import torch
from diffusers import ConfigMixin, ModelMixin
from diffusers.configuration_utils import register_to_config
from torch import Tensor

from models.generation import GOLDEN_RATIO
from models.references import PICKED_FROM, TEMPERATURE


class SoundReferences(ModelMixin, ConfigMixin):  # type: ignore[misc]
    """Latents of a few sounds of each family, and its captions. Nothing in it is trained."""

    @register_to_config
    def __init__(
        self,
        captions: int = 1,
        families: int = 1,
        variants: int = 1,
        latents: tuple[int, int] = (128, 48),
        text_width: int = 384,
    ) -> None:
        super().__init__()
        self.register_buffer("captions_MW", torch.zeros(captions, text_width))
        self.register_buffer("family_M", torch.zeros(captions, dtype=torch.long))
        self.register_buffer("latents_AVDN", torch.zeros(families, variants, *latents))

    @classmethod
    def of(cls, captions_MW: Tensor, family_M: Tensor, latents_AVDN: Tensor) -> "SoundReferences":
        """References with these captions, the family of each, and its sounds."""
        A, V, D, N = latents_AVDN.shape
        made = cls(len(captions_MW), A, V, (D, N), captions_MW.shape[1])
        made.captions_MW.copy_(captions_MW)
        made.family_M.copy_(family_M)
        made.latents_AVDN.copy_(latents_AVDN)
        return made

    def nearest(self, text_BW: Tensor) -> Tensor:
        """The cosine (B,) of each text to the caption nearest to it."""
        return (text_BW @ self.captions_MW.T).max(1).values

    def pick(self, text_BW: Tensor, seeds: Sequence[int]) -> Tensor:
        """Latents (B, D, 1, 1, N) of one sound for each text: the nearer a caption of its family, the likelier."""
        count = min(PICKED_FROM, len(self.captions_MW))
        fit_BK, rows_BK = (text_BW @ self.captions_MW.T).topk(count, dim=1)
        share_BK = torch.softmax(fit_BK.double() / TEMPERATURE, dim=1).cumsum(1)
        picked = []
        for share_K, rows_K, seed in zip(share_BK, rows_BK, seeds, strict=True):
            place = seed % 2**48 * GOLDEN_RATIO % 1.0
            family = self.family_M[rows_K[min(int((share_K <= place).sum()), count - 1)]]
            picked.append(self.latents_AVDN[family, seed % self.latents_AVDN.shape[1]])
        return torch.stack(picked)[:, :, None, None]
