"""How the pipelines of clips call their parts.

N: clips; C, F, H, W: latents; L: tokens, D: text width.
"""

import inspect
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from models.hub.model import HubVideoModel


class Wan:
    """It is not distilled: what is learned is the velocity of the prompt alone, without guidance.

    DiffusionNFT does so too (Zheng et al. 2025): guidance is dropped, and rewards come to do what it did. Served at a
    guidance above 1, what was learned is amplified.
    """

    def __init__(self, model: HubVideoModel) -> None:
        self.model = model

    def velocity(
        self,
        network: nn.Module,
        latents: Tensor,
        times_N: Tensor,
        text_NLD: Tensor,
        known_NL: Tensor,  # noqa: ARG002
    ) -> Tensor:
        """Its times go to 1000; the zeros that pad the text count too, as in its sampler."""
        moved: Tensor = network(
            hidden_states=latents,
            timestep=1000 * times_N,
            encoder_hidden_states=text_NLD,
            return_dict=False,
        )[0]
        return moved

    def text(self, pipeline: Any, prompt: str) -> tuple[Tensor, Tensor]:
        """As many tokens as the pipeline asks its text encoder for by default."""
        length = inspect.signature(pipeline.__call__).parameters["max_sequence_length"].default
        (text_LD,), _ = pipeline.encode_prompt(
            [prompt], do_classifier_free_guidance=False, max_sequence_length=length
        )
        return text_LD, torch.ones(len(text_LD), dtype=torch.bool)

    def blank(self) -> Sequence[Image.Image]:
        """Black frames."""
        return [Image.new("RGB", (self.model.width_px, self.model.height_px))] * self.model.num_frames

    def encode(self, pipeline: Any, medium: Sequence[Image.Image]) -> Tensor:
        """The likeliest latents of as many frames as the model makes, evenly spread, normalised channel by channel."""
        spread = np.linspace(0, len(medium) - 1, self.model.num_frames).round().astype(int)
        frames = [medium[at].convert("RGB") for at in spread]
        values = pipeline.video_processor.preprocess_video(
            frames, self.model.height_px, self.model.width_px
        )
        vae = pipeline.vae
        latents: Tensor = vae.encode(values.to(vae.device, vae.dtype)).latent_dist.mode()
        mean, deviation = norm_of(vae, latents)
        return (latents - mean) / deviation

    def decode(self, pipeline: Any, latents: Tensor) -> list[list[Image.Image]]:
        """The inverse of the norm before the decoder."""
        mean, deviation = norm_of(pipeline.vae, latents)
        values = pipeline.vae.decode(latents * deviation + mean, return_dict=False)[0]
        clips: list[list[Image.Image]] = pipeline.video_processor.postprocess_video(
            values, output_type="pil"
        )
        return clips


def norm_of(vae: Any, latents: Tensor) -> tuple[Tensor, Tensor]:
    """The mean and deviation (C, 1, 1, 1) of each channel of the latents that the autoencoder makes."""
    config = vae.config
    mean, deviation = (
        latents.new_tensor(values)[:, None, None, None]
        for values in (config.latents_mean, config.latents_std)
    )
    return mean, deviation
