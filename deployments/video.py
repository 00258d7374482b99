"""Video: painted stickers, animated."""

from deployments.engine import Engine
from deployments.settings import StickerSettings, StoreSettings, VideoSettings
from deployments.sticker import load_generator
from models.video import VideoGenerator


class Video(Engine):
    """Makes short loops with transparency."""

    media_type = "video"

    async def __init__(  # type: ignore[misc]
        self, settings: VideoSettings, store: StoreSettings, painter: StickerSettings
    ) -> None:
        generator = VideoGenerator(load_generator(painter), settings.weights, settings.num_inference_steps)
        await self.start(generator, settings, store)
