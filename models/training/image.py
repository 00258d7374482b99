"""The whole job behind `gramoji train image`: scenes synthesised in code in, weights and sheets out."""

from pathlib import Path

import torch

from models.text import TextEncoder
from models.training.curves import write_loss_curves
from models.training.job import write_sums
from models.training.packing import pack
from models.training.scenes.autoencoder import train_scene_autoencoder
from models.training.scenes.decoder import train_scene_decoder
from models.training.scenes.examples import load_scenes
from models.training.scenes.flow import encode_scenes, train_scene_flow
from models.training.settings import ImageTraining


def train_image(settings: ImageTraining, run_dir: Path, out: Path) -> None:
    """Train, or go on training, on synthesised scenes; `out`/image is written."""
    torch.set_num_threads(settings.threads)
    torch.manual_seed(settings.seed)
    scenes = load_scenes(settings.variants, settings.seed, run_dir / "scenes.safetensors")
    autoencoder = train_scene_autoencoder(scenes, settings, run_dir / "autoencoder")
    known = encode_scenes(scenes, autoencoder, run_dir / "flow" / "latents.safetensors")
    transformer, references = train_scene_flow(
        scenes, known, autoencoder, TextEncoder(), settings, run_dir / "flow"
    )
    decoder = train_scene_decoder(scenes, known, autoencoder, settings, run_dir / "decoder")
    parts = {"transformer": pack(transformer), "vae": decoder.half(), "references": references.half()}
    for name, part in parts.items():
        part.save_pretrained(out / "image" / name)
    write_sums(out)
    write_loss_curves(run_dir)
