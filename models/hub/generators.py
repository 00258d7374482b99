"""Which generator serves which large model."""

from pathlib import Path

from models.generation import Generator
from models.hub.audio import HubAudioGenerator
from models.hub.image import HubImageGenerator
from models.hub.model import HubAudioModel, HubImageModel, HubStickerModel, HubVideoModel
from models.hub.sticker import HubStickerGenerator
from models.hub.video import HubVideoGenerator


def load_large(model: HubImageModel | HubVideoModel | HubAudioModel, relevance_weights: Path) -> Generator:
    """Load it; ValueError names what is not there or does not fit."""
    if isinstance(model, HubAudioModel):
        return HubAudioGenerator(model)
    if isinstance(model, HubVideoModel):
        return HubVideoGenerator(model, relevance_weights)
    if isinstance(model, HubStickerModel):
        return HubStickerGenerator(model, relevance_weights)
    return HubImageGenerator(model, relevance_weights)
