"""Cuts the subject out of a picture with a plain ground.

Array names: P prompt points, M masks, H and W pixels, C channels.
"""

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image
from transformers import Sam2Model

from models.hub.model import HubStickerModel
from models.sticker import CLEAR_ALPHA

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # what SAM 2 was trained with
EDGE = 0.02  # of a side: how far in from the corners the ground is touched
MARGIN = 0.04  # of a side, left clear around the subject


class Matting:
    """SAM 2 (Ravi et al. 2024), shown the middle as the subject and the corners as the ground."""

    def __init__(self, checkpoint: str, device: str) -> None:
        try:
            self.model = Sam2Model.from_pretrained(checkpoint).to(device).eval()
        except (OSError, ValueError) as error:
            raise ValueError(f"matting {checkpoint}: {error}") from None
        self.side = int(self.model.config.vision_config.backbone_config.image_size[0])

    @torch.inference_mode()
    def alpha(self, image: Image.Image) -> NDArray[np.float32]:
        """How much of each pixel is the subject (H, W): the mask that the model trusts most, with its soft edge."""
        small = np.asarray(image.convert("RGB").resize((self.side, self.side)), dtype=np.float32) / 255
        pixels = torch.from_numpy((small - MEAN) / STD).float().permute(2, 0, 1)[None]
        low, middle, high = (share * self.side for share in (EDGE, 0.5, 1 - EDGE))
        points_P2 = [[middle, middle], [low, low], [high, low], [low, high], [high, high]]
        found = self.model(
            pixel_values=pixels.to(self.model.device),
            input_points=torch.tensor([[points_P2]], device=self.model.device),
            input_labels=torch.tensor([[[1, 0, 0, 0, 0]]], device=self.model.device),
        )
        masks_MHW, trust_M = found.pred_masks[0, 0], found.iou_scores[0, 0]
        best_HW = masks_MHW[trust_M.argmax()]
        sized = F.interpolate(best_HW[None, None].float(), size=(image.height, image.width), mode="bicubic")
        alpha_HW: NDArray[np.float32] = sized[0, 0].sigmoid().cpu().numpy()
        return alpha_HW


class Cutter:
    """Makes stickers of pictures."""

    def __init__(self, model: HubStickerModel) -> None:
        self.matting, self.shown_px = Matting(model.matting, model.device), model.shown_px

    def cut(self, picture: Image.Image) -> Image.Image:
        """The subject alone, the rest transparent."""
        return cut_out(picture, self.matting.alpha(picture), self.shown_px)


def cut_out(image: Image.Image, alpha_HW: NDArray[np.float32], longest_px: int) -> Image.Image:
    """The subject alone on a clear square, with the ground's colour taken out of its soft edge."""
    colours_HWC = np.asarray(image.convert("RGB"), dtype=np.float32)
    ground_C = np.median(colours_HWC[alpha_HW <= np.quantile(alpha_HW, 0.1)], axis=0)
    own_HWC = ground_C + (colours_HWC - ground_C) / np.maximum(alpha_HW, 0.1)[..., None]
    clear_HW = np.clip((alpha_HW - CLEAR_ALPHA) / (1 - 2 * CLEAR_ALPHA), 0, 1)
    pixels = np.dstack([np.clip(own_HWC, 0, 255), 255 * clear_HW]).round().astype(np.uint8)
    whole = Image.fromarray(pixels, "RGBA")
    box = whole.getchannel("A").getbbox() or (0, 0, *whole.size)
    subject = whole.crop(box)
    side = round(max(subject.size) * (1 + 2 * MARGIN))
    square = Image.new("RGBA", (side, side))
    square.paste(subject, ((side - subject.width) // 2, (side - subject.height) // 2))
    return square.resize((longest_px, longest_px), Image.Resampling.LANCZOS)
