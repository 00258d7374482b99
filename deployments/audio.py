"""Audio: the n-gram spoken, or sounds of a large model of a hub."""

from deployments.engine import Engine
from deployments.settings import AudioSettings, StoreSettings
from models.audio import AudioGenerator
from models.generation import Generator
from models.hub.audio import HubAudioGenerator


class Audio(Engine):
    """Makes short sounds."""

    media_type = "audio"

    async def __init__(self, settings: AudioSettings, store: StoreSettings) -> None:  # type: ignore[misc]
        generator: Generator = HubAudioGenerator(settings.hub) if settings.hub else AudioGenerator()
        await self.start(generator, settings, store)
