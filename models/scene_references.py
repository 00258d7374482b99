"""The scenes that a generated one starts from: of the family that the words most likely belong to.

Array names: B batch, A families, S shades, C latent channels, H and W the latent grid, T text width.
"""

from collections.abc import Sequence

import torch
from diffusers import ConfigMixin, ModelMixin
from diffusers.configuration_utils import register_to_config
from torch import Tensor

from models.generation import GOLDEN_RATIO
from models.references import STEPS

SURENESS = 2.0  # families are drawn by this power of their likelihood


class SceneReferences(ModelMixin, ConfigMixin):  # type: ignore[misc]
    """A logistic regression from text to family, and latents of one scene of each family and shade, in eight bits."""

    @register_to_config
    def __init__(
        self,
        families: int = 1,
        shades: int = 3,
        latent_channels: int = 16,
        grid: tuple[int, int] = (12, 12),
        text_width: int = 384,
    ) -> None:
        super().__init__()
        self.register_buffer("weights_AT", torch.zeros(families, text_width))
        self.register_buffer("bias_A", torch.zeros(families))
        shape = (families, shades, latent_channels, *grid)
        self.register_buffer("latents_ASCHW", torch.zeros(shape, dtype=torch.int8))
        self.register_buffer("scales_AS", torch.zeros(families, shades))

    @classmethod
    def of(cls, weights_AT: Tensor, bias_A: Tensor, latents_ASCHW: Tensor) -> "SceneReferences":
        """References with this regression and these latents."""
        A, S, C, H, W = latents_ASCHW.shape
        made = cls(A, S, C, (H, W), weights_AT.shape[1])
        made.weights_AT.copy_(weights_AT)
        made.bias_A.copy_(bias_A)
        made.scales_AS.copy_(latents_ASCHW.abs().amax((2, 3, 4)).half() / STEPS)
        made.latents_ASCHW.copy_((latents_ASCHW / made.scales_AS[..., None, None, None]).round())
        return made

    def likelihood(self, text_BT: Tensor) -> Tensor:
        """How likely (B, A) each text belongs to each family."""
        return torch.softmax(text_BT @ self.weights_AT.T + self.bias_A, dim=1)

    def pick(self, text_BT: Tensor, seeds: Sequence[int], shades_B: Tensor) -> Tensor:
        """Latents (B, C, H, W) of one scene for each text: the likelier its family, the likelier it is drawn."""
        sure_BA = self.likelihood(text_BT).double() ** SURENESS
        share_BA, rows_BA = (sure_BA / sure_BA.sum(1, keepdim=True)).sort(dim=1, descending=True)
        place_B = torch.tensor([seed % 2**48 * GOLDEN_RATIO % 1.0 for seed in seeds], dtype=torch.float64)
        drawn_B = (share_BA.cumsum(1) <= place_B[:, None]).sum(1).clamp(max=share_BA.shape[1] - 1)
        family_B = rows_BA[torch.arange(len(seeds)), drawn_B]
        latents_BCHW = self.latents_ASCHW[family_B, shades_B].float()
        return latents_BCHW * self.scales_AS[family_B, shades_B].float()[:, None, None, None]
