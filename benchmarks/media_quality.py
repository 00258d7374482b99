"""How well generated images and loops fit their captions, and what each media type costs.

    python -m benchmarks.media_quality [--sheet docs/loops.png]

As in `sticker_quality`: for 100 captions of the catalogue one medium each is generated; it counts as right when the
picture encoder puts it closer to its own caption than to 49 others (chance: 2 %). The share is asked of the painted
sticker and of what was made of it, so that the difference is what the scene, or the motion, costs. Seconds are of one
thread, per medium, without and with a batch of four, and the ratio to the sticker's of the same run.
"""

import io
import json
import random
import time
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from PIL import Image, ImageSequence
from tqdm import tqdm

from catalog.reader import read_items
from deployments.settings import DEFAULT_CONFIG, AppSettings
from deployments.sticker import load_generator
from models.audio import AudioGenerator
from models.generation import ORDERED, Generator, Prompt
from models.image import ImageGenerator
from models.scene import SceneMaker
from models.sound import SoundMaker
from models.training.sheets import write_sheet
from models.video import VideoGenerator

ROOT = Path(__file__).resolve().parent.parent
NUM_CAPTIONS, NUM_OTHERS = 100, 49
SHEET_PROMPTS = (
    "happy birthday",
    "red heart",
    "cat face",
    "good luck",
    "rocket",
    "pizza",
    "so tired",
    "thumbs up",
)


def main(
    out: Annotated[Path, typer.Option(help="Where the figures go.")] = ROOT
    / "benchmarks/results/media_quality.json",
    sheet: Annotated[Path | None, typer.Option(help="Also write a sheet of loops.")] = None,
) -> None:
    """Measure the generators that ship."""
    settings = AppSettings.load(DEFAULT_CONFIG)
    assert settings.image
    assert settings.video
    assert settings.audio
    torch.set_num_threads(1)
    painter = load_generator(settings.sticker)
    video = VideoGenerator(painter, settings.video.weights, settings.video.num_inference_steps)
    sounds = SoundMaker(settings.audio.weights, settings.audio.num_inference_steps, settings.audio.strength)
    scenes = SceneMaker.load(
        settings.image.weights, settings.image.num_inference_steps, settings.image.strength
    )
    generators: dict[str, Generator] = {
        "sticker": painter,
        "image": ImageGenerator(painter, scenes),
        "video": video,
        "audio": AudioGenerator(sounds),
    }
    labels = [item.alt_text for item in read_items(media_types=("sticker",))]
    draw = random.Random(0)
    chosen = draw.sample(labels, NUM_CAPTIONS)
    vectors = painter.encoder.encode(chosen)
    figures: dict[str, object] = {name: each.version for name, each in generators.items()}
    for name in ("sticker", "video"):
        figures[f"{name}: own caption first"] = _share(generators[name], chosen, vectors)
    costs = {name: _seconds(each) for name, each in generators.items()}
    figures["seconds"] = costs
    figures["ratio to the sticker"] = {
        name: round(each["one"] / costs["sticker"]["one"], 2) for name, each in costs.items()
    }
    if sheet:
        loops = video.generate([Prompt(text, seed) for seed, text in enumerate(SHEET_PROMPTS)]).media
        write_sheet(sheet, [_frames(loop.data) for loop in loops])
    out.write_text(json.dumps(figures, indent=2) + "\n")
    print(json.dumps(figures, indent=2))


def _share(generator: Generator, chosen: list[str], vectors: np.ndarray) -> dict[str, float]:
    """Each against its own caption and 49 of the other chosen ones."""
    draw = random.Random(1)
    right = []
    for start in tqdm(range(0, len(chosen), 10), desc="captions"):
        prompts = [Prompt(text, ORDERED * (start + i)) for i, text in enumerate(chosen[start : start + 10])]
        for own, medium in enumerate(generator.generate(prompts).media, start):
            others = draw.sample([i for i in range(len(chosen)) if i != own], NUM_OTHERS)
            right.append(vectors[own] @ medium.embedding > (vectors[others] @ medium.embedding).max())
    shares = [
        np.random.default_rng(seed).choice(np.array(right, float), len(right)).mean()
        for seed in range(2000)
    ]
    low, high = np.quantile(shares, [0.025, 0.975])
    return {"share": float(np.mean(right)), "low": round(float(low), 3), "high": round(float(high), 3)}


def _seconds(generator: Generator, repeats: int = 7) -> dict[str, float]:
    """Median seconds a medium, encoded and judged, alone and in a batch of four."""
    found = {}
    for name, size in (("one", 1), ("of four", 4)):
        took = []
        for seed in range(repeats):
            started = time.perf_counter()
            prompts = [Prompt("good luck", 10 * seed + i, lettering=True) for i in range(size)]
            assert generator.generate(prompts).media
            took.append((time.perf_counter() - started) / size)
        found[name] = round(float(np.median(took)), 3)
    return found


def _frames(data: bytes) -> list[Image.Image]:
    with Image.open(io.BytesIO(data)) as image:
        return [frame.convert("RGBA") for frame in ImageSequence.Iterator(image)]


if __name__ == "__main__":
    typer.run(main)
