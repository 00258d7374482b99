"""Audio: the n-gram, spoken."""

from models.audio import AudioGenerator

from deployments.engine import Engine
from deployments.settings import AudioSettings, StoreSettings


class Audio(Engine):
    """Makes short sounds."""

    media_type = "audio"

    async def __init__(self, settings: AudioSettings, store: StoreSettings) -> None:  # type: ignore[misc]
        await self.start(AudioGenerator(), settings, store)
