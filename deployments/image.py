"""Images: cards around a painted sticker."""

from deployments.engine import Engine
from deployments.settings import ImageSettings, StickerSettings, StoreSettings
from deployments.sticker import load_generator
from models.image import ImageGenerator


class Image(Engine):
    """Makes opaque pictures."""

    media_type = "image"

    async def __init__(  # type: ignore[misc]
        self, settings: ImageSettings, store: StoreSettings, painter: StickerSettings
    ) -> None:
        await self.start(ImageGenerator(load_generator(painter)), settings, store)
