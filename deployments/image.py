"""Images: cards around a painted sticker, or what a large model of a hub paints."""

from deployments.engine import Engine
from deployments.settings import ImageSettings, StickerSettings, StoreSettings
from deployments.sticker import load_generator
from models.generation import Generator
from models.hub.image import HubImageGenerator
from models.image import ImageGenerator


class Image(Engine):
    """Makes opaque pictures."""

    media_type = "image"

    async def __init__(  # type: ignore[misc]
        self, settings: ImageSettings, store: StoreSettings, painter: StickerSettings
    ) -> None:
        generator: Generator
        if settings.hub:
            generator = HubImageGenerator(settings.hub, painter.relevance_weights)
        else:
            generator = ImageGenerator(load_generator(painter))
        await self.start(generator, settings, store)
