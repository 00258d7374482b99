"""Stickers of large models: a picture on a plain ground, and its subject cut out."""

from pathlib import Path

from PIL import Image

from models.hub.image import HubImageGenerator
from models.hub.matting import Cutter
from models.hub.model import HubStickerModel


class HubStickerGenerator(HubImageGenerator):
    """An image pipeline and a matting model. Not thread-safe: one `generate` at a time."""

    def __init__(self, model: HubStickerModel, relevance_weights: Path) -> None:
        super().__init__(model, relevance_weights)
        self.cutter = Cutter(model)
        self.version = f"{self.version}-{Path(model.matting).name}"

    def finish(self, image: Image.Image) -> Image.Image:
        """The subject alone, the rest transparent."""
        return self.cutter.cut(image)
