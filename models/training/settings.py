"""What a training run may be told; `configs/train/*.yaml` mirrors it."""

from pathlib import Path
from typing import Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field


class _Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class StageSettings(_Settings):
    """One stage: a model trained for a number of steps."""

    steps: int = Field(
        ge=0, description="Optimiser steps of the whole run, resumed parts included; 0 keeps the weights."
    )
    batch_size: int = Field(gt=0, description="Examples a step.")
    optimiser: Literal["adamw", "muon"] = Field(
        "adamw", description="muon learns more a sample where matrices of transformer blocks dominate."
    )
    learning_rate: float = Field(gt=0, description="Peak learning rate, after warm-up and before cooldown.")
    weight_decay: float = Field(0.01, ge=0, description="Decoupled weight decay of AdamW.")
    warmup_steps: int = Field(200, ge=0, description="Steps of linear warm-up.")
    cooldown: float = Field(
        0.3, ge=0, le=1, description="Share of the steps, at the end, of linear decay to zero."
    )
    ema_decay: float = Field(
        0.999, ge=0, lt=1, description="Decay a step of the averaged weights that ship."
    )
    compile: bool = Field(
        False, description="Compile the model: faster for transformers; needs a C++ compiler."
    )
    bfloat16: bool = Field(
        False, description="Compute in bfloat16: 1.6 times faster where the CPU has AVX512-BF16."
    )
    checkpoint_every: int = Field(500, gt=0, description="Steps between checkpoints and sample sheets.")


class _Training(_Settings):
    """What every training run may be told."""

    seed: int = Field(0, description="Seeds data order, noise and initial weights.")
    threads: int = Field(1, gt=0, description="CPU threads of torch.")
    drop_text: float = Field(
        0.1, ge=0, le=1, description="Share of examples trained without text, for guidance."
    )

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a YAML file; ValueError names the field that is wrong."""
        return cls.model_validate(yaml.safe_load(path.read_text()))


class StickerTraining(_Training):
    """The sticker generator's three models, in the order they are trained."""

    picture_size: int = Field(128, description="Pixels a side; a multiple of 16.")
    restyled: Path | None = Field(
        None,
        description="Folder with the stickers in other styles (`python -m catalog.recipe.styles`); 3D alone without.",
    )
    training_set: Path | None = Field(
        None, description="Folder written by `gramoji training-set`, instead of the catalogue alone."
    )
    autoencoder: StageSettings
    flow: StageSettings
    relevance: StageSettings


class VideoTraining(_Training):
    """The transformer that animates a picture."""

    frames: int = Field(12, ge=2, description="Frames of a loop.")
    views: int = Field(4, gt=0, description="Beginnings, mirrorings and places of each clip.")
    artists_share: float = Field(
        0.5, ge=0, le=1, description="Share of examples that artists animated; code moves the rest."
    )
    shared_noise: float = Field(
        0.7, ge=0, lt=1, description="Part of the noise that the frames of a loop have in common."
    )
    blocks: tuple[int, ...] = Field(description="Blocks of the sticker's transformer to begin from.")
    flow: StageSettings


class AudioTraining(_Training):
    """The sound generator: latents by principal components, then a vocoder, a judge and the flow transformer."""

    views: int = Field(8, gt=0, description="Pitches and beginnings of each sample of the catalogue.")
    variants: int = Field(64, gt=0, description="Synthesised sounds of each family.")
    latent_channels: int = Field(
        128, gt=0, description="Principal components of a patch of the spectrogram."
    )
    patch: int = Field(8, gt=0, description="Frames of a patch; a divisor of the frames of a sound.")
    width: int = Field(192, gt=0, description="Width of the transformer.")
    depth: int = Field(5, gt=0, description="Blocks of the transformer.")
    vocoder_width: int = Field(192, gt=0, description="Width of the vocoder.")
    judge_width: int = Field(32, gt=0, description="Width of the judge; a multiple of 8.")
    vocoder: StageSettings
    relevance: StageSettings
    flow: StageSettings


class ImageTraining(_Training):
    """The scenes behind the stickers of images: an autoencoder, the flow transformer, then the decoder alone."""

    variants: int = Field(64, gt=0, description="Synthesised scenes of each family.")
    latent_channels: int = Field(16, gt=0, description="Channels of a latent of 16x16 pixels.")
    widths: tuple[int, int, int] = Field(
        (40, 80, 112), description="Channels of the autoencoder, fine to coarse; multiples of 8."
    )
    width: int = Field(128, gt=0, description="Width of the transformer.")
    depth: int = Field(5, gt=0, description="Blocks of the transformer.")
    autoencoder: StageSettings
    flow: StageSettings
    decoder: StageSettings
