"""Stickers from the flow transformer."""

from deployments.engine import Engine
from deployments.settings import StickerSettings, StoreSettings
from models.sticker import StickerGenerator


class Sticker(Engine):
    """Makes transparent stickers."""

    media_type = "sticker"

    async def __init__(self, settings: StickerSettings, store: StoreSettings) -> None:  # type: ignore[misc]
        await self.start(load_generator(settings), settings, store)


def load_generator(settings: StickerSettings) -> StickerGenerator:
    """The generator that the settings describe."""
    return StickerGenerator(
        settings.weights,
        settings.relevance_weights,
        settings.num_inference_steps,
        settings.guidance_scale,
        settings.strength,
    )
