"""Train the flow transformer on the latents of scenes.

Array names: N scenes, C latent channels, H and W the latent grid, B batch, T text width.
"""

from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from tqdm import tqdm

from models.autoencoder import Autoencoder
from models.scene import SHADES, SceneMaker
from models.scene_references import SceneReferences
from models.text import TextEncoder
from models.training.flow import TextBank
from models.training.loop import train_stage
from models.training.scenes.examples import Scenes
from models.training.scenes.references import make_scene_references
from models.training.scenes.shades import shades
from models.training.settings import ImageTraining
from models.training.sheets import write_sheet
from models.transformer import FlowTransformer, flow_matching_loss

TEXT_NOISE = 0.02  # of each number: a vector of length 1 is moved by about 0.4
SHEET_PROMPTS = (
    "good night", "happy birthday", "i'm on the beach", "so tired", "i love you", "congratulations", "coffee", "rocket",
    "i am so angry", "good luck", "cat", "rainy sunday", "let's go hiking", "merry christmas", "football", "oh no",
)  # fmt: skip


def train_scene_flow(
    scenes: Scenes,
    known_NCHW: Tensor,
    autoencoder: Autoencoder,
    encoder: TextEncoder,
    settings: ImageTraining,
    run_dir: Path,
) -> tuple[FlowTransformer, SceneReferences]:
    """Train, or go on training; returns the averaged transformer, and scenes for it to start from."""
    bank = TextBank(scenes.texts, encoder, run_dir.parent / "texts.npz")
    shade_N = shades(scenes.pictures_NCHW, scenes.variants)
    model = FlowTransformer(
        known_NCHW.shape[1],
        (1, *known_NCHW.shape[2:]),
        width=settings.width,
        depth=settings.depth,
        styles=len(SHADES),
    )
    references = make_scene_references(scenes, known_NCHW, encoder)
    prompts_BT = torch.from_numpy(encoder.encode(SHEET_PROMPTS))

    def loss(compiled: nn.Module, generator: torch.Generator) -> Tensor:
        chosen_B = torch.randint(len(known_NCHW), (settings.flow.batch_size,), generator=generator)
        text_BT = between(bank.draw(chosen_B, generator), bank.draw(chosen_B, generator), generator)
        latents = known_NCHW[chosen_B].unsqueeze(2)
        return flow_matching_loss(
            compiled, latents, text_BT, settings.drop_text, generator, style_B=shade_N[chosen_B]
        )

    @torch.inference_mode()
    def report(averaged: nn.Module, step: int) -> None:
        assert isinstance(averaged, FlowTransformer)
        rows = []
        for strength in (1.0, 0.8):
            maker = SceneMaker(averaged, autoencoder, references, 6, strength)
            for seed in range(2):
                made = maker.make(prompts_BT, [seed] * len(prompts_BT))
                rows.append([image.convert("RGBA") for image in made.images])
        write_sheet(run_dir / "sheets" / f"{step:06d}.png", rows, SHEET_PROMPTS)

    averaged = train_stage(model, loss, settings.flow, run_dir, seed=settings.seed, report=report)
    assert isinstance(averaged, FlowTransformer)
    return averaged, references


def between(first_BT: Tensor, second_BT: Tensor, generator: torch.Generator) -> Tensor:
    """Unit vectors somewhere between two captions of a family, and a little off: new words lie there."""
    share_B1 = torch.rand(len(first_BT), 1, generator=generator)
    off_BT = TEXT_NOISE * torch.randn(first_BT.shape, generator=generator)
    return F.normalize(first_BT + share_B1 * (second_BT - first_BT) + off_BT, dim=1)


@torch.inference_mode()
def encode_scenes(scenes: Scenes, autoencoder: Autoencoder, cache: Path) -> Tensor:
    """The latents (N, C, H, W), encoded once a run: a run that was stopped goes on at once."""
    if not cache.exists():
        cache.parent.mkdir(parents=True, exist_ok=True)
        starts = range(0, len(scenes.pictures_NCHW), 64)
        made = [autoencoder.encode(scenes.pictures(slice(n, n + 64))) for n in tqdm(starts, desc="latents")]
        save_file({"latents": torch.cat(made).contiguous()}, cache)
    return load_file(cache)["latents"]
