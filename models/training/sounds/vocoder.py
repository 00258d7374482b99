"""Train the vocoder on pieces of sounds, half of them through the latents, as it will hear them."""

from pathlib import Path

import torch
from torch import Tensor, nn

from models.mel import HOP, NUM_FRAMES, log_mel
from models.sound import spectrogram_image
from models.sound_latents import SoundLatents
from models.training.loop import train_stage
from models.training.settings import AudioTraining
from models.training.sheets import write_sheet
from models.training.sounds.examples import Sounds
from models.vocoder import Vocoder, spectral_distance

PIECE_FRAMES = 64
SHEET_EVERY = 600  # sounds between those of the sheet


def train_vocoder(sounds: Sounds, latents: SoundLatents, settings: AudioTraining, run_dir: Path) -> Vocoder:
    """Train, or go on training, and return the averaged vocoder."""
    model = Vocoder(settings.vocoder_width)
    sounding_N = (sounds.mels_NFT > -0.9).any(1).float().cumsum(1).argmax(1) + 1  # frames until silence

    def loss(compiled: nn.Module, generator: torch.Generator) -> Tensor:
        chosen_B = torch.randint(len(sounds.mels_NFT), (settings.vocoder.batch_size,), generator=generator)
        mels = sounds.mels_NFT[chosen_B].float()
        half = len(chosen_B) // 2
        mels = torch.cat([mels[:half], latents.decode(latents.encode(mels[half:]))])
        latest_B = (sounding_N[chosen_B] - PIECE_FRAMES // 2).clamp(0, NUM_FRAMES - PIECE_FRAMES)
        first_B = (torch.rand(len(chosen_B), generator=generator) * (latest_B + 1)).long().tolist()
        real = sounds.waves(chosen_B)
        pieces = torch.stack(
            [mel[:, at : at + PIECE_FRAMES] for mel, at in zip(mels, first_B, strict=True)]
        )
        waves = [wave[at * HOP : (at + PIECE_FRAMES) * HOP] for wave, at in zip(real, first_B, strict=True)]
        return spectral_distance(compiled(pieces), torch.stack(waves))

    @torch.inference_mode()
    def report(averaged: nn.Module, step: int) -> None:
        mels = sounds.mels_NFT[::SHEET_EVERY].float()
        again = log_mel(averaged(mels))
        rows = [[spectrogram_image(mel) for mel in row] for row in (mels, again)]
        write_sheet(run_dir / "sheets" / f"{step:06d}.png", rows)

    averaged = train_stage(model, loss, settings.vocoder, run_dir, seed=settings.seed, report=report)
    assert isinstance(averaged, Vocoder)
    return averaged
