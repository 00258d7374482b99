"""Train the autoencoder on the catalogue's stickers."""

from pathlib import Path

import torch
from torch import Tensor, nn

from models.autoencoder import Autoencoder, reconstruction_loss
from models.sticker import to_image
from models.training.loop import train_stage
from models.training.settings import StickerTraining
from models.training.sheets import write_sheet
from models.training.stickers import Stickers, augment, to_float


def train_autoencoder(stickers: Stickers, settings: StickerTraining, run_dir: Path) -> Autoencoder:
    """Train, or go on training, and return the averaged autoencoder."""
    model = Autoencoder(picture_size=settings.picture_size)
    mirrored_N = torch.from_numpy(stickers.mirrored_N)

    def loss(compiled: nn.Module, generator: torch.Generator) -> Tensor:
        chosen = torch.randint(len(mirrored_N), (settings.autoencoder.batch_size,), generator=generator)
        pictures = augment(to_float(stickers.pictures_NCHW[chosen.numpy()]), mirrored_N[chosen], generator)
        pictures = pictures.contiguous(memory_format=torch.channels_last)
        return reconstruction_loss(compiled(pictures), pictures)

    @torch.inference_mode()
    def report(averaged: nn.Module, step: int) -> None:
        chosen = range(0, len(mirrored_N), max(1, len(mirrored_N) // 14))
        originals = to_float(stickers.pictures_NCHW[list(chosen)])
        rows = [
            [to_image(picture) for picture in pictures] for pictures in (originals, averaged(originals))
        ]
        write_sheet(run_dir / "sheets" / f"{step:06d}.png", rows)

    averaged = train_stage(model, loss, settings.autoencoder, run_dir, seed=settings.seed, report=report)
    assert isinstance(averaged, Autoencoder)
    return averaged
