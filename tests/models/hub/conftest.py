"""One generator a large model, each loaded once for the whole run."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch

from models.hub.generators import load_large
from models.hub.model import HubAudioModel, HubImageModel, HubModel, HubStickerModel, HubVideoModel
from tests.models.hub.checkpoints import PIPELINES, sam2
from tests.models.hub.judges import save_judge

SMALL: dict[str, Any] = {"device": "cpu", "dtype": "float32", "num_inference_steps": 2}
CHOICES: dict[str, tuple[type[HubModel], dict[str, Any]]] = {
    "ZImagePipeline": (HubImageModel, {"side_px": 32}),
    "Flux2KleinPipeline": (HubImageModel, {"side_px": 32}),
    "SanaSprintPipeline": (HubImageModel, {"side_px": 32}),
    "sticker": (HubStickerModel, {"side_px": 32, "shown_px": 24}),
    "WanPipeline": (HubVideoModel, {"width_px": 32, "height_px": 64, "num_frames": 5, "shown_px": 24}),
    "LTX2Pipeline": (HubVideoModel, {"width_px": 32, "height_px": 64, "num_frames": 5, "shown_px": 24}),
    "StableAudio3Pipeline": (HubAudioModel, {"duration_s": 1.0}),
}


@dataclass(frozen=True)
class Loaded:
    """A model's settings, its generator, and how to load another with other settings."""

    model: Any
    generator: Any
    load: Callable[[Any], Any]


@pytest.fixture(scope="session")
def loaded(weights: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Loaded]:
    """A choice by its name: tiny random checkpoints, saved to disk and loaded by the real code."""
    kept: dict[str, Loaded] = {}

    def load(model: Any) -> Any:
        return load_large(model, weights / "relevance")

    def get(name: str) -> Loaded:
        if name not in kept:
            kind, values = CHOICES[name]
            pipeline = "Flux2KleinPipeline" if name == "sticker" else name
            folder = tmp_path_factory.mktemp(name)
            torch.manual_seed(0)
            PIPELINES[pipeline]().save_pretrained(folder)
            more: dict[str, Any] = {}
            if kind is HubStickerModel:
                sam2().save_pretrained(folder / "sam2")
                more["matting"] = str(folder / "sam2")
            if kind is HubAudioModel:
                more["judge"] = save_judge("clap", folder / "clap")
            model: Any = kind(
                **{"checkpoint": str(folder), "pipeline": pipeline, **SMALL, **values, **more}
            )
            kept[name] = Loaded(model, load(model), load)
        return kept[name]

    return get
