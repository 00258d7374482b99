"""Train the picture encoder on the catalogue's stickers, blurred and recoloured so that it judges what it has not seen."""

from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.relevance import PictureEncoder, contrastive_loss
from models.text import TextEncoder
from models.training.flow import TextBank
from models.training.loop import train_stage
from models.training.settings import StickerTraining
from models.training.stickers import Stickers, augment, to_float


def train_relevance(
    stickers: Stickers, encoder: TextEncoder, settings: StickerTraining, run_dir: Path
) -> PictureEncoder:
    """Train, or go on training, and return the averaged encoder; never sees the generator."""
    model = PictureEncoder()
    bank = TextBank(stickers.texts, encoder, run_dir.parent / "texts.npz")
    mirrored_N = torch.from_numpy(stickers.mirrored_N)
    pictures_NCHW = stickers.pictures_NCHW[:, :, ::2, ::2]

    def loss(compiled: nn.Module, generator: torch.Generator) -> Tensor:
        chosen_B = torch.randint(len(mirrored_N), (settings.relevance.batch_size,), generator=generator)
        pictures = augment(to_float(pictures_NCHW[chosen_B.numpy()]), mirrored_N[chosen_B], generator)
        pictures = degrade(pictures, generator)
        return contrastive_loss(compiled, model.log_temperature, pictures, bank.draw(chosen_B, generator))

    @torch.inference_mode()
    def report(averaged: nn.Module, step: int) -> None:
        labels_NT = bank.vectors_MT[[int(rows[0]) for rows in bank.rows_of]]
        starts = range(0, len(pictures_NCHW), 128)
        vectors = torch.cat([averaged(to_float(pictures_NCHW[start : start + 128])) for start in starts])
        right = (vectors @ labels_NT.T).argmax(1) == torch.arange(len(vectors))
        print(f"step {step}: own label first among all {len(vectors)}: {right.float().mean():.3f}")

    averaged = train_stage(model, loss, settings.relevance, run_dir, seed=settings.seed, report=report)
    assert isinstance(averaged, PictureEncoder)
    return averaged


def degrade(pictures_BCHW: Tensor, generator: torch.Generator) -> Tensor:
    """Blur half of the pictures, scale the colours of each by 0.8 to 1.2 and add a little noise."""
    B = len(pictures_BCHW)
    blurred = F.interpolate(F.avg_pool2d(pictures_BCHW, 2), scale_factor=2.0, mode="bilinear")
    chosen = (torch.rand(B, 1, 1, 1, generator=generator) < 0.5).float()
    pictures = chosen * blurred + (1 - chosen) * pictures_BCHW
    gain = 0.8 + 0.4 * torch.rand(B, 3, 1, 1, generator=generator)
    colours = (pictures[:, :3] + 1) * gain - 1
    noisy = torch.cat([colours, pictures[:, 3:]], dim=1)
    return noisy + 0.05 * torch.randn(noisy.shape, generator=generator)
