"""Tune a large model by pictures that were shown, into a LoRA that its generator loads.

N: media; C, F, H, W: latents; T: text width of the index.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from models.hub.loading import version_of
from models.hub.model import HubImageModel
from models.hub.sight import Sight
from rl.tuning.chain_runner import Starts
from rl.tuning.examples import IS_REPLAY, LATENTS, OPTIMALITY, WEIGHTS, Columns, optimality
from rl.tuning.hub_pictures import HubPictures
from rl.tuning.hub_velocity import PROMPT, load_hub, save_lora
from rl.tuning.latent_media import LatentMedia, Reward
from rl.tuning.run import Subject, build, keep_rows
from rl.tuning.settings import GeneratorTuning
from rl.tuning.tune import begin, tune

TEXTS, LORA = "texts.safetensors", "lora"


@dataclass(frozen=True, slots=True, eq=False)
class ShownPictures:
    """Pictures, what was typed, what the model was told then, and the inverse of how likely each was looked at."""

    pictures: Sequence[Image.Image]
    n_grams: Sequence[str]
    prompts: Sequence[str]
    weights_N: Tensor


class HubStudio:
    """Prompts of the log, pure noise, and a reward of what was painted."""

    def __init__(
        self, model: HubImageModel, n_grams: Sequence[str], relevance_weights: str, reward: Reward
    ) -> None:
        self.pictures, self.sight = HubPictures(model), Sight(model, Path(relevance_weights))
        self.texts_GT = torch.from_numpy(self.sight.texts.encode(list(n_grams)))
        self.shape = self.pictures.encode([Image.new("RGB", (model.side_px,) * 2)]).shape[1:]
        self.reward = reward

    def begin(self, prompts: int, group: int, generator: torch.Generator) -> Starts:
        """Prompts drawn from the log, each `group` times with noise of its own."""
        drawn_N = torch.randint(len(self.texts_GT), (prompts,), generator=generator).repeat_interleave(
            group
        )
        noise = torch.randn((len(drawn_N), *self.shape), generator=generator)
        return Starts(noise, {PROMPT: drawn_N}, torch.arange(prompts).repeat_interleave(group))

    def judge(self, latents: Tensor, starts: Starts) -> Tensor:
        """The reward (N,) of media, as seen."""
        return self.reward(self.seen(latents, self.pictures.decode(latents), starts.given[PROMPT]))

    def seen(self, latents: Tensor, pictures: Sequence[Image.Image], rows_N: Tensor) -> LatentMedia:
        """Pictures of prompts as media, for strangers."""
        texts_NT = self.texts_GT[rows_N.long()]
        seen_NT = torch.from_numpy(self.sight.embed(pictures))
        styles_N = torch.zeros(len(latents), dtype=torch.long)
        return LatentMedia(latents, texts_NT, seen_NT, styles_N, torch.zeros_like(texts_NT))


def tune_hub(
    settings: GeneratorTuning,
    model: HubImageModel,
    shown: ShownPictures,
    relevance_weights: Path,
    reward: Reward,
    run_dir: Path,
) -> Path:
    """Tune; returns the folder for the setting `lora`. Started again in the same folder, it goes on where it stopped.

    ValueError if the settings are not those of large models, whose guidance is distilled, which start from noise and have
    no training set here, or if the folder's run is of other pictures, prompts, rewards, settings or of another model.
    """
    if (settings.guidance, settings.strength, settings.replay) != (1, 1, 0) or not settings.lora_rank:
        raise ValueError("large models want guidance 1, strength 1, replay 0 and a lora_rank above 0")
    if model.lora:
        raise ValueError(f"lora {model.lora}: only the checkpoint itself can be tuned")
    run_dir = begin(settings, run_dir)
    asked = list(dict.fromkeys(zip(shown.n_grams, shown.prompts, strict=True)))
    n_grams = [n_gram for n_gram, _ in asked]
    studio = HubStudio(model, n_grams, str(relevance_weights), reward)
    begins_with = f"{model.checkpoint} {version_of(model)} {asked}"
    keep_rows(settings, hub_rows(studio, shown, asked), begins_with, run_dir)
    studio.pictures.write_texts([prompt for _, prompt in asked], run_dir / TEXTS)
    del studio
    velocity = {"model": model, "texts": str(run_dir / TEXTS), "lora_rank": settings.lora_rank}
    around = {
        "model": model,
        "n_grams": n_grams,
        "relevance_weights": str(relevance_weights),
        "reward": reward,
    }
    subject = Subject(load_hub, velocity, HubStudio, around)
    save_lora(model, tune(build(settings, subject, run_dir), settings, run_dir), run_dir / LORA)
    return run_dir / LORA


def hub_rows(studio: HubStudio, shown: ShownPictures, asked: list[tuple[str, str]]) -> Columns:
    """Pictures as rows to learn from."""
    latents = torch.cat([studio.pictures.encode([picture]) for picture in shown.pictures])
    rows_N = torch.tensor([asked.index(each) for each in zip(shown.n_grams, shown.prompts, strict=True)])
    rewards_N = studio.reward(studio.seen(latents, shown.pictures, rows_N))
    return {
        LATENTS: latents,
        OPTIMALITY: optimality(rewards_N, shown.n_grams),
        WEIGHTS: shown.weights_N / shown.weights_N.mean(),
        IS_REPLAY: torch.zeros(len(latents)),
        PROMPT: rows_N,
    }
