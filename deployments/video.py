"""Video: painted stickers, animated, or clips of a large model of a hub."""

from deployments.engine import Engine
from deployments.settings import StickerSettings, StoreSettings, VideoSettings
from deployments.sticker import load_generator
from models.generation import Generator
from models.hub.video import HubVideoGenerator
from models.video import VideoGenerator


class Video(Engine):
    """Makes short loops with transparency."""

    media_type = "video"

    async def __init__(  # type: ignore[misc]
        self, settings: VideoSettings, store: StoreSettings, painter: StickerSettings
    ) -> None:
        generator: Generator
        if settings.hub:
            generator = HubVideoGenerator(settings.hub, painter.relevance_weights)
        else:
            generator = VideoGenerator(
                load_generator(painter), settings.weights, settings.num_inference_steps
            )
        await self.start(generator, settings, store)
