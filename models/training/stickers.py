"""The stickers of the catalogue as training examples: pictures, and texts that describe them.

Array names: N stickers, C channels (premultiplied red, green, blue, alpha), H and W pixels.
"""

import io
import random
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from catalog.items import STYLES, CatalogItem, Style
from catalog.reader import read_items
from catalog.schema import DATA_DIR

# A mirrored letter, arrow or clock is wrong; a mirrored cat is another cat.
NOT_MIRRORED = re.compile(
    r"button|arrow|keycap|left|right|o’clock|thirty|input|symbol|sign|letter|ABC|NEW|OK|end|soon", re.I
)


@dataclass(frozen=True, slots=True)
class Stickers:
    """Pictures (N, C, H, W) as bytes, the number of each one's style, whether it may be mirrored, and its texts.

    The same sticker in another style has the same id.
    """

    pictures_NCHW: NDArray[np.uint8]
    styles_N: NDArray[np.int64]
    mirrored_N: NDArray[np.bool_]
    ids: tuple[str, ...]
    labels: tuple[str, ...]
    texts: tuple[tuple[str, ...], ...]


def load_styles(restyled: Path | None, picture_size: int, training_set: Path | None = None) -> Stickers:
    """The catalogue's stickers, then those of each other style that has a catalogue in the folder `restyled`.

    With a `training_set`, a folder with a catalogue for each style, its first style stands in for the catalogue, and the
    others come after those that are restyled.
    """
    folders = {style: restyled / style for style in STYLES[1:]} if restyled else {}
    for folder in folders.values():
        if not folder.is_dir():
            raise ValueError(
                f"{folder}: not there; draw it with `python -m catalog.recipe.styles --cache DIR`"
            )
    catalogues = [(STYLES[0], DATA_DIR if training_set is None else training_set / STYLES[0])]
    catalogues += folders.items()
    if training_set is not None:
        added = [(style, training_set / style) for style in STYLES[1:]]
        catalogues += [(style, folder) for style, folder in added if folder.is_dir()]
    parts = [
        load_stickers(read_items(folder, ("sticker",)), picture_size, style) for style, folder in catalogues
    ]
    return Stickers(
        pictures_NCHW=np.concatenate([part.pictures_NCHW for part in parts]),
        styles_N=np.concatenate([part.styles_N for part in parts]),
        mirrored_N=np.concatenate([part.mirrored_N for part in parts]),
        ids=tuple(each for part in parts for each in part.ids),
        labels=tuple(label for part in parts for label in part.labels),
        texts=tuple(texts for part in parts for texts in part.texts),
    )


def load_stickers(items: Iterable[CatalogItem], picture_size: int, style: Style = "3d") -> Stickers:
    """Decode the stickers among `items`; each is cropped to what is visible and centred in a square."""
    stickers = [item for item in items if item.media_type == "sticker"]
    if not stickers:
        raise ValueError(
            "items: no sticker among them; is the catalogue complete? Run `gramoji catalog verify`."
        )
    pictures = np.stack([picture_from_bytes(item.data, picture_size) for item in stickers])
    return Stickers(
        pictures_NCHW=pictures,
        styles_N=np.full(len(stickers), STYLES.index(style)),
        ids=tuple(item.item_id for item in stickers),
        mirrored_N=np.array([NOT_MIRRORED.search(item.alt_text) is None for item in stickers]),
        labels=tuple(item.alt_text for item in stickers),
        texts=tuple(caption_texts(item) for item in stickers),
    )


def picture_from_bytes(data: bytes, size: int) -> NDArray[np.uint8]:
    """Decode, crop to the visible part with a small margin, scale to size x size; premultiplied (4, size, size)."""
    picture = Image.open(io.BytesIO(data)).convert("RGBA").convert("RGBa")
    box = picture.getchannel("a").point(lambda alpha: 255 * (alpha > 8)).getbbox() or (0, 0, *picture.size)
    side = max(box[2] - box[0], box[3] - box[1])
    margin = round(side * 0.03)
    left, top = (box[0] + box[2] - side) // 2 - margin, (box[1] + box[3] - side) // 2 - margin
    square = picture.crop((left, top, left + side + 2 * margin, top + side + 2 * margin))
    return np.asarray(square.resize((size, size), Image.Resampling.LANCZOS)).transpose(2, 0, 1).copy()


def caption_texts(item: CatalogItem, combinations: int = 6) -> tuple[str, ...]:
    """Texts to condition on: the label, the label with two terms (several draws), each English term alone."""
    terms = list(dict.fromkeys(term.text for term in item.terms if term.locale == "en"))
    draw = random.Random(item.item_id)
    pairs = [
        ", ".join([item.alt_text, *draw.sample(terms, 2)]) for _ in range(combinations) if len(terms) >= 2
    ]
    return tuple(dict.fromkeys([item.alt_text, *pairs, *terms]))


def to_float(pictures: NDArray[np.uint8]) -> Tensor:
    """Bytes to floats in [-1, 1]."""
    return torch.from_numpy(pictures).float() / 127.5 - 1


def augment(pictures_BCHW: Tensor, mirrored_B: Tensor, generator: torch.Generator) -> Tensor:
    """Mirror half of those that may be, shrink to 85-100 % and shift by up to 6 %, on transparent ground."""
    B = len(pictures_BCHW)
    flip_B = (torch.rand(B, generator=generator) < 0.5) & mirrored_B
    zoom_B = 1 / (0.85 + 0.15 * torch.rand(B, generator=generator))
    shift_B2 = 0.12 * (torch.rand(B, 2, generator=generator) - 0.5)
    theta = torch.zeros(B, 2, 3)
    theta[:, 0, 0] = torch.where(flip_B, -zoom_B, zoom_B)
    theta[:, 1, 1] = zoom_B
    theta[:, :, 2] = shift_B2
    grid = F.affine_grid(theta, list(pictures_BCHW.shape), align_corners=False)
    return F.grid_sample(pictures_BCHW + 1, grid, align_corners=False) - 1
