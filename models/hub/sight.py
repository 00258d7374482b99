"""What generated pictures mean to the index, and how well they fit.

Array names: B batch, C channels (premultiplied RGBA in [-1, 1]), F frames, H and W pixels, T text width.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from models.hub.judge import PictureJudge
from models.hub.model import HubModel
from models.relevance import PictureEncoder
from models.text import TextEncoder

SEEN_PX = 128
JUDGED = 4  # frames of a clip, evenly spread


class Sight:
    """Vectors are the small encoder's, which has the space of the index; a judge, if given, says how well they fit."""

    def __init__(self, model: HubModel, relevance_weights: Path) -> None:
        self.texts = TextEncoder()
        self.pictures = PictureEncoder.from_pretrained(relevance_weights).eval()
        self.judge = (
            None if model.judge is None else PictureJudge(model.judge, model.device, model.judge_shift)
        )

    @torch.inference_mode()
    def embed(self, images: Sequence[Image.Image]) -> NDArray[np.float32]:
        """A unit row for each picture."""
        vectors_BT: NDArray[np.float32] = self.pictures(premultiplied(images)).numpy()
        return vectors_BT

    def fits(
        self, texts: Sequence[str], images: Sequence[Image.Image], vectors_BT: NDArray[np.float32]
    ) -> list[float]:
        """A cosine for each text and its picture, whose vector is given too."""
        if self.judge:
            return self.judge.cosines(texts, images)
        cosines: list[float] = (vectors_BT * self.texts.encode(texts)).sum(axis=1).tolist()
        return cosines

    def see(self, text: str, frames: Sequence[Image.Image]) -> tuple[NDArray[np.float32], float]:
        """A unit vector (T,) for a clip, and how well it fits its text: means over some frames. A picture has one."""
        spread = np.linspace(0, len(frames) - 1, min(JUDGED, len(frames))).round().astype(int)
        judged = [frames[at] for at in spread]
        vectors_FT = self.embed(judged)
        mean_T = vectors_FT.mean(axis=0)
        fits = self.fits([text] * len(judged), judged, vectors_FT)
        return mean_T / np.linalg.norm(mean_T), float(np.mean(fits))


def premultiplied(images: Sequence[Image.Image]) -> torch.Tensor:
    """The pictures as the small encoder has learned them."""
    small = [image.convert("RGBA").resize((SEEN_PX, SEEN_PX)) for image in images]
    values_BHWC = np.stack([np.asarray(image, dtype=np.float32) / 255 for image in small])
    values_BHWC[..., :3] *= values_BHWC[..., 3:]
    return torch.from_numpy(values_BHWC).permute(0, 3, 1, 2) * 2 - 1
