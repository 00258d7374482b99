"""Tiny large models of every pipeline that can be tuned, and media that people were shown."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from catalog.recipe.animation import Animation, encode_animation
from models.hub import image
from models.hub.audio import finish
from models.hub.judge import SAMPLE_RATE
from models.hub.model import HubAudioModel, HubImageModel, HubVideoModel
from models.opus import encode_opus
from models.sticker import to_webp
from models.video import QUALITY
from rl.tuning.hub import ShownHubMedia, modality_of
from rl.tuning.hub_conventions import TunableModel
from rl.tuning.hub_media import HubMedia
from rl.tuning.latent_media import LatentMedia, ShownMedia
from rl.tuning.senses import Medium, open_medium
from tests.models.hub.checkpoints import PIPELINES, stir
from tests.models.hub.judges import save_judge

WEIGHTS = Path("models/weights")
PROMPTS = ("a cat", "a very happy birthday cake")  # pipelines write into lists
SMALL = {
    "WanPipeline": 0.3,
    "StableAudio3Pipeline": 0.1,
}  # velocities, which at random prefer what they don't know
GUIDANCE = {"ZImagePipeline": 0.0, "SanaSprintPipeline": 4.5}


class High:
    """People who like what is high in the first channel of the latents."""

    def __call__(self, media: LatentMedia) -> Tensor:
        return media.latents_NCFHW[:, 0].mean((1, 2, 3)).sigmoid()


def saved(name: str, folder: Path) -> TunableModel:
    """A random checkpoint, whose latents are not lost in noise."""
    torch.manual_seed(0)
    pipeline = PIPELINES[name]()
    if name == "ZImagePipeline":
        pipeline.vae.register_to_config(scaling_factor=8.0)
    if name == "WanPipeline":
        stir(pipeline.vae, 0.2)
        stir(pipeline.transformer, 0.2)
        normalise(pipeline.vae)
    if name == "StableAudio3Pipeline":
        pipeline.vae.register_to_config(sampling_rate=4000)  # else a second would be long
    if name in SMALL:
        for weight in pipeline.transformer.proj_out.parameters():
            weight.data.mul_(SMALL[name])
    pipeline.save_pretrained(folder)
    every: dict[str, Any] = {
        "checkpoint": str(folder), "pipeline": name, "device": "cpu", "dtype": "float32",
        "num_inference_steps": 4, "guidance_scale": GUIDANCE.get(name, 1.0), "template": "{text}",
    }  # fmt: skip
    if name == "WanPipeline":
        return HubVideoModel(**every, width_px=32, height_px=32, num_frames=5)
    if name == "StableAudio3Pipeline":
        return HubAudioModel(**every, duration_s=1.0, judge=save_judge("clap", folder / "clap"))
    return HubImageModel(**every, side_px=32)


def tone(pitch_hz: float) -> NDArray[np.float32]:
    """A second of it."""
    time_S = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    return np.sin(2 * np.pi * pitch_hz * time_S).astype(np.float32)


@torch.inference_mode()
def normalise(vae: Any) -> None:
    """Clips of plain colours far apart, so that few updates tell which are liked."""
    colours = 2 * torch.rand(24, 3, 1, 1, 1) - 1
    latents = vae.encode(colours.expand(-1, -1, 5, 32, 32)).latent_dist.mode()
    mean_C, deviation_C = latents.mean((0, 2, 3, 4)), latents.std((0, 2, 3, 4))
    vae.register_to_config(latents_mean=mean_C.tolist(), latents_std=(deviation_C / 4).tolist())


def arguments(model: TunableModel) -> dict[str, Any]:
    """What the pipeline is told beside prompts and steps."""
    told: dict[str, Any] = {"guidance_scale": model.guidance_scale}
    if isinstance(model, HubAudioModel):
        return told | {"duration": model.duration_s}
    if isinstance(model, HubVideoModel):
        return told | {"width": model.width_px, "height": model.height_px, "num_frames": model.num_frames}
    return told | {"width": model.side_px, "height": model.side_px, **image.own_arguments(model)}


def made_by(
    pipeline: Any, model: TunableModel, prompts: Sequence[str] = PROMPTS, **more: Any
) -> list[Medium]:
    """What the pipeline makes, as our conventions have media."""
    kind = "np" if isinstance(model, HubAudioModel) else "pil"
    made = pipeline(prompt=list(prompts), output_type=kind, **arguments(model), **more)
    if isinstance(model, HubAudioModel):
        return [finish(audio, pipeline.vae.config.sampling_rate) for audio in made.audios]
    return list(made.frames if isinstance(model, HubVideoModel) else made.images)


def as_numbers(medium: Medium) -> NDArray[np.float64]:
    """From 0 to 1, or from -1 to 1."""
    if isinstance(medium, np.ndarray):
        return medium.astype(float)
    frames = [medium] if isinstance(medium, Image.Image) else medium
    return np.stack([np.asarray(frame, float) / 255 for frame in frames])


def shown_media(model: TunableModel, count: int = 24) -> ShownHubMedia:
    """For each prompt plain pictures or clips of many colours, or tones of many pitches, that everybody looked at.

    Their latents here are the model's own: what its random decoder makes of them all looks alike.
    """
    data = stored(model, count)
    latents = HubMedia(model).encode(open_medium(each, modality_of(model)) for each in data)
    n_grams = tuple(PROMPTS[row % len(PROMPTS)] for row in range(count))
    ids, slates = (tuple(f"{name} {row}" for row in range(count)) for name in ("item", "slate"))
    rows_N = torch.arange(count)
    shown = ShownMedia(latent_media(latents), ids, n_grams, slates, rows_N, 0 * rows_N, torch.ones(count))
    return ShownHubMedia(shown, dict(zip(ids, data, strict=True)), n_grams)


def latent_media(latents: Tensor) -> LatentMedia:
    """Media of which nothing else is known."""
    count = len(latents)
    nothing_NT = torch.zeros(count, 384)
    return LatentMedia(latents, nothing_NT, nothing_NT, torch.zeros(count, dtype=torch.long), nothing_NT)


def stored(model: TunableModel, count: int) -> list[bytes]:
    """As the store has them."""
    chance = np.random.default_rng(0)
    if isinstance(model, HubAudioModel):
        pitches_hz = chance.uniform(50, 1500, count)
        return [encode_opus(tone(pitch_hz), SAMPLE_RATE) for pitch_hz in pitches_hz]
    colours = chance.integers(0, 256, (count, 3)).tolist()
    pictures = [Image.new("RGBA", (32, 32), tuple(colour)) for colour in colours]
    if not isinstance(model, HubVideoModel):
        return [to_webp(picture) for picture in pictures]
    clips = [Animation((picture, picture), 100) for picture in pictures]
    return [encode_animation(clip, QUALITY) for clip in clips]
