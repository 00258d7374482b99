"""How well a picture fits a text: a small image encoder into the text encoder's space.

Array names: B batch, C channels (premultiplied RGBA in [-1, 1]), H and W pixels, T text width.
"""

import torch
import torch.nn.functional as F
from diffusers import ConfigMixin, ModelMixin
from diffusers.configuration_utils import register_to_config
from torch import Tensor, nn

from models.autoencoder import ResidualBlock


class PictureEncoder(ModelMixin, ConfigMixin):  # type: ignore[misc]
    """Pictures to unit vectors in the text space (contrastive, as CLIP: Radford et al. 2021)."""

    @register_to_config
    def __init__(
        self, channels: int = 4, picture_size: int = 64, text_width: int = 384, width: int = 64
    ) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.PixelUnshuffle(4),
            nn.Conv2d(channels * 16, width, 3, padding=1),
            ResidualBlock(width),
            nn.PixelUnshuffle(2),
            nn.Conv2d(width * 4, width * 2, 1),
            ResidualBlock(width * 2),
            ResidualBlock(width * 2),
            nn.PixelUnshuffle(2),
            nn.Conv2d(width * 8, width * 4, 1),
            ResidualBlock(width * 4),
            nn.GroupNorm(8, width * 4),
            nn.SiLU(),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Dropout(0.2),
            nn.Linear(width * 4, text_width),
        )
        self.log_temperature = nn.Parameter(torch.tensor(2.5))

    def forward(self, pictures_BCHW: Tensor) -> Tensor:
        """Unit vectors (B, T) of pictures of any square size."""
        size = self.config.picture_size
        small = F.interpolate(pictures_BCHW, size=(size, size), mode="area")
        return F.normalize(self.body(small), dim=-1)


def contrastive_loss(
    encoder: nn.Module, temperature: Tensor, pictures_BCHW: Tensor, text_BT: Tensor
) -> Tensor:
    """Symmetric cross-entropy whose targets are shared among examples whose texts mean the same."""
    logits_BB = temperature.exp() * encoder(pictures_BCHW) @ text_BT.T
    targets_BB = torch.softmax(20.0 * (text_BT @ text_BT.T), dim=-1)
    loss: Tensor = F.cross_entropy(logits_BB, targets_BB) + F.cross_entropy(logits_BB.T, targets_BB)
    return loss / 2
