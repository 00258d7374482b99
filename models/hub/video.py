"""Clips of large models, through diffusers, encoded as animated WebP.

Array names: T text width.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from catalog.recipe.animation import Animation, encode_animation
from models.generation import GeneratedMedium, Generation, KeepGoing, Prompt
from models.hub.loading import HubPipeline, version_of
from models.hub.model import HubVideoModel
from models.hub.sight import Sight
from models.sticker import to_webp
from models.video import QUALITY


class HubVideoGenerator:
    """One diffusers pipeline. Not thread-safe: one `generate` at a time."""

    def __init__(self, model: HubVideoModel, relevance_weights: Path) -> None:
        self.model = model
        self.pipeline = HubPipeline(model, model.pipeline)
        self.sight = Sight(model, relevance_weights)
        self.version, self.licence = version_of(model), model.licence

    def check_text(self, text: str) -> None:
        """Any text can be filmed."""

    def generate(self, prompts: Sequence[Prompt], keep_going: KeepGoing = lambda _: True) -> Generation:
        """One clip for each prompt, in one batch; none if `keep_going`, asked after each step, stopped it."""
        model, planned = self.model, self.model.num_inference_steps
        run = self.pipeline.run(
            prompts,
            keep_going,
            width=model.width_px,
            height=model.height_px,
            num_frames=model.num_frames,
            output_type="pil",
            **own_arguments(model),
        )
        if run.output is None:
            return Generation(run.num_evaluations, planned)
        clips = [tuple(shrink(frame, model.shown_px) for frame in frames) for frames in run.output.frames]
        return Generation(
            planned,
            planned,
            lambda: tuple(map(self._encode, prompts, clips)),
            [images[0] for images in clips],
        )

    def _encode(self, prompt: Prompt, images: tuple[Image.Image, ...]) -> GeneratedMedium:
        animation = Animation(images, round(1000 / self.model.fps))
        vector_T, fit = self.sight.see(prompt.text, images)
        return GeneratedMedium(
            data=encode_animation(animation, QUALITY),
            mime_type="image/webp",
            width=images[0].width,
            height=images[0].height,
            embedding=vector_T,
            cosine=fit,
            duration_ms=animation.duration_ms,
            preview=to_webp(images[0]),
        )


def shrink(image: Image.Image, longest_px: int) -> Image.Image:
    """The frame with a longest side of `longest_px`, if it was larger."""
    small = image.convert("RGB")
    small.thumbnail((longest_px, longest_px), Image.Resampling.LANCZOS)
    return small


def own_arguments(model: HubVideoModel) -> dict[str, Any]:
    """What only this pipeline must be told."""
    if model.pipeline != "LTX2Pipeline":
        return {}
    # LTX-2 films and sounds at once, and guides each in three ways; without guidance (its distilled checkpoints) none runs.
    unguided = {
        "stg_scale": 0.0, "modality_scale": 1.0, "guidance_rescale": 0.0, "audio_guidance_scale": 1.0,
        "audio_stg_scale": 0.0, "audio_modality_scale": 1.0, "audio_guidance_rescale": 0.0,
    }  # fmt: skip
    return {"frame_rate": float(model.fps), **({} if model.guidance_scale > 1 else unguided)}
