"""Stickers before and after tuning, of the same words and seeds."""

from pathlib import Path

import numpy as np
import torch
from PIL import Image
from tensorboardX import SummaryWriter

from models.generation import ORDERED
from models.pipeline import MediaFlowPipeline
from models.training.sheets import write_sheet
from models.tuned import TunedSticker
from rl.tuning.latent_media import ShownMedia
from rl.tuning.settings import GeneratorTuning
from rl.tuning.stickers import paint

SHOWN = 8  # words; two seeds each
SHEET = "sheet.png"


def before_and_after(
    settings: GeneratorTuning, shown: ShownMedia, made: TunedSticker, weights: Path, run_dir: Path
) -> None:
    """Write `sheet.png` (two rows before, two after) and the same to TensorBoard."""
    first = {n_gram: row for row, n_gram in reversed(list(enumerate(shown.n_grams)))}
    words = sorted(first)[:SHOWN]
    texts_NT = shown.media.texts_NT[[first[word] for word in words]].float()
    pipeline = MediaFlowPipeline.from_pretrained(weights / "sticker")

    def two_rows() -> list[list[Image.Image]]:
        orders = (settings.seed, settings.seed + 1)
        started = [[ORDERED * order] * len(words) for order in orders]
        return [paint(pipeline, texts_NT, seeds, settings.strength, settings.guidance) for seeds in started]

    rows = two_rows()
    pipeline.references.prefer(made.worth)
    pipeline.transformer = made.transformer.eval()
    rows += two_rows()
    write_sheet(run_dir / SHEET, rows, words)
    show(run_dir)


def show(run_dir: Path) -> None:
    """Put the sheet into TensorBoard."""
    with Image.open(run_dir / SHEET) as sheet, SummaryWriter(str(run_dir / "tensorboard")) as writer:
        picture_HWC = np.asarray(sheet.convert("RGB"))
        writer.add_image(
            "generator/before_and_after", torch.from_numpy(picture_HWC.copy()), dataformats="HWC"
        )
