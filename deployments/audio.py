"""Audio: the n-gram, spoken."""

from deployments.engine import Engine
from deployments.settings import AudioSettings, StoreSettings
from models.audio import AudioGenerator


class Audio(Engine):
    """Makes short sounds."""

    media_type = "audio"

    async def __init__(self, settings: AudioSettings, store: StoreSettings) -> None:  # type: ignore[misc]
        await self.start(AudioGenerator(), settings, store)
