"""The sounds of a training run: the catalogue's samples and synthesised families, as mel spectrograms with their captions.

Array names: N sounds, S samples, F mel frequencies, T frames.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import Tensor
from tqdm import tqdm

from catalog.items import CatalogItem
from models.loudness import normalise
from models.mel import SAMPLE_RATE, fitted, log_mel
from models.opus import decode_sound
from models.training.sounds.families import load_families
from models.training.stickers import caption_texts

SHIFT_S = 0.05
PITCH = 1.06  # a semitone


@dataclass(frozen=True, slots=True, eq=False)
class Sounds:
    """Samples (N, S) as 16-bit integers, spectrograms (N, F, T) in half precision, and the texts of each."""

    samples_NS: Tensor
    mels_NFT: Tensor
    texts: tuple[tuple[str, ...], ...]
    num_samples: int  # the first rows, views of the catalogue's samples; the rest is synthesised

    def waves(self, chosen: Tensor | slice) -> Tensor:
        """Samples in [-1, 1]."""
        return self.samples_NS[chosen].float() / 32767


def load_sounds(
    items: Sequence[CatalogItem], views: int, variants: int, seed: int, cache: Path | None = None
) -> Sounds:
    """`views` of each catalogue sound (a little higher, lower, later) and `variants` of each family."""
    samples = [item for item in items if item.media_type == "audio"]
    families = load_families()
    texts = [caption_texts(item) for item in samples for _ in range(views)]
    texts += [family.captions for family in families for _ in range(variants)]
    if cache is not None and cache.exists():
        kept = load_file(cache)
        if len(kept["samples"]) == len(texts):
            return Sounds(kept["samples"], kept["mels"], tuple(texts), len(samples) * views)
    draw = np.random.default_rng(seed)
    waves = [view(decode_sound(item.data, SAMPLE_RATE), n, draw) for item in samples for n in range(views)]
    made = ((f, seed * 1_000_000 + n) for f in families for n in range(variants))
    waves += [f.sound(n) for f, n in tqdm(made, "sounds", len(families) * variants)]
    samples_NS = torch.stack([fitted(torch.from_numpy(wave)) for wave in waves])
    mels_NFT = torch.cat([log_mel(part) for part in torch.split(samples_NS, 64)]).half()
    whole = (samples_NS * 32767).short()
    if cache is not None:
        cache.parent.mkdir(parents=True, exist_ok=True)
        save_file({"samples": whole, "mels": mels_NFT}, cache)
    return Sounds(whole, mels_NFT, tuple(texts), len(samples) * views)


def view(samples: NDArray[np.float32], number: int, draw: np.random.Generator) -> NDArray[np.float32]:
    """The sound itself (0), or played up to a semitone faster or slower and up to 50 ms later."""
    if number:
        speed = PITCH ** draw.uniform(-1, 1)
        at = np.arange(0, len(samples) - 1, speed)
        later = round(draw.uniform(0, SHIFT_S) * SAMPLE_RATE)
        samples = np.pad(np.interp(at, np.arange(len(samples)), samples), (later, 0)).astype(np.float32)
    return normalise(samples, SAMPLE_RATE)
