"""Video: painted stickers, animated, or clips of a large model of a hub."""

from typing import Any

from deployments.engine import Engine
from deployments.settings import StickerSettings, VideoSettings
from deployments.sticker import load_generator
from models.generation import Generator
from models.hub.generators import load_large
from models.video import VideoGenerator


class Video(Engine):
    """Makes short loops with transparency."""

    media_type = "video"

    def load(self, sections: dict[str, Any]) -> Generator:
        """The generator that the sections `video` and `sticker`, which paints for it, describe."""
        settings = self.section(VideoSettings, sections["video"])
        painter = self.section(StickerSettings, sections["sticker"])
        if settings.hub:
            return load_large(settings.hub, painter.relevance_weights)
        return VideoGenerator(load_generator(painter), settings.weights, settings.num_inference_steps)
