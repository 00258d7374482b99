"""The whole job behind `gramoji train sticker`: catalogue in, weights and sheets out."""

from pathlib import Path

import torch
from diffusers import FlowMatchHeunDiscreteScheduler

from catalog.reader import read_items
from models.pipeline import MediaFlowPipeline
from models.text import TextEncoder
from models.training.autoencoder import train_autoencoder
from models.training.curves import write_loss_curves
from models.training.flow import train_flow
from models.training.relevance import train_relevance
from models.training.settings import StickerTraining
from models.training.stickers import load_stickers


def train_sticker(settings: StickerTraining, run_dir: Path, out: Path) -> None:
    """Train the three models one after another; a stage that is finished is loaded, not trained again."""
    torch.set_num_threads(settings.threads)
    torch.manual_seed(settings.seed)
    stickers = load_stickers(read_items(media_types=("sticker",)), settings.picture_size)
    encoder = TextEncoder()
    autoencoder = train_autoencoder(stickers, settings, run_dir / "autoencoder")
    judge = train_relevance(stickers, encoder, settings, run_dir / "relevance")
    judge.half().save_pretrained(out / "relevance")
    transformer = train_flow(stickers, autoencoder, encoder, settings, run_dir / "flow")
    pipeline = MediaFlowPipeline(transformer.half(), autoencoder.half(), FlowMatchHeunDiscreteScheduler())
    pipeline.save_pretrained(out / "sticker")
    write_loss_curves(run_dir)
