"""Audio: the n-gram spoken, or sounds of a large model of a hub."""

from typing import Any

from deployments.engine import Engine
from deployments.settings import AudioSettings
from models.audio import AudioGenerator
from models.generation import Generator
from models.hub.audio import HubAudioGenerator


class Audio(Engine):
    """Makes short sounds."""

    media_type = "audio"

    def load(self, sections: dict[str, Any]) -> Generator:
        """The voice that ships, or what the section `audio` names."""
        settings = self.section(AudioSettings, sections["audio"])
        return HubAudioGenerator(settings.hub) if settings.hub else AudioGenerator()
