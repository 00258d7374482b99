"""The sticker generator that ships: texts and seeds to encoded stickers, each judged for relevance."""

import hashlib
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from models.pipeline import MediaFlowPipeline
from models.relevance import PictureEncoder
from models.text import TextEncoder

CLEAR_ALPHA = 0.06  # below it a pixel is background, above 1 - it the sticker is solid


@dataclass(frozen=True, slots=True, eq=False)
class GeneratedPicture:
    """Encoded bytes, and the unit vector (384,) of the picture with its cosine to the text it was made from."""

    data: bytes
    mime_type: str
    width: int
    height: int
    embedding: NDArray[np.float32]
    cosine: float


@dataclass(frozen=True, slots=True)
class Generation:
    """What one run made, and the evaluations of the transformer that it ran and had planned."""

    pictures: tuple[GeneratedPicture, ...]
    num_evaluations: int
    num_planned: int


class StickerGenerator:
    """One pipeline, one encoder, one judge. Not thread-safe: one `generate` at a time."""

    def __init__(
        self,
        weights: Path,
        relevance_weights: Path,
        num_inference_steps: int,
        guidance_scale: float,
        strength: float,
    ) -> None:
        for folder in (weights, relevance_weights):
            if not folder.is_dir():
                raise ValueError(f"{folder}: no such weights; train them with `gramoji train sticker`")
        self.pipeline = MediaFlowPipeline.from_pretrained(weights)
        self.judge = PictureEncoder.from_pretrained(relevance_weights).eval()
        self.encoder = TextEncoder()
        self.num_inference_steps = num_inference_steps
        self.guidance_scale = guidance_scale
        self.strength = strength
        self.version = f"sticker-{weights_checksum(weights)[:10]}"

    @torch.inference_mode()
    def generate(
        self,
        prompts: Sequence[str],
        seeds: Sequence[int],
        keep_going: Callable[[int], bool] = lambda _: True,
    ) -> Generation:
        """Make one sticker for each prompt and seed, in one batch; none if `keep_going` stopped it."""
        text_BT = torch.from_numpy(self.encoder.encode(prompts))
        made = self.pipeline(
            text_BT,
            seeds,
            num_inference_steps=self.num_inference_steps,
            guidance_scale=self.guidance_scale,
            strength=self.strength,
            keep_going=keep_going,
        )
        if made.num_evaluations < made.num_planned:
            return Generation((), made.num_evaluations, made.num_planned)
        pictures_BCHW = made.pictures_BCFHW[:, :, 0]
        vectors_BT = self.judge(pictures_BCHW)
        cosines_B = (vectors_BT * text_BT).sum(1).tolist()
        pictures = tuple(
            encode_picture(picture, vector.numpy(), cosine)
            for picture, vector, cosine in zip(pictures_BCHW, vectors_BT, cosines_B, strict=True)
        )
        return Generation(pictures, made.num_evaluations, made.num_planned)


def encode_picture(picture_CHW: Tensor, embedding: NDArray[np.float32], cosine: float) -> GeneratedPicture:
    """Premultiplied RGBA in [-1, 1] to WebP with clean edges."""
    image = to_image(picture_CHW)
    buffer = io.BytesIO()
    image.save(buffer, "WEBP", quality=90, method=4)
    return GeneratedPicture(buffer.getvalue(), "image/webp", image.width, image.height, embedding, cosine)


def to_image(picture_CHW: Tensor) -> Image.Image:
    """Premultiplied RGBA in [-1, 1] to a Pillow image with straight alpha and without haze around it."""
    values = (picture_CHW.clamp(-1, 1) + 1) / 2
    alpha = ((values[3:] - CLEAR_ALPHA) / (1 - 2 * CLEAR_ALPHA)).clamp(0, 1)
    colours = (values[:3] / values[3:].clamp(min=CLEAR_ALPHA)).clamp(0, 1)
    pixels = (torch.cat([colours, alpha]) * 255).round().byte().permute(1, 2, 0).contiguous().numpy()
    return Image.fromarray(pixels, "RGBA")


def weights_checksum(folder: Path) -> str:
    """SHA-256 over every file of a weights folder, names included."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest.update(path.relative_to(folder).as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()
