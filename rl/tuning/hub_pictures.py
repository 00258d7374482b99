"""Pictures and prompts as a large model sees them: by its own autoencoder and text encoder.

N: pictures; C, F, H, W: latents; G: prompts, L: tokens, D: text width.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch
from PIL import Image
from safetensors.torch import save_file
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from models.hub.loading import load_pipeline
from models.hub.model import HubImageModel
from rl.tuning.hub_conventions import convention_of


class HubPictures:
    """A pipeline without its transformer."""

    def __init__(self, model: HubImageModel) -> None:
        self.model = model
        alone = replace(model, offload="none")  # without its transformer it is small
        self.pipeline = load_pipeline(alone, model.pipeline, transformer=None)
        self.convention = convention_of(model)

    @torch.inference_mode()
    def write_texts(self, prompts: Sequence[str], path: Path) -> None:
        """A safetensors file of `text` (G, L, D), what the transformer is told, and `known` (G, L), which tokens count."""
        rows = [self.convention.text(self.pipeline, prompt) for prompt in prompts]
        text_GLD, known_GL = (
            pad_sequence([each.cpu() for each in column], batch_first=True)
            for column in zip(*rows, strict=True)
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        save_file({"text": text_GLD, "known": known_GL}, path)

    @torch.inference_mode()
    def encode(self, pictures: Sequence[Image.Image]) -> Tensor:
        """The latents (N, C, 1, H, W) of pictures, brought to the model's size first."""
        vae, side = self.pipeline.vae, self.model.side_px
        opaque = [picture.convert("RGB") for picture in pictures]
        values = self.pipeline.image_processor.preprocess(opaque, side, side).to(vae.device, vae.dtype)
        return self.convention.encode(self.pipeline, values)[:, :, None].float().cpu()

    @torch.inference_mode()
    def decode(self, latents_NCFHW: Tensor) -> list[Image.Image]:
        """The pictures of latents."""
        vae = self.pipeline.vae
        values = self.convention.decode(self.pipeline, latents_NCFHW[:, :, 0].to(vae.device, vae.dtype))
        pictures: list[Image.Image] = self.pipeline.image_processor.postprocess(values, output_type="pil")
        return pictures
