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
    """Pictures, the prompts that they were made of, and the inverse of how likely each was looked at."""

    pictures: Sequence[Image.Image]
    prompts: Sequence[str]
    weights_N: Tensor


class HubStudio:
    """Prompts of the log, pure noise, and a reward of what was painted."""

    def __init__(
        self, model: HubImageModel, prompts: Sequence[str], relevance_weights: str, reward: Reward
    ) -> None:
        self.pictures, self.sight = HubPictures(model), Sight(model, Path(relevance_weights))
        self.texts_GT = torch.from_numpy(self.sight.texts.encode(list(prompts)))
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

    ValueError if the settings ask for guidance, which is distilled into the model, or for all weights, or if the folder's
    run is of other pictures, rewards, settings or of another model.
    """
    if settings.guidance != 1 or not settings.lora_rank:
        raise ValueError("guidance 1 and a lora_rank above 0 are all that large models allow")
    run_dir = begin(settings, run_dir)
    prompts = list(dict.fromkeys(shown.prompts))
    studio = HubStudio(model, prompts, str(relevance_weights), reward)
    studio.pictures.write_texts(prompts, run_dir / TEXTS)
    keep_rows(settings, hub_rows(studio, shown, prompts), version_of(model), run_dir)
    del studio
    velocity = {"model": model, "texts": str(run_dir / TEXTS), "lora_rank": settings.lora_rank}
    around = {
        "model": model,
        "prompts": prompts,
        "relevance_weights": str(relevance_weights),
        "reward": reward,
    }
    subject = Subject(load_hub, velocity, HubStudio, around)
    save_lora(model, tune(build(settings, subject, run_dir), settings, run_dir), run_dir / LORA)
    return run_dir / LORA


def hub_rows(studio: HubStudio, shown: ShownPictures, prompts: list[str]) -> Columns:
    """Pictures as rows to learn from."""
    latents = torch.cat([studio.pictures.encode([picture]) for picture in shown.pictures])
    rows_N = torch.tensor([prompts.index(prompt) for prompt in shown.prompts])
    rewards_N = studio.reward(studio.seen(latents, shown.pictures, rows_N))
    return {
        LATENTS: latents,
        OPTIMALITY: optimality(rewards_N, shown.prompts),
        WEIGHTS: shown.weights_N / shown.weights_N.mean(),
        IS_REPLAY: torch.zeros(len(latents)),
        PROMPT: rows_N,
    }
