"""Audio: effects, jingles and the n-gram spoken, or sounds of a large model of a hub."""

from typing import Any

from deployments.engine import Engine
from deployments.settings import AudioSettings
from models.audio import AudioGenerator
from models.generation import Generator
from models.hub.audio import HubAudioGenerator
from models.sound import SoundMaker


class Audio(Engine):
    """Makes short sounds."""

    media_type = "audio"

    def load(self, sections: dict[str, Any]) -> Generator:
        """The maker of sounds and the voice that ship, or what the section `audio` names."""
        settings = self.section(AudioSettings, sections["audio"])
        if settings.hub:
            return HubAudioGenerator(settings.hub)
        sounds = SoundMaker(settings.weights, settings.num_inference_steps, settings.strength)
        return AudioGenerator(sounds, settings.threads)
