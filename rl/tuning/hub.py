"""Tune a large model by media that were shown, into a LoRA that its generator loads.

N: media; C, F, H, W: latents; T: text width of the index.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from models.hub.loading import version_of
from models.hub.lora import save_lora
from rl.tuning.chain_runner import Starts
from rl.tuning.examples import IS_REPLAY, LATENTS, OPTIMALITY, WEIGHTS, Columns, optimality
from rl.tuning.hub_conventions import Medium, TunableModel
from rl.tuning.hub_media import HubMedia
from rl.tuning.hub_senses import senses_of
from rl.tuning.hub_velocity import PROMPT, load_hub
from rl.tuning.latent_media import LatentMedia, Reward
from rl.tuning.run import Subject, build, keep_rows
from rl.tuning.settings import GeneratorTuning
from rl.tuning.tune import begin, tune

TEXTS, LORA = "texts.safetensors", "lora"


@dataclass(frozen=True, slots=True, eq=False)
class ShownHubMedia:
    """Media, what was typed, what the model was told then, and the inverse of how likely each was looked at.

    `rl.tuning.hub_conventions` says what a medium of each modality is.
    """

    media: Sequence[Medium]
    n_grams: Sequence[str]
    prompts: Sequence[str]
    weights_N: Tensor


class HubStudio:
    """Prompts of the log, pure noise, and a reward of what was made."""

    def __init__(
        self, model: TunableModel, n_grams: Sequence[str], relevance_weights: str, reward: Reward
    ) -> None:
        self.media, self.senses = HubMedia(model), senses_of(model, Path(relevance_weights))
        self.n_grams, self.texts_GT = n_grams, torch.from_numpy(self.senses.texts.encode(list(n_grams)))
        self.shape, self.reward = self.media.shape(), reward

    def begin(self, prompts: int, group: int, generator: torch.Generator) -> Starts:
        """Prompts drawn from the log, each `group` times with noise of its own."""
        drawn_N = torch.randint(len(self.texts_GT), (prompts,), generator=generator).repeat_interleave(
            group
        )
        noise = torch.randn((len(drawn_N), *self.shape), generator=generator)
        return Starts(noise, {PROMPT: drawn_N}, torch.arange(prompts).repeat_interleave(group))

    def judge(self, latents: Tensor, starts: Starts) -> Tensor:
        """The reward (N,) of media, as perceived."""
        return self.reward(self.perceived(latents, self.media.decode(latents), starts.given[PROMPT]))

    def perceived(self, latents: Tensor, media: Sequence[Medium], rows_N: Tensor) -> LatentMedia:
        """Media of prompts, for strangers."""
        rows_N = rows_N.long()
        texts_NT = self.texts_GT[rows_N]
        vectors_NT, fits = self.senses.perceive([self.n_grams[row] for row in rows_N.tolist()], media)
        return LatentMedia(
            latents,
            texts_NT,
            torch.from_numpy(vectors_NT),
            styles_N=torch.zeros(len(latents), dtype=torch.long),
            leanings_NT=torch.zeros_like(texts_NT),
            fits_N=torch.tensor(fits),
        )


def tune_hub(
    settings: GeneratorTuning,
    model: TunableModel,
    shown: ShownHubMedia,
    relevance_weights: Path,
    reward: Reward,
    run_dir: Path,
) -> Path:
    """Tune; returns the folder for the setting `lora`. Started again in the same folder, it goes on where it stopped.

    ValueError if the settings are not those of large models, which learn without guidance, start from noise and have no
    training set here, if the model is one that can't be tuned, or if the folder's run is of other media, prompts, rewards,
    settings or of another model.
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
    studio.media.write_texts([prompt for _, prompt in asked], run_dir / TEXTS)
    del studio
    velocity = {"model": model, "texts": str(run_dir / TEXTS), "lora_rank": settings.lora_rank}
    around = {
        "model": model,
        "n_grams": n_grams,
        "relevance_weights": str(relevance_weights),
        "reward": reward,
    }
    subject = Subject(load_hub, velocity, HubStudio, around)
    save_lora(tune(build(settings, subject, run_dir), settings, run_dir), run_dir / LORA)
    return run_dir / LORA


def hub_rows(studio: HubStudio, shown: ShownHubMedia, asked: list[tuple[str, str]]) -> Columns:
    """Media as rows to learn from."""
    latents = studio.media.encode(shown.media)
    rows_N = torch.tensor([asked.index(each) for each in zip(shown.n_grams, shown.prompts, strict=True)])
    rewards_N = studio.reward(studio.perceived(latents, shown.media, rows_N))
    return {
        LATENTS: latents,
        OPTIMALITY: optimality(rewards_N, shown.n_grams),
        WEIGHTS: shown.weights_N / shown.weights_N.mean(),
        IS_REPLAY: torch.zeros(len(latents)),
        PROMPT: rows_N,
    }
