"""Large models learn as our own do: tiny random checkpoints of the real classes, loaded by the real code."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import diffusers
import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from models.hub.loading import load_pipeline
from models.hub.model import HubStickerModel, HubVideoModel
from rl.tuning.chain_runner import Starts
from rl.tuning.hub import HubStudio, tune_hub
from rl.tuning.hub_conventions import CONVENTIONS, TunableModel
from rl.tuning.hub_media import HubMedia
from rl.tuning.hub_velocity import PROMPT, load_hub
from rl.tuning.settings import GeneratorTuning
from tests.models.hub.checkpoints import PIPELINES, sam2
from tests.rl.hub_models import (
    PROMPTS,
    WEIGHTS,
    High,
    arguments,
    as_numbers,
    latent_media,
    made_by,
    saved,
    shown_media,
)

START = {"WanPipeline": 0.999}  # its sampler begins there
TEXTS_GT = torch.zeros(len(PROMPTS), 384)
EULER = ["WanPipeline", "StableAudio3Pipeline"]  # whose latents stand in the sampler as they do here


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, TunableModel]:
    return {name: saved(name, tmp_path_factory.mktemp(name)) for name in CONVENTIONS}


@pytest.fixture(scope="module", params=CONVENTIONS)
def model(request: pytest.FixtureRequest, models: dict[str, TunableModel]) -> TunableModel:
    return models[request.param]


def noise_of(model: TunableModel) -> Tensor:
    shape = HubMedia(model).shape()
    return torch.randn(len(PROMPTS), *shape, generator=torch.Generator().manual_seed(0))


def as_sampled(latents: Tensor, model: TunableModel) -> Tensor:
    """In the shape that the pipeline has them."""
    if model.pipeline == "WanPipeline":
        return latents
    return latents[:, :, 0, 0] if model.pipeline == "StableAudio3Pipeline" else latents[:, :, 0]


def test_a_step_along_the_velocity_leads_where_the_pipeline_goes(
    model: TunableModel, tmp_path: Path
) -> None:
    noise, media = noise_of(model), HubMedia(model)
    pipeline = load_pipeline(model, model.pipeline)
    made = made_by(pipeline, model, latents=as_sampled(noise, model), num_inference_steps=1)
    media.write_texts(PROMPTS, tmp_path / "texts")
    velocity = load_hub(model, str(tmp_path / "texts"), lora_rank=2)
    with torch.no_grad():
        moved = velocity(noise, torch.full((2,), START.get(model.pipeline, 1.0)), {PROMPT: torch.arange(2)})
    for mine, its in zip(media.decode(noise - moved), made, strict=True):
        assert np.abs(as_numbers(mine) - as_numbers(its)).max() <= 2 / 255
    assert moved.std() > 0.01


@pytest.mark.parametrize("name", EULER)
@pytest.mark.parametrize("steps", [1, 3])
def test_the_velocity_is_the_samplers_at_other_times_too(
    name: str, steps: int, models: dict[str, TunableModel], tmp_path: Path
) -> None:
    model = models[name]
    noise, times = noise_of(model), list[float]()
    pipeline, states = load_pipeline(model, name), [as_sampled(noise, model)]

    def after_step(
        _pipeline: object, _step: int, time: Tensor, now: dict[str, Tensor]
    ) -> dict[str, Tensor]:
        states.append(now["latents"].clone())
        times.append(float(time) / pipeline.scheduler.config.num_train_timesteps)
        return {}

    pipeline(
        prompt=list(PROMPTS), latents=states[0], num_inference_steps=steps, output_type="latent",
        callback_on_step_end=after_step, **arguments(model),
    )  # fmt: skip
    HubMedia(model).write_texts(PROMPTS, tmp_path / "texts")
    velocity = load_hub(model, str(tmp_path / "texts"), lora_rank=2)
    before = states[-2].reshape(noise.shape)
    with torch.no_grad():
        moved = velocity(before, torch.full((2,), times[-1]), {PROMPT: torch.arange(2)})
    last = before - pipeline.scheduler.sigmas[-2] * moved
    torch.testing.assert_close(as_sampled(last, model), states[-1], atol=1e-4, rtol=1e-4)


SETTINGS = GeneratorTuning(
    lora_rank=4, iterations=2, learning_rate=3e-2, updates_per_iteration=10, batch_size=12, beta=0.25, stay=0.0,
    strength=1.0, guidance=1.0, replay=0.0, prompts=4, group=4, steps=2, clip=0.1, passes=3,
)  # fmt: skip


class StudioOfLatents(HubStudio):
    """What a random decoder makes all looks alike; these people look at latents."""

    def judge(self, latents: Tensor, starts: Starts) -> Tensor:
        return self.reward(latent_media(latents))


def liking(model: TunableModel) -> float:
    """What the people think of the latents of what the pipeline makes, as served."""
    kept: dict[str, Tensor] = {}
    made_by(
        load_pipeline(model, model.pipeline), model, PROMPTS * 8, num_inference_steps=model.num_inference_steps,
        generator=torch.Generator().manual_seed(5),
        callback_on_step_end=lambda _pipeline, _step, _time, now: kept.update(now) or {},
    )  # fmt: skip
    latents = kept["latents"]
    packed = model.pipeline == "Flux2KleinPipeline"
    return float((latents[..., 0] if packed else latents[:, 0]).mean())


@pytest.mark.slow
@pytest.mark.parametrize("algorithm", ["nft", "ddpo"])
def test_people_like_better_what_the_lora_that_it_learned_makes(
    algorithm: str, model: TunableModel, tmp_path: Path, cluster: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rl.tuning.hub.HubStudio", StudioOfLatents)
    size = 12 if algorithm == "nft" else 24
    settings = SETTINGS.model_copy(update={"algorithm": algorithm, "batch_size": size})
    lora = tune_hub(settings, model, shown_media(model), WEIGHTS, High(), tmp_path)
    before, after = liking(model), liking(replace(model, lora=str(lora)))
    assert after > before + 0.01


def test_what_is_sampled_is_judged_as_it_is_perceived(model: TunableModel) -> None:
    studio = HubStudio(model, PROMPTS, TEXTS_GT, str(WEIGHTS), High())
    starts = studio.begin(prompts=2, group=2, generator=torch.Generator().manual_seed(0))
    rewards_N = studio.judge(starts.latents, starts)
    media = [studio.media.decode(each)[0] for each in torch.split(starts.latents, 1)]
    seen, _ = studio.senses.perceive(media)
    torch.testing.assert_close(rewards_N, High()(latent_media(seen)), atol=1e-4, rtol=1e-4)


def test_what_is_clear_in_a_sticker_is_white_to_the_model(models: dict[str, TunableModel]) -> None:
    media = HubMedia(models["ZImagePipeline"])
    clear, white, black = (
        Image.new("RGBA", (32, 32), (level, level, level, alpha))
        for level, alpha in ((0, 0), (255, 255), (0, 255))
    )
    clear_1, white_1, black_1 = (media.encode([each]) for each in (clear, white, black))
    assert torch.equal(clear_1, white_1)
    assert not torch.allclose(black_1, white_1)


def test_a_sampled_sticker_is_cut_out_before_it_is_judged(
    models: dict[str, TunableModel], tmp_path: Path
) -> None:
    sam2().save_pretrained(tmp_path / "matting")
    image = models["ZImagePipeline"]
    sticker = HubStickerModel(**asdict(image), matting=str(tmp_path / "matting"), shown_px=24)
    studio = HubStudio(sticker, PROMPTS, TEXTS_GT, str(WEIGHTS), High())
    picture = studio.finish(Image.new("RGB", (32, 32), "white"))
    assert (picture.size, picture.mode) == ((24, 24), "RGBA")
    starts = studio.begin(prompts=1, group=2, generator=torch.Generator().manual_seed(0))
    uncut = HubStudio(image, PROMPTS, TEXTS_GT, str(WEIGHTS), High()).judge(starts.latents, starts)
    assert not torch.allclose(studio.judge(starts.latents, starts), uncut, atol=1e-3)


@pytest.mark.slow
def test_a_run_that_was_stopped_goes_on(
    models: dict[str, TunableModel], tmp_path: Path, cluster: None
) -> None:
    model = models["WanPipeline"]
    half = SETTINGS.model_copy(update={"iterations": 1, "updates_per_iteration": 2})
    whole = half.model_copy(update={"iterations": 2})
    lora = tune_hub(half, model, shown_media(model), WEIGHTS, High(), tmp_path)
    first = (lora / "pytorch_lora_weights.safetensors").read_bytes()
    tune_hub(whole, model, shown_media(model), WEIGHTS, High(), tmp_path)
    curves = [json.loads(line) for line in (tmp_path / "curves.jsonl").read_text().splitlines()]
    assert [line["iteration"] for line in curves] == [1, 2]
    assert (lora / "pytorch_lora_weights.safetensors").read_bytes() != first
    with pytest.raises(ValueError, match="run on other media"):
        tune_hub(whole, model, shown_media(model, 12), WEIGHTS, High(), tmp_path)


def test_settings_that_a_large_model_does_not_allow_are_refused(
    model: TunableModel, tmp_path: Path
) -> None:
    for change in ({"guidance": 3.0}, {"lora_rank": 0}, {"strength": 0.67}, {"replay": 0.25}):
        settings = SETTINGS.model_copy(update=change)
        with pytest.raises(ValueError, match="large models want guidance 1"):
            tune_hub(settings, model, shown_media(model), WEIGHTS, High(), tmp_path)


def test_models_that_cannot_be_tuned_are_refused(models: dict[str, TunableModel], tmp_path: Path) -> None:
    shown = shown_media(models["WanPipeline"])
    ltx = HubVideoModel(checkpoint="x", pipeline="LTX2Pipeline")
    with pytest.raises(ValueError, match="LTX2Pipeline can't be tuned"):
        tune_hub(SETTINGS, ltx, shown, WEIGHTS, High(), tmp_path)
    wan = PIPELINES["WanPipeline"]()
    two = diffusers.WanPipeline(**wan.components | {"transformer_2": wan.transformer}, boundary_ratio=0.9)
    two.save_pretrained(tmp_path / "two")
    with pytest.raises(ValueError, match="two transformers"):
        tune_hub(
            SETTINGS,
            replace(models["WanPipeline"], checkpoint=str(tmp_path / "two")),
            shown,
            WEIGHTS,
            High(),
            tmp_path,
        )
