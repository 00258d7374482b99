"""Large models learn as our own do: tiny random checkpoints of the real classes, loaded by the real code."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from models.hub.image import own_arguments
from models.hub.loading import load_pipeline
from models.hub.model import HubImageModel
from rl.tuning.hub import ShownPictures, tune_hub
from rl.tuning.hub_pictures import HubPictures
from rl.tuning.hub_velocity import PROMPT, load_hub
from rl.tuning.latent_media import LatentMedia
from rl.tuning.settings import GeneratorTuning
from tests.models.hub.checkpoints import PIPELINES

PROMPTS = ["a cat", "a very happy birthday cake"]
RELEVANCE = Path("models/weights/relevance")
NAMES = ["ZImagePipeline", "Flux2KleinPipeline", "SanaSprintPipeline"]


@pytest.fixture(scope="module", params=NAMES)
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> HubImageModel:
    folder = tmp_path_factory.mktemp(request.param)
    torch.manual_seed(0)
    pipeline = PIPELINES[request.param]()
    if request.param == "ZImagePipeline":  # latents of about unit size, as those of a trained autoencoder
        pipeline.vae.register_to_config(scaling_factor=8.0)
    pipeline.save_pretrained(folder)
    scale = {"ZImagePipeline": 0.0, "Flux2KleinPipeline": 1.0, "SanaSprintPipeline": 4.5}[request.param]
    return HubImageModel(
        checkpoint=str(folder), pipeline=request.param, device="cpu", dtype="float32", side_px=32,
        num_inference_steps=1, guidance_scale=scale, template="{text}",
    )  # fmt: skip


@pytest.fixture(scope="module")
def pictures(model: HubImageModel) -> HubPictures:
    return HubPictures(model)


def test_a_step_along_the_velocity_leads_where_the_pipeline_goes(
    model: HubImageModel, pictures: HubPictures, tmp_path: Path
) -> None:
    pipeline = load_pipeline(model, model.pipeline)
    shape = pictures.encode([Image.new("RGB", (32, 32))]).shape[1:]
    noise = torch.randn(len(PROMPTS), *shape, generator=torch.Generator().manual_seed(0))
    painted = pipeline(
        prompt=list(PROMPTS), latents=noise[:, :, 0], height=32, width=32, num_inference_steps=1,
        guidance_scale=model.guidance_scale, **own_arguments(model),
    ).images  # fmt: skip
    pictures.write_texts(PROMPTS, tmp_path / "texts")
    velocity = load_hub(model, str(tmp_path / "texts"), lora_rank=2)
    with torch.no_grad():
        moved = velocity(noise, torch.ones(2), {PROMPT: torch.arange(2)})
    for mine, its in zip(pictures.decode(noise - moved), painted, strict=True):
        assert np.abs(np.asarray(mine, float) - np.asarray(its, float)).max() <= 2
    assert moved.std() > 0.01


class Bright:
    """People who like what is high in the first channel of the latents."""

    def __call__(self, media: LatentMedia) -> Tensor:
        return media.latents_NCFHW[:, 0].mean((1, 2, 3)).sigmoid()


SETTINGS = GeneratorTuning(
    lora_rank=4, iterations=2, learning_rate=3e-2, updates_per_iteration=10, batch_size=24, stay=0.0,
    strength=1.0, guidance=1.0, replay=0.0, prompts=4, group=4, steps=2, clip=0.1, passes=3,
)  # fmt: skip


def shown_pictures() -> ShownPictures:
    """Plain pictures of many colours for each prompt."""
    colours = np.random.default_rng(0).integers(0, 256, (24, 3))
    pictures = [Image.new("RGB", (32, 32), tuple(colour)) for colour in colours.tolist()]
    prompts = [PROMPTS[row % 2] for row in range(24)]
    return ShownPictures(pictures, prompts, prompts, torch.ones(24))


def liking(model: HubImageModel) -> float:
    """What the people think of what the pipeline paints, as served."""
    kept: dict[str, Tensor] = {}
    load_pipeline(model, model.pipeline)(
        prompt=PROMPTS * 8, height=32, width=32, num_inference_steps=1, guidance_scale=model.guidance_scale,
        generator=torch.Generator().manual_seed(5), output_type="latent",
        callback_on_step_end=lambda _pipeline, _step, _time, now: kept.update(now) or {},
        **own_arguments(model),
    )  # fmt: skip
    latents = kept["latents"]
    return float((latents[..., 0] if latents.dim() == 3 else latents[:, 0]).mean())


@pytest.mark.slow
@pytest.mark.parametrize("algorithm", ["nft", "ddpo"])
def test_people_like_better_what_the_lora_that_it_learned_paints(
    algorithm: str, model: HubImageModel, tmp_path: Path, cluster: None
) -> None:
    settings = SETTINGS.model_copy(update={"algorithm": algorithm})
    lora = tune_hub(settings, model, shown_pictures(), RELEVANCE, Bright(), tmp_path)
    assert liking(replace(model, lora=str(lora))) > liking(model) + 0.01


def test_settings_that_a_large_model_does_not_allow_are_refused(
    model: HubImageModel, tmp_path: Path
) -> None:
    for change in ({"guidance": 3.0}, {"lora_rank": 0}, {"strength": 0.67}, {"replay": 0.25}):
        settings = SETTINGS.model_copy(update=change)
        with pytest.raises(ValueError, match="large models want guidance 1"):
            tune_hub(settings, model, shown_pictures(), RELEVANCE, Bright(), tmp_path)
