"""Train the autoencoder on scenes."""

from pathlib import Path

import torch
from PIL import Image
from torch import Tensor, nn

from models.autoencoder import Autoencoder, reconstruction_loss
from models.scene import to_rgb
from models.training.loop import train_stage
from models.training.scenes.canvas import SIZE_PX
from models.training.scenes.examples import Scenes
from models.training.settings import ImageTraining
from models.training.sheets import write_sheet

WHOLE_SHARE = 0.25  # of the steps; the others are on quarters of four times as many scenes, which teach the same sooner


def train_scene_autoencoder(scenes: Scenes, settings: ImageTraining, run_dir: Path) -> Autoencoder:
    """Train, or go on training, and return the averaged autoencoder."""
    model = Autoencoder(
        channels=3,
        picture_size=SIZE_PX,
        latent_channels=settings.latent_channels,
        widths=settings.widths,
    )

    def loss(compiled: nn.Module, generator: torch.Generator) -> Tensor:
        count = settings.autoencoder.batch_size
        whole = bool(torch.rand((), generator=generator) < WHOLE_SHARE)
        chosen_B = torch.randint(
            len(scenes.pictures_NCHW), (max(1, count // 4) if whole else count,), generator=generator
        )
        pictures = scenes.pictures(chosen_B)
        if not whole:
            top, left = torch.randint(SIZE_PX // 2 + 1, (2,), generator=generator).tolist()
            pictures = pictures[..., top : top + SIZE_PX // 2, left : left + SIZE_PX // 2]
        mirrored_B = torch.rand(len(pictures), 1, 1, 1, generator=generator) < 0.5
        pictures = torch.where(mirrored_B, pictures.flip(-1), pictures)
        pictures = pictures.contiguous(memory_format=torch.channels_last)
        return reconstruction_loss(compiled(pictures), pictures)

    @torch.inference_mode()
    def report(averaged: nn.Module, step: int) -> None:
        originals = scenes.pictures(slice(0, None, 5 * scenes.variants))
        rows = [images_of(pictures) for pictures in (originals, averaged(originals))]
        write_sheet(run_dir / "sheets" / f"{step:06d}.png", rows)

    averaged = train_stage(model, loss, settings.autoencoder, run_dir, seed=settings.seed, report=report)
    assert isinstance(averaged, Autoencoder)
    return averaged


def images_of(pictures_BCHW: Tensor) -> list[Image.Image]:
    """Pillow images for a sheet."""
    return [to_rgb(picture).convert("RGBA") for picture in pictures_BCHW]
