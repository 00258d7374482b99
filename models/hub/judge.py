"""How well pictures and sounds fit their texts, by large models that know both."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from transformers import AutoModel, AutoProcessor

SAMPLE_RATE = 48_000  # of the sounds; CLAP's, and Opus's
PICTURE_MODELS = ("clip", "siglip", "siglip2")
SOUND_MODELS = ("clap",)


class PictureJudge:
    """CLIP (Radford et al. 2021), SigLIP (Zhai et al. 2023) or SigLIP 2, whichever the checkpoint is."""

    def __init__(self, checkpoint: str, device: str, shift: float = 0.0) -> None:
        self.model, self.processor = _load(checkpoint, device, PICTURE_MODELS)
        self.shift = shift

    @torch.inference_mode()
    def cosines(self, texts: Sequence[str], images: Sequence[Image.Image]) -> list[float]:
        """One cosine for each pair, shifted. SigLIP has only seen texts padded to its full length."""
        inputs = self.processor(
            text=list(texts), images=list(map(on_white, images)), return_tensors="pt", padding="max_length",
            truncation=True,
        ).to(self.model.device)  # fmt: skip
        found = self.model(**inputs)
        return _pairs(found.text_embeds, found.image_embeds, self.shift)


class SoundJudge:
    """CLAP (Wu et al. 2023)."""

    def __init__(self, checkpoint: str, device: str, shift: float = 0.0) -> None:
        self.model, self.processor = _load(checkpoint, device, SOUND_MODELS)
        self.shift = shift

    @torch.inference_mode()
    def cosines(self, texts: Sequence[str], sounds: Sequence[NDArray[np.float32]]) -> list[float]:
        """One cosine for each pair of a text and mono samples at 48 kHz, shifted."""
        inputs = self.processor(
            text=list(texts),
            audio=list(sounds),
            sampling_rate=SAMPLE_RATE,
            return_tensors="pt",
            padding=True,
        ).to(self.model.device)
        found = self.model(**inputs)
        return _pairs(found.text_embeds, found.audio_embeds, self.shift)


def on_white(image: Image.Image) -> Image.Image:
    """The picture as it looks on a white ground."""
    rgba = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba).convert("RGB")


def _load(checkpoint: str, device: str, allowed: tuple[str, ...]) -> tuple[Any, Any]:
    try:
        model = AutoModel.from_pretrained(checkpoint).to(device).eval()
        processor = AutoProcessor.from_pretrained(checkpoint)
    except (OSError, ValueError) as error:
        raise ValueError(f"judge {checkpoint}: {error}") from None
    if model.config.model_type not in allowed:
        raise ValueError(
            f"judge {checkpoint}: a {model.config.model_type}; allowed are {', '.join(allowed)}"
        )
    return model, processor


def _pairs(first_BD: torch.Tensor, second_BD: torch.Tensor, shift: float) -> list[float]:
    cosines_B = torch.nn.functional.cosine_similarity(first_BD.float(), second_BD.float())
    shifted: list[float] = (cosines_B + shift).clamp(-1, 1).tolist()
    return shifted
