"""The families of synthesised sounds with their captions.

A caption before the bar in `captions.yaml` is trained on; one after it is held out for the benchmark.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml
from numpy.typing import NDArray

from models.loudness import normalise
from models.mel import NUM_SAMPLES, SAMPLE_RATE
from models.training.sounds import music, nature, things
from models.training.sounds.signals import Random, Samples

LEAD_S = 0.04


@dataclass(frozen=True, slots=True)
class Family:
    """Sounds of one kind, and what they are called."""

    name: str
    synthesise: Callable[[Random], Samples]
    captions: tuple[str, ...]
    held_out: tuple[str, ...]

    def sound(self, seed: int) -> NDArray[np.float32]:
        """A sound of this family, as loud as everything that is served, at most as long as the format."""
        draw = np.random.default_rng(seed)
        made = np.pad(self.synthesise(draw), (round(draw.uniform(0, LEAD_S) * SAMPLE_RATE), 0))
        return normalise(made[:NUM_SAMPLES].astype(np.float32), SAMPLE_RATE)


def load_families() -> tuple[Family, ...]:
    """Every function of the modules of sounds, with its line in `captions.yaml`."""
    captions = yaml.safe_load((Path(__file__).parent / "captions.yaml").read_text("utf-8"))
    made = {
        name: function
        for module in (music, things, nature)
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__
    }
    if unlike := made.keys() ^ captions.keys():
        raise ValueError(f"captions.yaml: these have no sound, or no captions: {sorted(unlike)}")
    return tuple(Family(name, made[name], *_split(captions[name])) for name in captions)


def _split(line: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    trained, held_out = line.split("|")
    return _texts(trained), _texts(held_out)


def _texts(listed: str) -> tuple[str, ...]:
    return tuple(text.strip() for text in listed.split(","))
