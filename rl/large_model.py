"""The large model that a job is told of, as the section `hub` of a configuration has it, in JSON."""

from typing import Any

from pydantic import TypeAdapter

from catalog.items import MediaType
from models.hub.model import HubAudioModel, HubImageModel, HubStickerModel, HubVideoModel
from rl.tuning.hub_conventions import TunableModel

CLASSES: dict[MediaType, Any] = {
    "sticker": HubStickerModel,
    "image": HubImageModel,
    "video": HubVideoModel,
    "audio": HubAudioModel,
}


def large_model(modality: MediaType, told: str) -> TunableModel:
    """Read it; ValueError names the field that is wrong."""
    model: TunableModel = TypeAdapter(CLASSES[modality]).validate_json(told)
    return model
