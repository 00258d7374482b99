"""Stickers from the flow transformer, or of a large model of a hub."""

from typing import Any

from deployments.engine import Engine
from deployments.settings import StickerSettings
from models.generation import Generator
from models.hub.generators import load_large
from models.sticker import StickerGenerator
from ranking.live_generator import read_tuned
from store.registry import Registry


class Sticker(Engine):
    """Makes transparent stickers."""

    media_type = "sticker"

    def load(self, sections: dict[str, Any]) -> Generator:
        """The generator that the section `sticker` describes."""
        settings = self.section(StickerSettings, sections["sticker"])
        if settings.hub:
            return load_large(settings.hub, settings.relevance_weights)
        return load_generator(settings)


def load_generator(settings: StickerSettings) -> StickerGenerator:
    """The generator that the settings describe."""
    generator = StickerGenerator(
        settings.weights,
        settings.relevance_weights,
        settings.num_inference_steps,
        settings.guidance_scale,
        settings.strength,
    )
    if settings.tuned:
        url, _, version = settings.tuned.rstrip("/").rpartition("/")
        generator.retune(read_tuned(Registry(url), version))
    return generator
