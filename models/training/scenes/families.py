"""The families of synthesised scenes with their captions.

A caption before the bar in `captions.yaml` is trained on; one after it is held out for the benchmark.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml
from PIL import Image

from models.training.scenes import (
    feelings,
    land,
    parties,
    plants,
    rooms,
    signs,
    skies,
    town,
    water,
    weather,
)
from models.training.scenes.canvas import Canvas

MODULES = (skies, weather, water, land, plants, rooms, town, parties, feelings, signs)


@dataclass(frozen=True, slots=True)
class Family:
    """Scenes of one kind, and what they are called."""

    name: str
    paint: Callable[[Canvas], None]
    captions: tuple[str, ...]
    held_out: tuple[str, ...]

    def scene(self, seed: int) -> Image.Image:
        """An opaque scene of this family; the same seed paints the same."""
        canvas = Canvas(np.random.default_rng(seed))
        self.paint(canvas)
        return canvas.finished()


def load_families() -> tuple[Family, ...]:
    """Every function of the modules of scenes, with its line in `captions.yaml`."""
    captions = yaml.safe_load((Path(__file__).parent / "captions.yaml").read_text("utf-8"))
    painted = {
        name: function
        for module in MODULES
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__ and not name.startswith("_")
    }
    if unlike := painted.keys() ^ captions.keys():
        raise ValueError(f"captions.yaml: these have no scene, or no captions: {sorted(unlike)}")
    return tuple(Family(name, painted[name], *_split(captions[name])) for name in captions)


def _split(line: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    trained, held_out = line.split("|")
    return _texts(trained), _texts(held_out)


def _texts(listed: str) -> tuple[str, ...]:
    return tuple(text.strip() for text in listed.split(","))
