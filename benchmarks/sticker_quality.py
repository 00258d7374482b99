"""How often a stranger's eye, here a separately trained picture encoder, would match a sticker to its caption.

    python -m benchmarks.sticker_quality

For 200 captions of the catalogue one sticker each is generated. It counts as right when the encoder puts it
closer to its own caption than to 49 other captions drawn from the catalogue (chance: 2 %). The same is asked
of the real artwork, which bounds what the encoder can see. Distances to the nearest training picture show
whether stickers are copies, variations or new: below a strength of 1 a catalogue sticker is varied.
"""

import json
import random
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from tqdm import tqdm

from catalog.reader import read_items
from deployments.settings import DEFAULT_CONFIG, AppSettings
from deployments.sticker import load_generator
from models.sticker import StickerGenerator, to_image
from models.training.flow import SHEET_PROMPTS
from models.training.sheets import write_sheet
from models.training.stickers import load_stickers, to_float

ROOT = Path(__file__).resolve().parent.parent
NUM_CAPTIONS = 200
NUM_OTHERS = 49


def main(
    steps: Annotated[list[int] | None, typer.Option(help="Numbers of Heun steps to compare.")] = None,
    guidance: Annotated[
        float | None, typer.Option(help="Guidance; the shipped setting if not given.")
    ] = None,
    strength: Annotated[
        float | None, typer.Option(help="1 draws from noise alone; the shipped setting if not given.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Where the figures go.")] = ROOT
    / "benchmarks/results/sticker_quality.json",
    sheet: Annotated[
        Path | None, typer.Option(help="Also write a sheet of 64 stickers for 16 prompts.")
    ] = None,
) -> None:
    """Measure relevance of the shipped sticker weights."""
    settings = AppSettings.load(DEFAULT_CONFIG).sticker
    generator = load_generator(settings)
    generator.guidance_scale = guidance or generator.guidance_scale
    generator.strength = strength or generator.strength
    stickers = load_stickers(read_items(media_types=("sticker",)), 128)
    draw = random.Random(0)
    chosen = draw.sample(range(len(stickers.labels)), NUM_CAPTIONS)
    vectors = torch.from_numpy(generator.encoder.encode(stickers.labels))
    others = [draw.sample([i for i in range(len(vectors)) if i != own], NUM_OTHERS) for own in chosen]
    figures: dict[str, object] = {
        "version": generator.version,
        "captions": NUM_CAPTIONS,
        "of": NUM_OTHERS + 1,
        "strength": generator.strength,
    }
    real = to_float(stickers.pictures_NCHW[chosen])
    figures["real artwork"] = _share(generator, real, vectors, chosen, others)
    for count in steps or [settings.num_inference_steps]:
        pictures = _generate(generator, [stickers.labels[i] for i in chosen], count)
        figures[f"{count} steps"] = _share(generator, pictures, vectors, chosen, others)
        if count == settings.num_inference_steps:
            figures["nearest training picture"] = _copies(pictures, stickers.pictures_NCHW)
    if sheet:
        rows = [
            _generate(generator, SHEET_PROMPTS, settings.num_inference_steps, seed) for seed in range(4)
        ]
        write_sheet(sheet, [[to_image(picture) for picture in row] for row in rows], SHEET_PROMPTS)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(figures, indent=2) + "\n")
    print(json.dumps(figures, indent=2))


def _generate(
    generator: StickerGenerator, prompts: list[str] | tuple[str, ...], steps: int, seed: int = 0
) -> torch.Tensor:
    rows = []
    for start in tqdm(range(0, len(prompts), 16), desc=f"{steps} steps"):
        text = torch.from_numpy(generator.encoder.encode(prompts[start : start + 16]))
        made = generator.pipeline(
            text,
            [seed * 1000 + start + i for i in range(len(text))],
            num_inference_steps=steps,
            guidance_scale=generator.guidance_scale,
            strength=generator.strength,
        )
        rows.append(made.pictures_BCFHW[:, :, 0])
    return torch.cat(rows)


@torch.inference_mode()
def _share(
    generator: StickerGenerator,
    pictures: torch.Tensor,
    vectors: torch.Tensor,
    chosen: list[int],
    others: list[list[int]],
) -> dict[str, float]:
    seen = generator.judge(pictures)
    own = (seen * vectors[chosen]).sum(1)
    foreign = torch.stack([vectors[row] @ picture for row, picture in zip(others, seen, strict=True)])
    right = (own > foreign.max(1).values).float()
    draw = np.random.default_rng(0)
    shares = [right.numpy()[draw.integers(len(right), size=len(right))].mean() for _ in range(2000)]
    low, high = np.quantile(shares, [0.025, 0.975])
    return {
        "own caption first": round(right.mean().item(), 3),
        "low": round(float(low), 3),
        "high": round(float(high), 3),
        "median cosine": round(own.median().item(), 3),
    }


def _copies(pictures: torch.Tensor, training: np.ndarray) -> dict[str, float]:
    """Root mean squared distance on [-1, 1] to the nearest training picture, against that among the training pictures."""
    small = torch.nn.functional.avg_pool2d
    real = torch.cat(
        [small(to_float(training[i : i + 64]), 4).flatten(1) for i in range(0, len(training), 64)]
    )
    made = small(pictures, 4).flatten(1)
    scale = real.shape[1] ** 0.5
    nearest = torch.cdist(made, real).min(1).values / scale
    among = torch.cdist(real, real).fill_diagonal_(float("inf")).min(1).values / scale
    return {
        "generated median": round(nearest.median().item(), 3),
        "generated 5th percentile": round(nearest.quantile(0.05).item(), 3),
        "training median": round(among.median().item(), 3),
        "training 5th percentile": round(among.quantile(0.05).item(), 3),
    }


if __name__ == "__main__":
    typer.run(main)
