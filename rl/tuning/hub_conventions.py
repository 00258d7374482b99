"""How each of diffusers' pipelines calls its transformer, its text encoder and its autoencoder.

All become the same thing: latents (N, C, H, W) as the sampler has them, noise at time 1 and media at time 0, and the
velocity noise - media.

N: media; C, H, W: latents; L: tokens, D: text width.
"""

import inspect
from typing import Any, Protocol

import torch
from diffusers import Flux2KleinPipeline
from torch import Tensor, nn

from models.hub.model import HubImageModel


class Convention(Protocol):
    """One pipeline's."""

    def velocity(
        self, network: nn.Module, latents: Tensor, times_N: Tensor, text_NLD: Tensor, known_NL: Tensor
    ) -> Tensor:
        """The velocity (N, C, H, W); `known` says which tokens count."""
        ...

    def text(self, pipeline: Any, prompt: str) -> tuple[Tensor, Tensor]:
        """What the transformer is told of a prompt: (L, D), and which tokens count (L,)."""
        ...

    def encode(self, pipeline: Any, pictures: Tensor) -> Tensor:
        """The latents of pictures (N, 3, height, width) in [-1, 1]."""
        ...

    def decode(self, pipeline: Any, latents: Tensor) -> Tensor:
        """The pictures of latents."""
        ...


class ZImage:
    """Its time runs the other way, from 0 to 1, and its velocity is media - noise."""

    def velocity(
        self, network: nn.Module, latents: Tensor, times_N: Tensor, text_NLD: Tensor, known_NL: Tensor
    ) -> Tensor:
        """Texts go in as they are, without what pads them."""
        texts = [text_LD[known_L] for text_LD, known_L in zip(text_NLD, known_NL, strict=True)]
        moved = network(list(latents.unsqueeze(2)), 1 - times_N, texts, return_dict=False)[0]
        return -torch.stack(list(moved))[:, :, 0]

    def text(self, pipeline: Any, prompt: str) -> tuple[Tensor, Tensor]:
        """As many tokens as the prompt has."""
        (text_LD,), _ = pipeline.encode_prompt([prompt], do_classifier_free_guidance=False)
        return text_LD, torch.ones(len(text_LD), dtype=torch.bool)

    def encode(self, pipeline: Any, pictures: Tensor) -> Tensor:
        """The likeliest latents, shifted and scaled."""
        config = pipeline.vae.config
        latents: Tensor = pipeline.vae.encode(pictures).latent_dist.mode()
        return (latents - config.shift_factor) * config.scaling_factor

    def decode(self, pipeline: Any, latents: Tensor) -> Tensor:
        """The inverse of the scale and the shift before the decoder."""
        config = pipeline.vae.config
        pictures: Tensor = pipeline.vae.decode(
            latents / config.scaling_factor + config.shift_factor, return_dict=False
        )[0]
        return pictures


class Flux2Klein:
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
        moved: Tensor = network(
            hidden_states=latents.flatten(2).transpose(1, 2),
            timestep=times_N,
            guidance=None,
            encoder_hidden_states=text_NLD,
            txt_ids=Flux2KleinPipeline._prepare_text_ids(text_NLD).to(latents.device),
            img_ids=Flux2KleinPipeline._prepare_latent_ids(latents).to(latents.device),
            return_dict=False,
        )[0]
        return moved.transpose(1, 2).reshape(latents.shape)

    def text(self, pipeline: Any, prompt: str) -> tuple[Tensor, Tensor]:
        """Always as many tokens."""
        (text_LD,), _ = pipeline.encode_prompt([prompt])
        return text_LD, torch.ones(len(text_LD), dtype=torch.bool)

    def encode(self, pipeline: Any, pictures: Tensor) -> Tensor:
        """Normalised channel by channel."""
        latents: Tensor = pipeline._encode_vae_image(pictures, generator=None)
        return latents

    def decode(self, pipeline: Any, latents: Tensor) -> Tensor:
        """The inverse of the norm before the decoder."""
        norm = pipeline.vae.bn
        deviation_C = torch.sqrt(norm.running_var + pipeline.vae.config.batch_norm_eps)
        scaled = latents * deviation_C[:, None, None] + norm.running_mean[:, None, None]
        pictures: Tensor = pipeline.vae.decode(pipeline._unpatchify_latents(scaled), return_dict=False)[0]
        return pictures


class SanaSprint:
    """Its sampler walks on a circle (TrigFlow), but its transformer answers as a flow does; guidance is an input."""

    def __init__(self, guidance_scale: float) -> None:
        self.guidance_scale = guidance_scale

    def velocity(
        self, network: nn.Module, latents: Tensor, times_N: Tensor, text_NLD: Tensor, known_NL: Tensor
    ) -> Tensor:
        """At the guidance that it is served with."""
        guidance = self.guidance_scale * float(network.config.guidance_embeds_scale)  # type: ignore[union-attr, arg-type]
        moved: Tensor = network(
            latents,
            encoder_hidden_states=text_NLD,
            encoder_attention_mask=known_NL,
            guidance=torch.full_like(times_N, guidance),
            timestep=times_N,
            return_dict=False,
        )[0]
        return moved

    def text(self, pipeline: Any, prompt: str) -> tuple[Tensor, Tensor]:
        """With what the pipeline asks its text encoder for by default."""
        asked = inspect.signature(pipeline.__call__).parameters["complex_human_instruction"].default
        (text_LD,), (known_L,) = pipeline.encode_prompt([prompt], complex_human_instruction=asked)
        return text_LD, known_L.bool()

    def encode(self, pipeline: Any, pictures: Tensor) -> Tensor:
        """Scaled."""
        latents: Tensor = pipeline.vae.encode(pictures).latent
        return latents * pipeline.vae.config.scaling_factor

    def decode(self, pipeline: Any, latents: Tensor) -> Tensor:
        """The inverse of the scale before the decoder."""
        pictures: Tensor = pipeline.vae.decode(
            latents / pipeline.vae.config.scaling_factor, return_dict=False
        )[0]
        return pictures


def convention_of(model: HubImageModel) -> Convention:
    """The one of the model's pipeline."""
    if model.pipeline == "ZImagePipeline":
        return ZImage()
    if model.pipeline == "Flux2KleinPipeline":
        return Flux2Klein()
    return SanaSprint(model.guidance_scale)
