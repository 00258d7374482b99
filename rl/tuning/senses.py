"""What media look or sound like to those who learn from them, whoever made them: by the small networks that ship.

N: media; C, F, H, W: latents or pictures (channels, frames, grid or pixels); T: text width; S: samples.
"""

import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image, ImageSequence
from torch import Tensor

from catalog.items import MediaType
from models import mel
from models.autoencoder import Autoencoder
from models.hub.audio import resample
from models.hub.judge import SAMPLE_RATE, PictureJudge, SoundJudge
from models.hub.model import HubAudioModel, HubModel
from models.opus import decode_sound
from models.relevance import PictureEncoder
from models.sound_latents import SoundLatents
from models.training.stickers import picture_from_bytes, to_float
from rl.tuning.latent_media import LatentMedia

Medium = Any  # a picture (`Image`), the frames of a clip, or mono samples (S,) at 48 kHz
Look = NDArray[np.uint8]  # (F, 4, H, W), premultiplied
FRAMES = 4  # of a clip, evenly spread
AT_ONCE = 32


class Senses(Protocol):
    """Those that a modality is made for; `judges` says whether a large model judges how media fit."""

    judges: bool

    def encode(self, data: Sequence[bytes], are_generated: Sequence[bool]) -> tuple[Tensor, Tensor]:
        """What stored media are, as `perceive` has it; of some, only what matters in them."""
        ...

    def perceive(self, media: Sequence[Medium]) -> tuple[Tensor, Tensor]:
        """Latents (N, C, F, H, W), and unit vectors (N, T) of what is seen or heard."""
        ...

    def fits(self, texts: Sequence[str], media: Sequence[Medium]) -> Tensor:
        """How well each fits its text (N,), as the large judge says."""
        ...


class Eyes:
    """Stills, and some frames of clips, by the sticker's autoencoder and the small encoder of pictures.

    The latents of stickers are those that the small generator works on.
    """

    def __init__(self, modality: MediaType, weights: Path, model: HubModel | None = None) -> None:
        folder = weights / "sticker" / "vae"
        self.autoencoder = Autoencoder.from_pretrained(folder).eval()
        if self.autoencoder.encoder is None:
            raise ValueError(f"the autoencoder in {folder} only decodes; needed is one that encodes")
        self.pictures = PictureEncoder.from_pretrained(weights / "relevance").eval()
        self.judge = (
            PictureJudge(model.judge, model.device, model.judge_shift) if model and model.judge else None
        )
        self.judges = self.judge is not None
        self.size: int = self.autoencoder.config.picture_size
        self.modality, self.frames = modality, FRAMES if modality == "video" else 1

    def encode(self, data: Sequence[bytes], are_generated: Sequence[bool]) -> tuple[Tensor, Tensor]:
        """Generated media as they are, other stickers cropped and centred as the generator's training set was."""
        return self._see(
            picture_from_bytes(each, self.size)[None]
            if self.modality == "sticker" and not generated
            else self._look(open_medium(each, self.modality))
            for each, generated in zip(data, are_generated, strict=True)
        )

    def perceive(self, media: Sequence[Medium]) -> tuple[Tensor, Tensor]:
        """Latents (N, C, F, H, W), and unit vectors (N, T): a clip's is the mean of its frames'."""
        return self._see(map(self._look, media))

    def fits(self, texts: Sequence[str], media: Sequence[Medium]) -> Tensor:
        """How well each fits its text (N,), a mean over frames."""
        assert self.judge is not None
        asked = [text for text in texts for _ in range(self.frames)]
        seen = [frame for medium in media for frame in self._frames(medium)]
        return torch.tensor(self.judge.cosines(asked, seen)).view(-1, self.frames).mean(1)

    def _frames(self, medium: Medium) -> list[Image.Image]:
        frames = [medium] if isinstance(medium, Image.Image) else medium
        return [frames[at] for at in np.linspace(0, len(frames) - 1, self.frames).round().astype(int)]

    def _look(self, medium: Medium) -> Look:
        return np.stack([_premultiplied(frame, self.size) for frame in self._frames(medium)])

    @torch.no_grad()
    def _see(self, looks: Iterable[Look]) -> tuple[Tensor, Tensor]:
        latents, vectors = [], []
        for some in _batches(looks):
            pictures_MCHW = to_float(np.concatenate(some))
            latents.append(self._by_medium(self.autoencoder.encode(pictures_MCHW)).transpose(1, 2))
            vectors.append(F.normalize(self._by_medium(self.pictures(pictures_MCHW)).mean(1), dim=-1))
        return torch.cat(latents), torch.cat(vectors)

    def _by_medium(self, of_frames: Tensor) -> Tensor:
        return of_frames.view(-1, self.frames, *of_frames.shape[1:])


class Ears:
    """Sounds, by the components and the small judge of the sound generator."""

    def __init__(self, weights: Path, model: HubAudioModel | None = None) -> None:
        self.latents = SoundLatents.from_pretrained(weights / "audio" / "latents").float()
        self.sounds = PictureEncoder.from_pretrained(weights / "audio" / "relevance").float().eval()
        self.judge = None if model is None else SoundJudge(model.judge, model.device, model.judge_shift)
        self.judges = self.judge is not None

    def encode(self, data: Sequence[bytes], are_generated: Sequence[bool]) -> tuple[Tensor, Tensor]:  # noqa: ARG002
        """Each as it is."""
        return self._hear(open_medium(each, "audio") for each in data)

    def perceive(self, media: Sequence[Medium]) -> tuple[Tensor, Tensor]:
        """Latents (N, C, 1, 1, W), and unit vectors (N, T), of the first four seconds."""
        return self._hear(media)

    @torch.no_grad()
    def _hear(self, sounds: Iterable[Medium]) -> tuple[Tensor, Tensor]:
        latents, vectors = [], []
        for some in _batches(sounds):
            waves = [torch.from_numpy(resample(each, SAMPLE_RATE, mel.SAMPLE_RATE)) for each in some]
            mels_MFT = torch.cat([mel.log_mel(mel.fitted(wave)[None]) for wave in waves])
            latents.append(self.latents.encode(mels_MFT))
            vectors.append(self.sounds(mels_MFT[:, None]))
        return torch.cat(latents), torch.cat(vectors)

    def fits(self, texts: Sequence[str], media: Sequence[Medium]) -> Tensor:
        """How well each fits its text (N,)."""
        assert self.judge is not None
        return torch.tensor(self.judge.cosines(texts, media))


def senses_of(modality: MediaType, weights: Path, model: HubModel | None = None) -> Senses:
    """Those that a modality is made for, with the judge of a large model if it is given."""
    if modality == "audio":
        return Ears(weights, model if isinstance(model, HubAudioModel) else None)
    return Eyes(modality, weights, model)


def perceive_for_strangers(
    senses: Senses, texts: Sequence[str], texts_NT: Tensor, media: Iterable[Medium]
) -> LatentMedia:
    """What was made of texts, each with its vector; one medium is held at a time, for it may be large."""
    latents, vectors, fits = [], [], []
    for text, medium in zip(texts, media, strict=True):
        latents_1CFHW, vector_1T = senses.perceive([medium])
        latents.append(latents_1CFHW)
        vectors.append(vector_1T)
        if senses.judges:
            fits.append(senses.fits([text], [medium]))
    return LatentMedia(
        torch.cat(latents),
        texts_NT,
        torch.cat(vectors),
        styles_N=torch.zeros(len(texts), dtype=torch.long),
        leanings_NT=torch.zeros_like(texts_NT),
        fits_N=torch.cat(fits) if fits else None,
    )


def open_medium(data: bytes, modality: MediaType) -> Medium:
    """A stored medium of our own."""
    if modality == "audio":
        return decode_sound(data, SAMPLE_RATE)
    with Image.open(io.BytesIO(data)) as image:
        if modality == "video":
            return [frame.convert("RGBA") for frame in ImageSequence.Iterator(image)]
        return image.convert("RGBA")


def _batches(each: Iterable[Any]) -> Iterator[list[Any]]:
    """A few at a time, and no more of them at once."""
    left = iter(each)
    while some := list(islice(left, AT_ONCE)):
        yield some


def _premultiplied(picture: Image.Image, size: int) -> Look:
    """(4, size, size)."""
    premultiplied = picture.convert("RGBA").convert("RGBa")
    if premultiplied.size != (size, size):
        premultiplied = premultiplied.resize((size, size), Image.Resampling.LANCZOS)
    return np.asarray(premultiplied).transpose(2, 0, 1).copy()
