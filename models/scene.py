"""Scenes from text: the flow transformer on the latents of an opaque autoencoder.

Array names: B batch, C channels, H and W pixels, T text width.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import torch
from diffusers import FlowMatchHeunDiscreteScheduler
from PIL import Image
from torch import Tensor

from catalog.items import Colour
from models.autoencoder import Autoencoder
from models.generation import KeepGoing
from models.pipeline import integrate, set_start
from models.scene_references import SceneReferences
from models.sticker import weights_checksum
from models.transformer import FlowTransformer

SHADES: tuple[Colour, ...] = ("cool", "neutral", "warm")  # what the transformer calls its styles
GUIDANCE = 2.0


@dataclass(frozen=True, slots=True, eq=False)
class MadeScenes:
    """Opaque pictures, and the evaluations that were run; no pictures if it was stopped."""

    images: tuple[Image.Image, ...]
    num_evaluations: int


class SceneMaker:
    """The networks of `gramoji train image`. Run one batch at a time."""

    def __init__(
        self,
        transformer: FlowTransformer,
        vae: Autoencoder,
        references: SceneReferences,
        num_inference_steps: int,
        strength: float,
        version: str = "scene",
    ) -> None:
        self.transformer, self.vae = transformer.float().eval(), vae.float().eval()
        self.scheduler = FlowMatchHeunDiscreteScheduler()
        self.references = references
        self.num_inference_steps, self.strength = num_inference_steps, strength
        self.version = version

    @classmethod
    def load(cls, weights: Path, num_inference_steps: int, strength: float) -> Self:
        """The networks in a folder."""
        if not weights.is_dir():
            raise ValueError(f"{weights}: no such weights; train them with `gramoji train image`")
        return cls(
            FlowTransformer.from_pretrained(weights / "transformer"),
            Autoencoder.from_pretrained(weights / "vae"),
            SceneReferences.from_pretrained(weights / "references"),
            num_inference_steps,
            strength,
            f"scene-{weights_checksum(weights)[:10]}",
        )

    @property
    def num_evaluations(self) -> int:
        """Of the transformer for a scene: two for each of Heun's steps but the last."""
        return 2 * self.num_inference_steps - 1

    @torch.inference_mode()
    def make(
        self,
        text_BT: Tensor,
        seeds: Sequence[int],
        colours: Sequence[Colour | None] | None = None,
        keep_going: KeepGoing = lambda _: True,
    ) -> MadeScenes:
        """One scene for each text; the same text, seed, colour and settings give the same pixels.

        Below a strength of 1 each starts from a scene that fits, with noise up to that time (SDEdit, Meng et al. 2022).
        Without a `colour` the seed chooses whether it is a cool, a neutral or a warm one of its kind.
        """
        config = self.transformer.config
        shape = (config.latent_channels, *config.latent_shape)
        noise = torch.stack(
            [torch.randn(shape, generator=torch.Generator().manual_seed(seed)) for seed in seeds]
        )
        liked = colours or [None] * len(seeds)
        style_B = torch.tensor(
            [
                SHADES.index(colour) if colour else seed % len(SHADES)
                for colour, seed in zip(liked, seeds, strict=True)
            ]
        )
        set_start(self.scheduler, self.num_inference_steps, self.strength)
        if self.strength < 1:
            known = self.references.pick(text_BT, seeds, style_B)[:, :, None]
            noise = self.strength * noise + (1 - self.strength) * known
        latents, done = integrate(
            self.transformer, self.scheduler, noise, text_BT, GUIDANCE, keep_going, style_B=style_B
        )
        if done < self.num_evaluations:
            return MadeScenes((), done)
        pictures_BCHW = self.vae.decode(latents[:, :, 0])
        return MadeScenes(tuple(to_rgb(picture) for picture in pictures_BCHW), done)


def to_rgb(picture_CHW: Tensor) -> Image.Image:
    """An opaque picture in [-1, 1] to a Pillow image."""
    values = ((picture_CHW.clamp(-1, 1) + 1) * 127.5).round().byte()
    return Image.fromarray(values.permute(1, 2, 0).contiguous().numpy(), "RGB")
