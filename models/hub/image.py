"""Pictures of large models, through diffusers. They need a GPU to be of use; nothing here depends on one."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from models.generation import GeneratedMedium, Generation, KeepGoing, Prompt
from models.hub.loading import HubPipeline, version_of
from models.hub.model import HubImageModel
from models.hub.sight import Sight
from models.sticker import to_webp


class HubImageGenerator:
    """One diffusers pipeline. Not thread-safe: one `generate` at a time."""

    def __init__(self, model: HubImageModel, relevance_weights: Path) -> None:
        self.model = model
        self.pipeline = HubPipeline(model, model.pipeline)
        self.sight = Sight(model, relevance_weights)
        self.version, self.licence = version_of(model), model.licence

    def check_text(self, text: str) -> None:
        """Any text can be painted."""

    def generate(self, prompts: Sequence[Prompt], keep_going: KeepGoing = lambda _: True) -> Generation:
        """One picture for each prompt, in one batch; none if `keep_going`, asked after each step, stopped it."""
        side, planned = self.model.side_px, self.model.num_inference_steps
        run = self.pipeline.run(prompts, keep_going, height=side, width=side, **own_arguments(self.model))
        if run.output is None:
            return Generation(run.num_evaluations, planned)
        images = list(map(self.finish, run.output.images))
        return Generation(planned, planned, lambda: self._encode(prompts, images), images)

    def _encode(self, prompts: Sequence[Prompt], images: list[Image.Image]) -> tuple[GeneratedMedium, ...]:
        vectors_BT = self.sight.embed(images)
        fits = self.sight.fits([prompt.text for prompt in prompts], images, vectors_BT)
        return tuple(
            GeneratedMedium(to_webp(image), "image/webp", image.width, image.height, vector, fit)
            for image, vector, fit in zip(images, vectors_BT, fits, strict=True)
        )

    def finish(self, image: Image.Image) -> Image.Image:
        """The picture as it is shown."""
        return image.convert("RGB")


def own_arguments(model: HubImageModel) -> dict[str, Any]:
    """What only this pipeline must be told."""
    if model.pipeline != "SanaSprintPipeline":
        return {}
    # Else Sana renders in its nearest standard size, and takes the middle of two steps for any number of them.
    return {
        "use_resolution_binning": False,
        "intermediate_timesteps": 1.3 if model.num_inference_steps == 2 else None,
    }
