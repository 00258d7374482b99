"""Stickers from the flow transformer, or of a large model of a hub."""

from deployments.engine import Engine
from deployments.settings import StickerSettings, StoreSettings
from models.generation import Generator
from models.hub.sticker import HubStickerGenerator
from models.sticker import StickerGenerator


class Sticker(Engine):
    """Makes transparent stickers."""

    media_type = "sticker"

    async def __init__(self, settings: StickerSettings, store: StoreSettings) -> None:  # type: ignore[misc]
        generator: Generator
        if settings.hub:
            generator = HubStickerGenerator(settings.hub, settings.relevance_weights)
        else:
            generator = load_generator(settings)
        await self.start(generator, settings, store)


def load_generator(settings: StickerSettings) -> StickerGenerator:
    """The generator that the settings describe."""
    return StickerGenerator(
        settings.weights,
        settings.relevance_weights,
        settings.num_inference_steps,
        settings.guidance_scale,
        settings.strength,
    )
