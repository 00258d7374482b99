"""Train the decoder on, alone: the latents stay as the flow transformer learns them, what they look like gets sharper.

Array names: N scenes, C latent channels, H and W the latent grid, B batch.
"""

from pathlib import Path

import torch
from torch import Tensor, nn

from models.autoencoder import Autoencoder, reconstruction_loss
from models.training.loop import train_stage
from models.training.scenes.autoencoder import images_of
from models.training.scenes.examples import Scenes
from models.training.settings import ImageTraining
from models.training.sheets import write_sheet

PLACE_PX = 16  # of the picture, to a place of the latent grid


class Decoding(nn.Module):
    """Latents to pictures, as a module whose call is `decode`."""

    def __init__(self, autoencoder: Autoencoder) -> None:
        super().__init__()
        self.autoencoder = autoencoder

    def forward(self, latents_BCHW: Tensor) -> Tensor:
        """Decode."""
        return self.autoencoder.decode(latents_BCHW)


def train_scene_decoder(
    scenes: Scenes, known_NCHW: Tensor, autoencoder: Autoencoder, settings: ImageTraining, run_dir: Path
) -> Autoencoder:
    """Train, or go on training, and return the averaged decoder."""
    model = Decoding(autoencoder.decoder_only())
    half = known_NCHW.shape[2] // 2

    def loss(compiled: nn.Module, generator: torch.Generator) -> Tensor:
        shape = (settings.decoder.batch_size,)
        chosen_B = torch.randint(len(known_NCHW), shape, generator=generator)
        top, left = torch.randint(half + 1, (2,), generator=generator).tolist()
        latents = known_NCHW[chosen_B, :, top : top + half, left : left + half]
        noise = torch.randn(latents.shape, generator=generator)
        pictures = scenes.pictures(chosen_B)[
            :,
            :,
            PLACE_PX * top : PLACE_PX * (top + half),
            PLACE_PX * left : PLACE_PX * (left + half),
        ].contiguous(memory_format=torch.channels_last)
        return reconstruction_loss(compiled(latents + autoencoder.config.latent_noise * noise), pictures)

    @torch.inference_mode()
    def report(averaged: nn.Module, step: int) -> None:
        chosen = slice(0, None, 5 * scenes.variants)
        rows = [images_of(each) for each in (scenes.pictures(chosen), averaged(known_NCHW[chosen]))]
        write_sheet(run_dir / "sheets" / f"{step:06d}.png", rows)

    averaged = train_stage(model, loss, settings.decoder, run_dir, seed=settings.seed, report=report)
    assert isinstance(averaged, Decoding)
    return averaged.autoencoder
