"""Large models learn as our own do: tiny random checkpoints of the real classes, loaded by the real code."""

import json
from dataclasses import replace
from pathlib import Path

import diffusers
import numpy as np
import pytest
import torch
from torch import Tensor

from models.hub.loading import load_pipeline
from models.hub.model import HubVideoModel
from rl.tuning.hub import tune_hub
from rl.tuning.hub_conventions import CONVENTIONS, TunableModel
from rl.tuning.hub_media import HubMedia
from rl.tuning.hub_senses import senses_of
from rl.tuning.hub_velocity import PROMPT, load_hub
from rl.tuning.settings import GeneratorTuning
from tests.models.hub.checkpoints import PIPELINES
from tests.rl.hub_models import PROMPTS, High, arguments, as_numbers, made_by, saved, shown_media

RELEVANCE = Path("models/weights/relevance")
START = {"WanPipeline": 0.999}  # its sampler begins there
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


def test_what_was_made_is_perceived(model: TunableModel) -> None:
    senses, shown = senses_of(model, RELEVANCE), shown_media(model, 2)
    vectors_NT, fits = senses.perceive(shown.n_grams, shown.media)
    assert np.linalg.norm(vectors_NT, axis=1) == pytest.approx(1, abs=1e-3)
    assert vectors_NT.shape[1] == senses.texts.encode(["a"]).shape[1]
    assert all(-1 <= fit <= 1 for fit in fits)


SETTINGS = GeneratorTuning(
    lora_rank=4, iterations=2, learning_rate=3e-2, updates_per_iteration=10, batch_size=24, stay=0.0,
    strength=1.0, guidance=1.0, replay=0.0, prompts=4, group=4, steps=2, clip=0.1, passes=3,
)  # fmt: skip


def liking(model: TunableModel) -> float:
    """What the people think of what the pipeline makes, as served."""
    kept: dict[str, Tensor] = {}
    load_pipeline(model, model.pipeline)(
        prompt=list(PROMPTS) * 8, num_inference_steps=model.num_inference_steps, generator=torch.Generator().manual_seed(5),
        output_type="latent", callback_on_step_end=lambda _pipeline, _step, _time, now: kept.update(now) or {},
        **arguments(model),
    )  # fmt: skip
    latents = kept["latents"]
    packed = model.pipeline == "Flux2KleinPipeline"
    return float((latents[..., 0] if packed else latents[:, 0]).mean())


@pytest.mark.slow
@pytest.mark.parametrize("algorithm", ["nft", "ddpo"])
def test_people_like_better_what_the_lora_that_it_learned_makes(
    algorithm: str, model: TunableModel, tmp_path: Path, cluster: None
) -> None:
    settings = SETTINGS.model_copy(update={"algorithm": algorithm})
    lora = tune_hub(settings, model, shown_media(model), RELEVANCE, High(), tmp_path)
    before, after = liking(model), liking(replace(model, lora=str(lora)))
    assert after > before + 0.01


@pytest.mark.slow
def test_a_run_that_was_stopped_goes_on(
    models: dict[str, TunableModel], tmp_path: Path, cluster: None
) -> None:
    model = models["WanPipeline"]
    half = SETTINGS.model_copy(update={"iterations": 1, "updates_per_iteration": 2})
    whole = half.model_copy(update={"iterations": 2})
    lora = tune_hub(half, model, shown_media(model), RELEVANCE, High(), tmp_path)
    first = (lora / "pytorch_lora_weights.safetensors").read_bytes()
    tune_hub(whole, model, shown_media(model), RELEVANCE, High(), tmp_path)
    curves = [json.loads(line) for line in (tmp_path / "curves.jsonl").read_text().splitlines()]
    assert [line["iteration"] for line in curves] == [1, 2]
    assert (lora / "pytorch_lora_weights.safetensors").read_bytes() != first
    with pytest.raises(ValueError, match="run on other media"):
        tune_hub(whole, model, shown_media(model, 12), RELEVANCE, High(), tmp_path)


def test_settings_that_a_large_model_does_not_allow_are_refused(
    model: TunableModel, tmp_path: Path
) -> None:
    for change in ({"guidance": 3.0}, {"lora_rank": 0}, {"strength": 0.67}, {"replay": 0.25}):
        settings = SETTINGS.model_copy(update=change)
        with pytest.raises(ValueError, match="large models want guidance 1"):
            tune_hub(settings, model, shown_media(model), RELEVANCE, High(), tmp_path)


def test_models_that_cannot_be_tuned_are_refused(models: dict[str, TunableModel], tmp_path: Path) -> None:
    shown = shown_media(models["WanPipeline"])
    ltx = HubVideoModel(checkpoint="x", pipeline="LTX2Pipeline")
    with pytest.raises(ValueError, match="LTX2Pipeline can't be tuned"):
        tune_hub(SETTINGS, ltx, shown, RELEVANCE, High(), tmp_path)
    wan = PIPELINES["WanPipeline"]()
    two = diffusers.WanPipeline(**wan.components | {"transformer_2": wan.transformer}, boundary_ratio=0.9)
    two.save_pretrained(tmp_path / "two")
    with pytest.raises(ValueError, match="two transformers"):
        tune_hub(
            SETTINGS,
            replace(models["WanPipeline"], checkpoint=str(tmp_path / "two")),
            shown,
            RELEVANCE,
            High(),
            tmp_path,
        )
