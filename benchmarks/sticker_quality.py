"""How often a stranger's eye, here a separately trained picture encoder, would match a sticker to its caption.

    python -m benchmarks.sticker_quality

For 200 captions of the catalogue one sticker each is generated in each style, and a second one of the same order. It
counts as right when the encoder puts it closer to its own caption than to 49 other captions drawn from the catalogue
(chance: 2 %). The same is asked of the real artwork of 3D, which bounds what the encoder can see. Distances to the nearest
catalogue picture show whether stickers are copies, variations or new: below a strength of 1 a sticker is varied.
"""

import json
import random
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from tqdm import tqdm

from catalog.items import STYLES, Style
from catalog.reader import read_items
from deployments.settings import DEFAULT_CONFIG, AppSettings
from deployments.sticker import load_generator
from models.generation import ORDERED
from models.references import Wish
from models.relevance import PictureEncoder
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
        Path | None, typer.Option(help="Also write a sheet of 16 prompts, two stickers a style.")
    ] = None,
    relevance_weights: Annotated[
        Path | None, typer.Option(help="Another judge, such as that of an older version.")
    ] = None,
) -> None:
    """Measure relevance of the shipped sticker weights."""
    torch.set_num_threads(1)
    settings = AppSettings.load(DEFAULT_CONFIG).sticker
    generator = load_generator(settings)
    generator.guidance_scale = guidance or generator.guidance_scale
    generator.strength = strength or generator.strength
    if relevance_weights:
        generator.judge = PictureEncoder.from_pretrained(relevance_weights).eval()
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
    labels = [stickers.labels[i] for i in chosen]
    for count in steps or [settings.num_inference_steps]:
        for style in STYLES:
            began = time.perf_counter()
            pictures, evaluations = _generate(generator, labels, count, style)
            took_s = time.perf_counter() - began
            figures[f"{style}, {count} steps"] = _share(generator, pictures, vectors, chosen, others) | {
                "evaluations": evaluations,
                "seconds a sticker in batches of 16": round(took_s / len(labels), 4),
            }
            if count == settings.num_inference_steps:
                second, _ = _generate(generator, labels, count, style, place=1)
                figures[f"{style}, second of an order"] = _share(generator, second, vectors, chosen, others)
                if style == "3d":
                    figures["nearest training picture"] = _copies(pictures, stickers.pictures_NCHW)
    if sheet:
        rows = [
            _generate(generator, SHEET_PROMPTS, settings.num_inference_steps, style, place)[0]
            for style in STYLES
            for place in (0, 1)
        ]
        write_sheet(sheet, [[to_image(picture) for picture in row] for row in rows], SHEET_PROMPTS)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(figures, indent=2) + "\n")
    print(json.dumps(figures, indent=2))


def _generate(
    generator: StickerGenerator,
    prompts: Sequence[str],
    steps: int,
    style: Style,
    place: int = 0,
) -> tuple[torch.Tensor, int]:
    """One sticker a prompt, each the first of an order of its own or at a later place; and the evaluations a batch."""
    rows, evaluations = [], 0
    for start in tqdm(range(0, len(prompts), 16), desc=f"{style}, {steps} steps"):
        text = torch.from_numpy(generator.encoder.encode(prompts[start : start + 16]))
        made = generator.pipeline(
            text,
            [ORDERED * (start + i) + place for i in range(len(text))],
            num_inference_steps=steps,
            guidance_scale=generator.guidance_scale,
            strength=generator.strength,
            wishes=[Wish(STYLES.index(style))] * len(text),
        )
        rows.append(made.pictures_BCFHW[:, :, 0])
        evaluations = made.num_evaluations
    return torch.cat(rows), evaluations


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
