"""How well generated scenes fit words that nobody wrote a caption for.

    python -m benchmarks.scene_quality [--steps 2 --steps 4] [--sheet docs/scenes.png]

For each held-out caption a scene is generated, alone, as it is served. It is right when the judge (`scene_judge.py`,
trained in a few minutes and kept under `runs`) puts it closer to its own caption than to 49 of other families
(chance: 2 %); its family is right when that of the nearest of all trained captions is its own (chance: 1.6 %). The
ceiling is a newly synthesised scene. Distances, to the nearest scene that was trained on and between two seeds, are
root mean squares of pixels in [0, 1]. Seconds are of one thread.
"""

import json
import time
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import torch.nn.functional as F
import typer
from PIL import Image
from torch import Tensor

from benchmarks.scene_judge import NUM_OTHERS, SceneJudge
from deployments.settings import DEFAULT_CONFIG, AppSettings
from models.scene import SHADES, SceneMaker
from models.text import TextEncoder
from models.training.scenes.examples import load_scenes
from models.training.scenes.families import load_families
from models.training.scenes.flow import SHEET_PROMPTS
from models.training.settings import ImageTraining
from models.training.sheets import write_sheet

ROOT = Path(__file__).resolve().parent.parent
FIRST_NEW, SHEET_PX = 900_000_000, 112


def main(
    out: Annotated[Path, typer.Option(help="Where the figures go.")] = ROOT
    / "benchmarks/results/scene_quality.json",
    steps: Annotated[
        list[int] | None, typer.Option(help="Heun steps; the shipped setting if not given.")
    ] = None,
    strength: Annotated[
        float | None, typer.Option(help="1 starts from noise alone; the shipped setting if not given.")
    ] = None,
    sheet: Annotated[Path | None, typer.Option(help="Also write a sheet of scenes.")] = None,
) -> None:
    """Measure the scenes that ship."""
    settings = AppSettings.load(DEFAULT_CONFIG).image
    assert settings
    torch.set_num_threads(1)
    encoder = TextEncoder()
    maker = SceneMaker.load(settings.weights, settings.num_inference_steps, strength or settings.strength)
    judge = SceneJudge(encoder, ROOT / "runs" / "scene_judge")
    trained = ImageTraining.load(DEFAULT_CONFIG.parent / "train" / "image.yaml")
    scenes = load_scenes(trained.variants, trained.seed, ROOT / "runs" / "image" / "scenes.safetensors")
    known = torch.cat([_small(part) for part in scenes.pictures_NCHW.split(256)])
    real = _stack([judge.families[row].scene(FIRST_NEW + i) for i, row in enumerate(judge.family_N)])
    figures: dict[str, object] = {
        "version": maker.version,
        "captions": len(judge.texts_NT),
        "families": len(judge.families),
        "of": NUM_OTHERS + 1,
        "strength": maker.strength,
        "synthesised scenes": judge.figures(real)
        | {"nearest trained scene": _nearest(_small(real), known)},
    }
    for count in steps or [maker.num_inference_steps]:
        maker.num_inference_steps = count
        started = time.perf_counter()
        made = _make(maker, judge.texts_NT, 0)
        seconds = (time.perf_counter() - started) / len(made)
        again = _make(maker, judge.texts_NT, len(SHADES))
        apart = (_small(made) - _small(again)).square().mean(1).sqrt()
        figures[f"{count} steps"] = judge.figures(made) | {
            "nearest trained scene": _nearest(_small(made), known),
            "between two seeds": round(float(apart.median()), 3),
            "evaluations": maker.num_evaluations,
            "seconds a scene": round(seconds, 3),
        }
    out.write_text(json.dumps(figures, indent=2) + "\n")
    print(json.dumps(figures, indent=2))
    if sheet:
        maker.num_inference_steps = settings.num_inference_steps
        _show(maker, judge, torch.from_numpy(encoder.encode(SHEET_PROMPTS)), sheet)


def _make(maker: SceneMaker, texts_NT: Tensor, first_seed: int) -> Tensor:
    return _stack([maker.make(text[None], [first_seed + i]).images[0] for i, text in enumerate(texts_NT)])


def _stack(images: list[Image.Image]) -> Tensor:
    """Pictures (N, C, H, W) as bytes."""
    return torch.from_numpy(np.stack([np.asarray(image).transpose(2, 0, 1) for image in images]))


def _small(pictures_NCHW: Tensor) -> Tensor:
    return F.avg_pool2d(pictures_NCHW.float() / 255, 6).flatten(1)


def _nearest(pictures_ND: Tensor, known_MD: Tensor) -> float:
    """The median distance to the nearest scene that was trained on."""
    distances = torch.cdist(pictures_ND, known_MD).min(1).values
    return round(float(distances.median()) / pictures_ND.shape[1] ** 0.5, 3)


def _show(maker: SceneMaker, judge: SceneJudge, prompts_BT: Tensor, sheet: Path) -> None:
    """A synthesised scene of the nearest caption above three generated ones."""
    families = [load_families()[int(row)] for row in judge.family_of(prompts_BT)]
    rows = [[family.scene(FIRST_NEW) for family in families]]
    rows += [list(maker.make(prompts_BT, [seed] * len(prompts_BT)).images) for seed in range(3)]
    small = [[image.convert("RGBA").resize((SHEET_PX, SHEET_PX)) for image in row] for row in rows]
    write_sheet(sheet, small, SHEET_PROMPTS)


if __name__ == "__main__":
    typer.run(main)
