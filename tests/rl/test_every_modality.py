"""Every checkpoint that ships learns by both algorithms through one velocity: of scenes, of clips, of sounds."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from models.transformer import FlowTransformer
from rl.tuning.chain_runner import Starts
from rl.tuning.chains import roll_out
from rl.tuning.examples import IS_REPLAY, LATENTS, OPTIMALITY, WEIGHTS, optimality
from rl.tuning.run import Subject, build, keep_rows
from rl.tuning.settings import GeneratorTuning
from rl.tuning.tune import begin, tune
from rl.tuning.velocity import DROP, Velocity, load_small

CHECKPOINTS = {"image": "image/transformer", "video": "video", "audio": "audio/transformer"}
WEIGHTS_FOLDER = Path("models/weights")
NFT = GeneratorTuning(
    learning_rate=3e-3, lora_rank=4, iterations=1, updates_per_iteration=10, batch_size=8, stay=0.0,
    strength=1.0, guidance=1.0, replay=0.0, checkpoint_every=1,
)  # fmt: skip
DDPO = NFT.model_copy(
    update={
        "algorithm": "ddpo",
        "iterations": 3,
        "prompts": 2,
        "group": 4,
        "steps": 3,
        "clip": 0.2,
        "passes": 4,
    }
)


def conditions(network: FlowTransformer, count: int, generator: torch.Generator) -> dict[str, Tensor]:
    """Of as many media: random texts, and the stills that clips move."""
    config = network.config
    texts_NT = torch.randn(count, config.text_width, generator=generator)
    given = {
        "given_text": torch.nn.functional.normalize(texts_NT, dim=1),
        DROP: torch.zeros(count, dtype=torch.bool),
    }
    if config.keyframe_channels:
        shape = (count, config.keyframe_channels, *config.latent_shape[1:])
        given["given_keyframes"] = torch.randn(shape, generator=generator)
    if config.styles:
        given["given_style"] = torch.arange(count) % config.styles
    return given


def noise_of(network: FlowTransformer, count: int, generator: torch.Generator) -> Tensor:
    config = network.config
    return torch.randn(count, config.latent_channels, *config.latent_shape, generator=generator)


def high(latents: Tensor) -> Tensor:
    """People who like what is high in the first channel of the latents."""
    return latents[:, 0].mean((1, 2, 3)).sigmoid()


class BareStudio:
    """Noise and random texts before a generator, that taste behind it."""

    def __init__(self, folder: str) -> None:
        self.network = FlowTransformer.from_pretrained(folder)

    def begin(self, prompts: int, group: int, generator: torch.Generator) -> Starts:
        given = conditions(self.network, prompts, generator)
        repeated = {name: values.repeat_interleave(group, dim=0) for name, values in given.items()}
        numbers_N = torch.arange(prompts).repeat_interleave(group)
        return Starts(noise_of(self.network, prompts * group, generator), repeated, numbers_N)

    def judge(self, latents: Tensor, _starts: Starts) -> Tensor:
        return high(latents)


@torch.no_grad()
def make(network: FlowTransformer, count: int = 8, seed: int = 0) -> tuple[Tensor, dict[str, Tensor]]:
    """Media from the same noise for every network, and what they are of."""
    generator = torch.Generator().manual_seed(seed)
    given, velocity = conditions(network, count, generator), Velocity(network)
    start = noise_of(network, count, generator)
    made, _ = roll_out(
        lambda latents, times_N: velocity(latents, times_N, given), start, 1.0, 3, 0.3, generator
    )
    return made, given


@pytest.mark.slow
@pytest.mark.parametrize(("modality", "settings"), [("image", DDPO), ("video", NFT), ("audio", DDPO)])
def test_people_like_better_what_a_shipped_checkpoint_makes_after_tuning(
    modality: str, settings: GeneratorTuning, tmp_path: Path, cluster: None
) -> None:
    folder = str(WEIGHTS_FOLDER / CHECKPOINTS[modality])
    base = FlowTransformer.from_pretrained(folder).float()
    made, given = make(base, 16, seed=1)
    run_dir = begin(settings, tmp_path)
    rows = {
        LATENTS: made,
        OPTIMALITY: optimality(high(made), ["any words"] * len(made)),
        WEIGHTS: torch.ones(len(made)),
        IS_REPLAY: torch.zeros(len(made)),
        **{name: values.float() for name, values in given.items()},
    }
    keep_rows(settings, rows, modality, run_dir)
    arguments: dict[str, Any] = {"transformer": folder, "lora_rank": settings.lora_rank}
    subject = Subject(load_small, arguments, BareStudio, {"folder": folder})
    learned: FlowTransformer = tune(build(settings, subject, run_dir), settings, run_dir)
    liked_before, liked = (float(high(make(each)[0]).mean()) for each in (base, learned))
    assert liked > liked_before + 0.01
