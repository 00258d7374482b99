"""The scenes of a training run with their captions.

Array names: N scenes, C channels, H and W pixels.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from tqdm import tqdm

from models.training.scenes.families import Family, load_families


@dataclass(frozen=True, slots=True, eq=False)
class Scenes:
    """Opaque pictures (N, C, H, W) as bytes, `variants` of each family in turn, and the texts of each."""

    pictures_NCHW: Tensor
    texts: tuple[tuple[str, ...], ...]
    variants: int

    def pictures(self, chosen: Tensor | slice) -> Tensor:
        """Pictures in [-1, 1], which the networks read fastest in this layout."""
        made = self.pictures_NCHW[chosen].float() / 127.5 - 1
        return made.contiguous(memory_format=torch.channels_last)


def load_scenes(variants: int, seed: int, cache: Path | None = None) -> Scenes:
    """`variants` of each family."""
    families = load_families()
    texts = tuple(family.captions for family in families for _ in range(variants))
    if cache is not None and cache.exists():
        kept = load_file(cache)["pictures"]
        if len(kept) == len(texts):
            return Scenes(kept, texts, variants)
    pictures_NCHW = paint(families, range(seed * 1_000_000, seed * 1_000_000 + variants))
    if cache is not None:
        cache.parent.mkdir(parents=True, exist_ok=True)
        save_file({"pictures": pictures_NCHW}, cache)
    return Scenes(pictures_NCHW, texts, variants)


def paint(families: tuple[Family, ...], seeds: range) -> Tensor:
    """A picture (N, C, H, W) as bytes of each family for each seed."""
    made = ((family, seed) for family in families for seed in seeds)
    pictures = [
        np.asarray(family.scene(seed)).transpose(2, 0, 1)
        for family, seed in tqdm(made, "scenes", len(families) * len(seeds))
    ]
    return torch.from_numpy(np.stack(pictures)).contiguous()
