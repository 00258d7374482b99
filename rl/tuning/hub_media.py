"""Media and prompts as a large model sees them: by its own autoencoder and text encoder.

N: media; C, F, H, W: latents; G: prompts, L: tokens, D: text width.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from models.hub.loading import load_pipeline
from rl.tuning.hub_conventions import TunableModel, convention_of
from rl.tuning.senses import Medium


class HubMedia:
    """A pipeline without its transformer."""

    def __init__(self, model: TunableModel, reads: bool = True) -> None:
        """`reads`: with its text encoder, often the largest part. ValueError if the checkpoint can't be tuned."""
        self.model, self.convention = model, convention_of(model)
        alone = replace(model, offload="none")  # without its transformer it is small
        left_out = ["transformer"] if reads else ["transformer", "text_encoder", "tokenizer"]
        if model.pipeline == "WanPipeline":
            left_out.append("transformer_2")
        self.pipeline = load_pipeline(alone, model.pipeline, **dict.fromkeys(left_out))
        if self.pipeline.config.get("boundary_ratio") is not None:
            raise ValueError(
                f"checkpoint {model.checkpoint}: two transformers share the way from noise; only one can be tuned"
            )

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
    def encode(self, media: Iterable[Medium]) -> Tensor:
        """The latents (N, C, F, H, W) of media, one at a time: each may be large."""
        latents = [self.convention.encode(self.pipeline, medium).float().cpu() for medium in media]
        return torch.cat(latents)

    @torch.inference_mode()
    def decode(self, latents_NCFHW: Tensor) -> list[Medium]:
        """The media of latents."""
        vae = self.pipeline.vae
        return self.convention.decode(self.pipeline, latents_NCFHW.to(vae.device, vae.dtype))

    def shape(self) -> torch.Size:
        """Of the latents of a medium: (C, F, H, W)."""
        return self.encode([self.convention.blank()]).shape[1:]
