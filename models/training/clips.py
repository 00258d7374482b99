"""The clips of the catalogue as training examples: stills with the fields that move them, and texts.

Array names: N clips, F frames, C channels (premultiplied RGBA), H and W pixels or the latent grid, G the field's grid.
"""

import io
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageSequence
from torch import Tensor
from tqdm import tqdm

from catalog.items import CatalogItem
from models.autoencoder import Autoencoder
from models.training.fields import affine_fields, fit_fields, halved
from models.training.motions import draw_places, place
from models.training.stickers import NOT_MIRRORED, Stickers, caption_texts, to_float

SEEN_SHARE = 0.6  # a loop begins where at least this much of its fullest frame is there
ANIMATED = ", animated"


@dataclass(frozen=True, slots=True)
class Clips:
    """Each clip's frames (its own number, C, H, W) as bytes, whether it may be mirrored, and its texts."""

    frames: tuple[NDArray[np.uint8], ...]
    mirrored: tuple[bool, ...]
    texts: tuple[tuple[str, ...], ...]


def load_clips(items: Iterable[CatalogItem], picture_size: int) -> Clips:
    """Decode the animated clips among `items`."""
    clips = [item for item in items if item.media_type == "video"]
    if not clips:
        raise ValueError(
            "items: no clip among them; is the catalogue complete? Run `gramoji catalog verify`."
        )
    return Clips(
        frames=tuple(_frames(item.data, picture_size) for item in tqdm(clips, desc="clips")),
        mirrored=tuple(NOT_MIRRORED.search(item.alt_text) is None for item in clips),
        texts=tuple(tuple(text.removesuffix(ANIMATED) for text in caption_texts(item)) for item in clips),
    )


def _frames(data: bytes, size: int) -> NDArray[np.uint8]:
    with Image.open(io.BytesIO(data)) as image:
        return np.stack(
            [
                np.asarray(
                    frame.convert("RGBA").convert("RGBa").resize((size, size), Image.Resampling.LANCZOS)
                ).transpose(2, 0, 1)
                for frame in ImageSequence.Iterator(image)
            ]
        )


def loop_indices(
    frames_FCHW: NDArray[np.uint8], count: int, generator: torch.Generator
) -> NDArray[np.int64]:
    """`count` frames evenly over the loop, beginning at a drawn one in which the picture is there."""
    opacity_F = frames_FCHW[:, 3].astype(np.float32).mean(axis=(1, 2))
    visible = np.flatnonzero(opacity_F >= SEEN_SHARE * opacity_F.max())
    first = int(visible[int(torch.randint(len(visible), (), generator=generator))])
    steps = np.floor(np.arange(count) * len(frames_FCHW) / count).astype(np.int64)
    return (first + steps) % len(frames_FCHW)


def clip_examples(
    autoencoder: Autoencoder, clips: Clips, frames: int, views: int, seed: int
) -> tuple[Tensor, Tensor]:
    """Still latents (N·views, C, H, W) and fields (N·views, F, 2, G, G); each view begins elsewhere, half are mirrored."""
    generator = torch.Generator().manual_seed(seed)
    stills, fields = [], []
    for clip, may_mirror in tqdm(list(zip(clips.frames, clips.mirrored, strict=True)), desc="clip fields"):
        loops = torch.stack([to_float(clip[loop_indices(clip, frames, generator)]) for _ in range(views)])
        if may_mirror:
            loops[1::2] = loops[1::2].flip(-1)
        with torch.no_grad():
            stills.append(autoencoder.encode(loops[:, 0]))
        fields.append(fit_fields(halved(loops)))
    return torch.cat(stills), torch.cat(fields)


@torch.no_grad()
def sticker_examples(
    autoencoder: Autoencoder, stickers: Stickers, frames: int, seed: int
) -> tuple[Tensor, Tensor]:
    """Still latents (N, C, H, W) and fields (N, F, 2, G, G) of the stickers, each moved in code."""
    generator = torch.Generator().manual_seed(seed)
    stills, fields = [], []
    for start in tqdm(range(0, len(stickers.pictures_NCHW), 32), desc="sticker fields"):
        pictures = to_float(stickers.pictures_NCHW[start : start + 32])
        placed_BF33 = draw_places(len(pictures), frames, generator)
        stills.append(autoencoder.encode(place(pictures, placed_BF33[:, 0])))
        fields.append(affine_fields(placed_BF33))
    return torch.cat(stills), torch.cat(fields)
