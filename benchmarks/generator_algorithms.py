"""What DiffusionNFT and DDPO make of the shipped sticker transformer for each sample and each CPU-second.

    python -m benchmarks.generator_algorithms

People love warm colours, and that is the whole reward, known exactly. Both algorithms have the shipped settings; NFT learns
from stickers of the shipped transformer, with and without replay of the training set, DDPO from its own. Every few
iterations the transformer paints other phrases, and motifs of the training set, from the same seeds. References are chosen
as they ship.
"""

import json
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import ray
import torch
import typer
from torch import Tensor

from catalog.items import STYLES
from models.autoencoder import Autoencoder
from models.generation import ORDERED
from models.pipeline import MediaFlowPipeline
from models.references import Wish
from models.relevance import PictureEncoder
from models.transformer import FlowTransformer
from rl.simulation.phrasebook import read_phrasebook
from rl.tuning.forgetting import forgetting
from rl.tuning.latent_media import LatentMedia, ShownMedia
from rl.tuning.settings import GeneratorTuning
from rl.tuning.tune import tune_generator

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks/results/generator_algorithms.json"
WEIGHTS = ROOT / "models/weights"
LEARNED, NEW = range(60), range(60, 100)  # phrases of the book
ORDERS, OLD = range(500, 502), 60  # seeds of what is judged; motifs of the training set
RUNS: dict[str, dict[str, float]] = {"nft": {}, "nft_without_replay": {"replay": 0.0}, "ddpo": {}}
AT_ONCE = 24
USUAL, SPREAD = 0.45, 0.2  # warmth of the shipped stickers


class Warmth:
    """How much more red than blue a sticker is, as a reward from 0 to 1."""

    def __init__(self) -> None:
        self.autoencoder = Autoencoder.from_pretrained(WEIGHTS / "sticker" / "vae").eval()

    @torch.inference_mode()
    def __call__(self, media: LatentMedia) -> Tensor:
        """The reward (N,)."""
        parts = torch.split(media.latents_NCFHW[:, :, 0], AT_ONCE)
        pictures = torch.cat([self.autoencoder.decode(part) for part in parts])
        return (((pictures[:, 0] - pictures[:, 2]).mean((1, 2)) - USUAL) / SPREAD).sigmoid()


def main(
    iterations: Annotated[int, typer.Option(min=1, help="Of each algorithm.")] = 12,
    every: Annotated[int, typer.Option(min=1, help="Iterations between two looks.")] = 6,
    orders: Annotated[int, typer.Option(help="Stickers of each phrase and style to learn from.")] = 8,
) -> None:
    """Rewards, samples and CPU-seconds along both runs."""
    phrases = read_phrasebook(len(LEARNED) + len(NEW), media_types=("sticker",))
    texts_QT = torch.from_numpy(phrases.vectors_QD)
    reward, pipeline = Warmth(), MediaFlowPipeline.from_pretrained(WEIGHTS / "sticker")
    names = [phrases.phrases[q] for q in LEARNED]
    shown = shown_media(pipeline, texts_QT[list(LEARNED)], names, orders)
    ray.init(include_dashboard=False, log_to_driver=False)
    motifs_MT = pipeline.references.keys_MT.float()
    old_QT = motifs_MT[torch.linspace(0, len(motifs_MT) - 1, OLD).long()]
    judged = [(texts, paint(pipeline, texts, ORDERS)) for texts in (texts_QT[list(NEW)], old_QT)]
    figures: dict[str, Any] = {"reward_of_base": round(float(reward(judged[0][1]).mean()), 4)}
    looks = list(range(every, iterations + 1, every))
    for name, change in RUNS.items():
        settings = GeneratorTuning.load(ROOT / f"configs/rl/{name.split('_')[0]}.yaml")
        figures[name] = run(settings.model_copy(update=change), looks, shown, reward, judged)
    RESULTS.write_text(json.dumps(figures, indent=2) + "\n")
    typer.echo(json.dumps(figures, indent=2))


def run(
    settings: GeneratorTuning,
    looks: list[int],
    shown: ShownMedia,
    reward: Warmth,
    judged: list[tuple[Tensor, LatentMedia]],
) -> list[dict[str, Any]]:
    """One algorithm, looked at now and then; only its own work is counted."""
    pipeline = MediaFlowPipeline.from_pretrained(WEIGHTS / "sticker")
    found, cpu_s = list[dict[str, Any]](), 0.0
    with tempfile.TemporaryDirectory() as folder:
        for look in looks:
            started = time.process_time()
            longer = settings.model_copy(update={"iterations": look})
            made: FlowTransformer = tune_generator(longer, shown, reward, WEIGHTS, Path(folder))
            cpu_s += time.process_time() - started
            pipeline.transformer = made.float().eval()
            new, old = ((base, paint(pipeline, texts, ORDERS)) for texts, base in judged)
            each = settings.batch_size * settings.updates_per_iteration
            samples = look * (settings.prompts * settings.group if settings.algorithm == "ddpo" else each)
            found.append({"iterations": look, "samples": samples, "cpu_s": round(cpu_s, 1)})
            found[-1] |= compared(reward, *new) | {"cosine_change_of_training_set": change_of_cosine(*old)}
            forgotten = asdict(forgetting(settings, made, WEIGHTS))
            found[-1]["forgetting"] = {which: round(value, 5) for which, value in forgotten.items()}
    return found


def compared(reward: Warmth, base: LatentMedia, now: LatentMedia) -> dict[str, float]:
    """The paired gain with half of its 95 % interval over phrases, and the change of the judge's cosine."""
    gains_N = (reward(now) - reward(base)).double()
    gains_Q = np.array([gains_N[rows].mean() for rows in phrases_of(now)])
    half = 1.96 * gains_Q.std(ddof=1) / len(gains_Q) ** 0.5
    figures = {"gain": gains_Q.mean(), "half_interval": half, "cosine_change": change_of_cosine(base, now)}
    return {name: round(float(value), 4) for name, value in figures.items()}


def change_of_cosine(base: LatentMedia, now: LatentMedia) -> float:
    """Of the judge, to the texts."""
    return round(float((now.relevance() - base.relevance()).mean()), 4)


def phrases_of(media: LatentMedia) -> list[Tensor]:
    """The rows of each text."""
    codes_N = torch.unique(media.texts_NT, dim=0, return_inverse=True)[1]
    return [torch.nonzero(codes_N == code)[:, 0] for code in range(int(codes_N.max()) + 1)]


def shown_media(pipeline: MediaFlowPipeline, texts_QT: Tensor, names: list[str], orders: int) -> ShownMedia:
    """What the shipped transformer painted of each text, as if everybody had looked at it."""
    media = paint(pipeline, texts_QT, range(1, 1 + orders))
    count, each = len(media), len(media) // len(names)
    return ShownMedia(
        media,
        tuple(f"item {row}" for row in range(count)),
        tuple(name for name in names for _ in range(each)),
        tuple(f"slate {row}" for row in range(count)),
        torch.arange(count),
        torch.zeros(count),
        torch.ones(count),
    )


def paint(pipeline: MediaFlowPipeline, texts_QT: Tensor, orders: range) -> LatentMedia:
    """Stickers of each text in each style from the first seed of each order, as served."""
    sight = PictureEncoder.from_pretrained(WEIGHTS / "relevance").eval()
    asked = [(q, s, o) for q in range(len(texts_QT)) for s in range(len(STYLES)) for o in orders]
    latents, seen = [], []
    for start in range(0, len(asked), AT_ONCE):
        rows = asked[start : start + AT_ONCE]
        made = pipeline(
            texts_QT[[q for q, _, _ in rows]],
            [ORDERED * order for _, _, order in rows],
            num_inference_steps=2,
            strength=0.67,
            wishes=[Wish(style) for _, style, _ in rows],
        )
        latents.append(made.latents_BCFHW)
        with torch.inference_mode():
            seen.append(sight(made.pictures_BCFHW[:, :, 0]))
    texts_NT = texts_QT[[q for q, _, _ in asked]]
    styles_N = torch.tensor([style for _, style, _ in asked])
    return LatentMedia(torch.cat(latents), texts_NT, torch.cat(seen), styles_N, torch.zeros_like(texts_NT))


if __name__ == "__main__":
    typer.run(main)
