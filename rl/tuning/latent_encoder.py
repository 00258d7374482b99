"""Stored media back to the latents that their generator works on.

Array names: N media; C, F, H, W: latents or pictures (channels, frames, grid or pixels); T: text width.
"""

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from catalog.items import MediaType
from models.autoencoder import Autoencoder
from models.relevance import PictureEncoder
from models.training.stickers import picture_from_bytes, to_float

AUTOENCODERS: dict[MediaType, str] = {"sticker": "sticker/vae", "image": "image/vae"}
AT_ONCE = 32


class LatentEncoder:
    """The autoencoder of one media type and the judge of what its pictures show."""

    def __init__(self, media_type: MediaType, weights: Path) -> None:
        if media_type not in AUTOENCODERS:
            raise ValueError(
                f"media_type is {media_type!r}: nothing encodes it; allowed: {', '.join(AUTOENCODERS)}"
            )
        folder = weights / AUTOENCODERS[media_type]
        self.autoencoder = Autoencoder.from_pretrained(folder).eval()
        if self.autoencoder.encoder is None:
            raise ValueError(f"media_type is {media_type!r}: the autoencoder in {folder} only decodes")
        self.judge = PictureEncoder.from_pretrained(weights / "relevance").eval()

    @torch.inference_mode()
    def encode(self, data: Sequence[bytes], are_generated: Sequence[bool]) -> tuple[Tensor, Tensor]:
        """Latents (N, C, 1, H, W), and unit vectors (N, T) of what the pictures show.

        Generated ones as they are, others cropped and centred as the generator's training set was.
        """
        size = self.autoencoder.config.picture_size
        latents, vectors = [], []
        for start in range(0, len(data), AT_ONCE):
            chosen = slice(start, start + AT_ONCE)
            pictures = [
                _picture(each, size) if generated else picture_from_bytes(each, size)
                for each, generated in zip(data[chosen], are_generated[chosen], strict=True)
            ]
            pictures_NCHW = to_float(np.stack(pictures))
            latents.append(self.autoencoder.encode(pictures_NCHW)[:, :, None])
            vectors.append(self.judge(pictures_NCHW))
        return torch.cat(latents).clone(), torch.cat(vectors).clone()


def _picture(data: bytes, size: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Premultiplied (4, size, size)."""
    picture = Image.open(io.BytesIO(data)).convert("RGBA").convert("RGBa")
    if picture.size != (size, size):
        picture = picture.resize((size, size), Image.Resampling.LANCZOS)
    return np.asarray(picture).transpose(2, 0, 1).copy()
