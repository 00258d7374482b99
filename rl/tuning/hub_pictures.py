"""How the pipelines of pictures call their parts.

N: media; C, F, H, W: latents, F 1; L: tokens, D: text width.
"""

import inspect
from abc import ABC, abstractmethod
from typing import Any

import torch
from diffusers import Flux2KleinPipeline
from PIL import Image
from torch import Tensor, nn

from models.hub.judge import on_white
from models.hub.model import HubImageModel


class Pictures(ABC):
    """What all share: a picture is a clip of one frame."""

    def __init__(self, model: HubImageModel) -> None:
        self.model = model

    def blank(self) -> Image.Image:
        """A black picture."""
        return Image.new("RGB", (self.model.side_px,) * 2)

    def encode(self, pipeline: Any, medium: Image.Image) -> Tensor:
        """Its latents (1, C, 1, H, W), at the model's size; what is clear is white, as stickers are painted."""
        vae, side = pipeline.vae, self.model.side_px
        values = pipeline.image_processor.preprocess([on_white(medium)], side, side)
        return self.latents_of(pipeline, values.to(vae.device, vae.dtype))[:, :, None]

    def decode(self, pipeline: Any, latents: Tensor) -> list[Image.Image]:
        """The pictures of latents (N, C, 1, H, W)."""
        values = self.values_of(pipeline, latents[:, :, 0])
        pictures: list[Image.Image] = pipeline.image_processor.postprocess(values, output_type="pil")
        return pictures

    @abstractmethod
    def latents_of(self, pipeline: Any, values: Tensor) -> Tensor:
        """The latents (N, C, H, W) of pictures (N, 3, height, width) in [-1, 1]."""

    @abstractmethod
    def values_of(self, pipeline: Any, latents: Tensor) -> Tensor:
        """The pictures of latents."""


class ZImage(Pictures):
    """Its time runs the other way, from 0 to 1, and its velocity is media - noise."""

    def velocity(
        self, network: nn.Module, latents: Tensor, times_N: Tensor, text_NLD: Tensor, known_NL: Tensor
    ) -> Tensor:
        """Texts go in as they are, without what pads them."""
        texts = [text_LD[known_L] for text_LD, known_L in zip(text_NLD, known_NL, strict=True)]
        moved = network(list(latents), 1 - times_N, texts, return_dict=False)[0]
        return -torch.stack(list(moved))

    def text(self, pipeline: Any, prompt: str) -> tuple[Tensor, Tensor]:
        """As many tokens as the prompt has."""
        (text_LD,), _ = pipeline.encode_prompt([prompt], do_classifier_free_guidance=False)
        return text_LD, torch.ones(len(text_LD), dtype=torch.bool)

    def latents_of(self, pipeline: Any, values: Tensor) -> Tensor:
        """The likeliest latents, shifted and scaled."""
        config = pipeline.vae.config
        latents: Tensor = pipeline.vae.encode(values).latent_dist.mode()
        return (latents - config.shift_factor) * config.scaling_factor

    def values_of(self, pipeline: Any, latents: Tensor) -> Tensor:
        """The inverse of the scale and the shift before the decoder."""
        config = pipeline.vae.config
        pictures: Tensor = pipeline.vae.decode(
            latents / config.scaling_factor + config.shift_factor, return_dict=False
        )[0]
        return pictures


class Flux2Klein(Pictures):
    """Patches of 2 by 2 are channels; they stand in a row, each with its place."""

    def velocity(
        self,
        network: nn.Module,
        latents: Tensor,
        times_N: Tensor,
        text_NLD: Tensor,
        known_NL: Tensor,  # noqa: ARG002
    ) -> Tensor:
        """Tokens that pad the text count too, as in its sampler."""
        latents_NCHW = latents[:, :, 0]
        moved: Tensor = network(
            hidden_states=latents_NCHW.flatten(2).transpose(1, 2),
            timestep=times_N,
            guidance=None,
            encoder_hidden_states=text_NLD,
            txt_ids=Flux2KleinPipeline._prepare_text_ids(text_NLD).to(latents.device),
            img_ids=Flux2KleinPipeline._prepare_latent_ids(latents_NCHW).to(latents.device),
            return_dict=False,
        )[0]
        return moved.transpose(1, 2).reshape(latents.shape)

    def text(self, pipeline: Any, prompt: str) -> tuple[Tensor, Tensor]:
        """Always as many tokens."""
        (text_LD,), _ = pipeline.encode_prompt([prompt])
        return text_LD, torch.ones(len(text_LD), dtype=torch.bool)

    def latents_of(self, pipeline: Any, values: Tensor) -> Tensor:
        """Normalised channel by channel."""
        latents: Tensor = pipeline._encode_vae_image(values, generator=None)
        return latents

    def values_of(self, pipeline: Any, latents: Tensor) -> Tensor:
        """The inverse of the norm before the decoder."""
        norm = pipeline.vae.bn
        deviation_C = torch.sqrt(norm.running_var + pipeline.vae.config.batch_norm_eps)
        scaled = latents * deviation_C[:, None, None] + norm.running_mean[:, None, None]
        pictures: Tensor = pipeline.vae.decode(pipeline._unpatchify_latents(scaled), return_dict=False)[0]
        return pictures


class SanaSprint(Pictures):
    """Its sampler walks on a circle (TrigFlow), but its transformer answers as a flow does; guidance is an input."""

    def velocity(
        self, network: nn.Module, latents: Tensor, times_N: Tensor, text_NLD: Tensor, known_NL: Tensor
    ) -> Tensor:
        """At the guidance that it is served with."""
        guidance = self.model.guidance_scale * float(network.config.guidance_embeds_scale)  # type: ignore[union-attr, arg-type]
        moved: Tensor = network(
            latents[:, :, 0],
            encoder_hidden_states=text_NLD,
            encoder_attention_mask=known_NL,
            guidance=torch.full_like(times_N, guidance),
            timestep=times_N,
            return_dict=False,
        )[0]
        return moved[:, :, None]

    def text(self, pipeline: Any, prompt: str) -> tuple[Tensor, Tensor]:
        """With what the pipeline asks its text encoder for by default."""
        asked = inspect.signature(pipeline.__call__).parameters["complex_human_instruction"].default
        (text_LD,), (known_L,) = pipeline.encode_prompt([prompt], complex_human_instruction=asked)
        return text_LD, known_L.bool()

    def latents_of(self, pipeline: Any, values: Tensor) -> Tensor:
        """Scaled."""
        latents: Tensor = pipeline.vae.encode(values).latent
        return latents * pipeline.vae.config.scaling_factor

    def values_of(self, pipeline: Any, latents: Tensor) -> Tensor:
        """The inverse of the scale before the decoder."""
        pictures: Tensor = pipeline.vae.decode(
            latents / pipeline.vae.config.scaling_factor, return_dict=False
        )[0]
        return pictures
