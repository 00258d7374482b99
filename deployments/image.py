"""Images: a painted sticker in a painted scene, or what a large model of a hub paints."""

from typing import Any

from deployments.engine import Engine
from deployments.settings import ImageSettings, StickerSettings
from deployments.sticker import load_generator
from models.generation import Generator
from models.hub.generators import load_large
from models.image import ImageGenerator
from models.scene import SceneMaker


class Image(Engine):
    """Makes opaque pictures."""

    media_type = "image"

    def load(self, sections: dict[str, Any]) -> Generator:
        """The generator that the sections `image` and `sticker`, which paints for it, describe."""
        settings = self.section(ImageSettings, sections["image"])
        painter = self.section(StickerSettings, sections["sticker"])
        if settings.hub:
            return load_large(settings.hub, painter.relevance_weights)
        scenes = SceneMaker.load(settings.weights, settings.num_inference_steps, settings.strength)
        return ImageGenerator(load_generator(painter), scenes)
