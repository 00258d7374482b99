"""Tune a large model by media that were shown, into a LoRA that its generator loads.

N: media in slates; C, F, H, W: latents; T: text width of the index.
"""

import gc
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from catalog.items import MediaType
from models.hub.loading import version_of
from models.hub.lora import save_lora
from models.hub.matting import Cutter
from models.hub.model import HubAudioModel, HubStickerModel, HubVideoModel
from rl.tuning.chain_runner import Starts
from rl.tuning.examples import IS_REPLAY, LATENTS, OPTIMALITY, WEIGHTS, Columns, optimality
from rl.tuning.hub_conventions import TunableModel, convention_of
from rl.tuning.hub_media import HubMedia
from rl.tuning.hub_velocity import PROMPT, load_hub
from rl.tuning.latent_media import Reward, ShownMedia
from rl.tuning.run import Subject, build, keep_rows
from rl.tuning.senses import Medium, open_medium, perceive_for_strangers, senses_of
from rl.tuning.settings import GeneratorTuning
from rl.tuning.tune import begin, tune

TEXTS, LORA = "texts.safetensors", "lora"


@dataclass(frozen=True, slots=True, eq=False)
class ShownHubMedia:
    """What the log says of media that the model made, the bytes of each by its id, and what the model was told (N)."""

    shown: ShownMedia
    data: Mapping[str, bytes]
    prompts: Sequence[str]


class HubStudio:
    """Prompts of the log, pure noise, and a reward of what was made, as it is shown."""

    def __init__(
        self, model: TunableModel, n_grams: Sequence[str], texts_GT: Tensor, weights: str, reward: Reward
    ) -> None:
        self.media, self.reward = HubMedia(model, reads=False), reward
        self.senses = senses_of(modality_of(model), Path(weights), model)
        self.finish = Cutter(model).cut if isinstance(model, HubStickerModel) else as_it_is
        self.n_grams, self.texts_GT = n_grams, texts_GT
        self.shape = self.media.shape()

    def begin(self, prompts: int, group: int, generator: torch.Generator) -> Starts:
        """Prompts drawn from the log, each `group` times with noise of its own."""
        drawn_N = torch.randint(len(self.texts_GT), (prompts,), generator=generator).repeat_interleave(
            group
        )
        noise = torch.randn((len(drawn_N), *self.shape), generator=generator)
        return Starts(noise, {PROMPT: drawn_N}, torch.arange(prompts).repeat_interleave(group))

    def judge(self, latents: Tensor, starts: Starts) -> Tensor:
        """The reward (N,) of media, made for strangers."""
        rows_N = starts.given[PROMPT].long()
        n_grams = [self.n_grams[row] for row in rows_N.tolist()]
        shown = (self.finish(*self.media.decode(each)) for each in torch.split(latents, 1))
        return self.reward(perceive_for_strangers(self.senses, n_grams, self.texts_GT[rows_N], shown))


def as_it_is(medium: Medium) -> Medium:
    """Pictures, clips and sounds are shown as they were made."""
    return medium


def modality_of(model: TunableModel) -> MediaType:
    """What a model makes."""
    if isinstance(model, HubAudioModel):
        return "audio"
    if isinstance(model, HubVideoModel):
        return "video"
    return "sticker" if isinstance(model, HubStickerModel) else "image"


def tune_hub(
    settings: GeneratorTuning,
    model: TunableModel,
    made: ShownHubMedia,
    weights: Path,
    reward: Reward,
    run_dir: Path,
) -> Path:
    """Tune; returns the folder for the setting `lora`. Started again in the same folder, it goes on where it stopped.

    `weights` holds the small networks that media are perceived by. ValueError as `check` says, or if the folder's run is of
    other media, prompts, rewards, settings or of another model.
    """
    check(settings, model)
    run_dir = begin(settings, run_dir)
    told = list(zip(made.shown.n_grams, made.prompts, strict=True))
    asked = list(dict.fromkeys(told))
    first = {each: row for row, each in reversed(list(enumerate(told)))}
    media = HubMedia(model)
    begins_with = f"{model.checkpoint} {version_of(model)} {asked}"
    keep_rows(settings, hub_rows(media, made, told, reward), begins_with, run_dir)
    media.write_texts([prompt for _, prompt in asked], run_dir / TEXTS)
    del media
    free_memory()
    velocity = {"model": model, "texts": str(run_dir / TEXTS), "lora_rank": settings.lora_rank}
    around = {
        "model": model,
        "n_grams": [n_gram for n_gram, _ in asked],
        "texts_GT": made.shown.media.texts_NT[[first[each] for each in asked]].float(),
        "weights": str(weights.resolve()),
        "reward": reward,
    }
    subject = Subject(load_hub, velocity, HubStudio, around)
    save_lora(tune(build(settings, subject, run_dir), settings, run_dir), run_dir / LORA)
    return run_dir / LORA


def check(settings: GeneratorTuning, model: TunableModel) -> None:
    """ValueError if the settings are not those of large models, or if the model is one that can't be tuned.

    They learn without guidance, start from noise, and have no training set here.
    """
    if (settings.guidance, settings.strength, settings.replay) != (1, 1, 0) or not settings.lora_rank:
        raise ValueError("large models want guidance 1, strength 1, replay 0 and a lora_rank above 0")
    if model.lora:
        raise ValueError(f"lora {model.lora}: only the checkpoint itself can be tuned")
    convention_of(model)


def hub_rows(
    media: HubMedia, made: ShownHubMedia, told: Sequence[tuple[str, str]], reward: Reward
) -> Columns:
    """Media as rows to learn from, encoded by the model's own autoencoder: one for each and what it was told.

    ValueError if no n-gram has media of different rewards, for then there is nothing to learn.
    """
    shown, modality = made.shown, modality_of(media.model)
    optimality_N = optimality(reward(shown.media.for_anybody()), shown.n_grams)
    if not (optimality_N - 0.5).any():
        raise ValueError("log: no n-gram was shown two media of different rewards")
    latents = media.encode(open_medium(each, modality) for each in made.data.values())
    latent_of = {item_id: row for row, item_id in enumerate(made.data)}
    number_of = {each: number for number, each in enumerate(dict.fromkeys(told))}
    kinds = list(zip(shown.item_ids, told, strict=True))
    first: dict[tuple[str, tuple[str, str]], int] = {}
    for row, kind in enumerate(kinds):
        first.setdefault(kind, row)
    row_of = {kind: row for row, kind in enumerate(first)}
    weights = torch.zeros(len(first))
    weights.index_add_(0, torch.tensor([row_of[kind] for kind in kinds]), shown.weights_N.float())
    return {
        LATENTS: latents[[latent_of[item_id] for item_id, _ in first]],
        OPTIMALITY: optimality_N[list(first.values())],
        WEIGHTS: weights / weights.mean(),
        IS_REPLAY: torch.zeros(len(first)),
        PROMPT: torch.tensor([number_of[each] for _, each in first]),
    }


def free_memory() -> None:
    """Of what was just let go: pipelines hold themselves in circles, and torch keeps what it freed of a GPU."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
