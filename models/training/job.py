"""The whole job behind `gramoji train sticker`: catalogue in, weights and sheets out."""

from pathlib import Path

import torch
from diffusers import FlowMatchHeunDiscreteScheduler
from safetensors.torch import load_file, save_file

from catalog.checksums import file_sha256
from models.pipeline import MediaFlowPipeline
from models.text import TextEncoder
from models.training.autoencoder import train_autoencoder
from models.training.curves import write_loss_curves
from models.training.flow import train_flow
from models.training.relevance import train_relevance
from models.training.settings import StickerTraining
from models.training.stickers import load_styles


def train_sticker(settings: StickerTraining, run_dir: Path, out: Path, start_from: Path | None) -> None:
    """Train the three models one after another; a stage that is finished is loaded, not trained again.

    With `start_from`, a folder such as `models/weights`, stages without a checkpoint begin with its weights.
    """
    if start_from is not None:
        _copy_weights(start_from, run_dir)
    torch.set_num_threads(settings.threads)
    torch.manual_seed(settings.seed)
    stickers = load_styles(settings.restyled, settings.picture_size, settings.training_set)
    encoder = TextEncoder()
    autoencoder = train_autoencoder(stickers, settings, run_dir / "autoencoder")
    judge = train_relevance(stickers, encoder, settings, run_dir / "relevance")
    judge.half().save_pretrained(out / "relevance")
    transformer, references = train_flow(stickers, autoencoder, encoder, settings, run_dir / "flow")
    pipeline = MediaFlowPipeline(
        transformer.half(), autoencoder.half(), FlowMatchHeunDiscreteScheduler(), references.half()
    )
    pipeline.save_pretrained(out / "sticker")
    write_sums(out)
    write_loss_curves(run_dir)


def write_sums(out: Path) -> None:
    """Write the SHA-256 of every weights file, in the format of `sha256sum`."""
    paths = sorted(path for path in out.rglob("*.safetensors"))
    lines = [f"{file_sha256(path)}  {path.relative_to(out)}\n" for path in paths]
    (out / "SHA256SUMS").write_text("".join(lines), "ascii")


def _copy_weights(folder: Path, run_dir: Path) -> None:
    parts = {"autoencoder": "sticker/vae", "relevance": "relevance", "flow": "sticker/transformer"}
    for stage, part in parts.items():
        weights = load_file(folder / part / "diffusion_pytorch_model.safetensors")
        (run_dir / stage).mkdir(parents=True, exist_ok=True)
        floats = {
            name: each.float() if each.is_floating_point() else each for name, each in weights.items()
        }
        save_file(floats, run_dir / stage / "averaged.safetensors")
