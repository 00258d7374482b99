"""Train the judge of sounds: the picture encoder on spectrograms, in another loudness and partly hidden."""

from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.mel import NUM_FRAMES, NUM_MELS
from models.relevance import PictureEncoder, contrastive_loss
from models.training.flow import TextBank
from models.training.loop import train_stage
from models.training.settings import AudioTraining
from models.training.sounds.examples import Sounds

HIDDEN_FRAMES, HIDDEN_MELS = 20, 6  # (SpecAugment, Park et al. 2019)


def train_sound_judge(
    sounds: Sounds, bank: TextBank, settings: AudioTraining, run_dir: Path
) -> PictureEncoder:
    """Train, or go on training, and return the averaged encoder; never sees the generator."""
    model = PictureEncoder(channels=1, picture_size=96, width=settings.judge_width)

    def loss(compiled: nn.Module, generator: torch.Generator) -> Tensor:
        chosen_B = torch.randint(
            len(sounds.mels_NFT), (settings.relevance.batch_size,), generator=generator
        )
        pictures = degrade(sounds.mels_NFT[chosen_B, None].float(), generator)
        return contrastive_loss(compiled, model.log_temperature, pictures, bank.draw(chosen_B, generator))

    @torch.inference_mode()
    def report(averaged: nn.Module, step: int) -> None:
        labels_NT = bank.vectors_MT[[int(rows[0]) for rows in bank.rows_of]]
        chosen = slice(0, None, 16)
        vectors = averaged(sounds.mels_NFT[chosen, None].float())
        nearest = labels_NT[(vectors @ labels_NT.T).argmax(1)]
        right = (nearest * labels_NT[chosen]).sum(1) > 0.99
        print(f"step {step}: own label first among all: {right.float().mean():.3f}")

    averaged = train_stage(model, loss, settings.relevance, run_dir, seed=settings.seed, report=report)
    assert isinstance(averaged, PictureEncoder)
    return averaged


def degrade(mels_B1FT: Tensor, generator: torch.Generator) -> Tensor:
    """Up to 6 dB softer, blurred for half of them, later by up to half a second, with a stripe of each axis hidden."""
    B = len(mels_B1FT)
    blurred = F.avg_pool2d(mels_B1FT, 3, stride=1, padding=1, count_include_pad=False)
    chosen = (torch.rand(B, 1, 1, 1, generator=generator) < 0.5).float()
    mels = chosen * blurred + (1 - chosen) * mels_B1FT
    mels = mels + 0.02 * torch.randn(mels.shape, generator=generator)
    mels = (mels - 0.15 * torch.rand(B, 1, 1, 1, generator=generator)).clamp(min=-1)
    later = int(torch.randint(48, (), generator=generator))
    mels = F.pad(mels, (later, 0), value=-1.0)[..., :NUM_FRAMES]
    first_B = torch.randint(NUM_FRAMES, (B, 1, 1, 1), generator=generator)
    frames, rows = torch.arange(NUM_FRAMES), torch.arange(NUM_MELS)[:, None]
    mels = mels.masked_fill((frames >= first_B) & (frames < first_B + HIDDEN_FRAMES), -1.0)
    low_B = torch.randint(NUM_MELS, (B, 1, 1, 1), generator=generator)
    return mels.masked_fill((rows >= low_B) & (rows < low_B + HIDDEN_MELS), -1.0)
