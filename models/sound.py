"""Effects and jingles from text: the flow transformer on the latents of mel spectrograms, a vocoder and a judge.

Array names: B batch, F mel frequencies, T frames, S samples, W text width.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from diffusers import FlowMatchHeunDiscreteScheduler
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from models.generation import KeepGoing
from models.mel import HOP, SAMPLE_RATE
from models.pipeline import integrate, set_start
from models.relevance import PictureEncoder
from models.sound_latents import SoundLatents
from models.sound_references import SoundReferences
from models.sticker import weights_checksum
from models.transformer import FlowTransformer
from models.vocoder import Vocoder

GUIDANCE = 3.0
HEARD = -0.4  # in a log-mel: 56 dB below full scale
SHORTEST_S, LONGEST_S, FADE_S = 1.0, 4.0, 0.06
PARTS = ("transformer", "latents", "references", "vocoder", "relevance")


@dataclass(frozen=True, slots=True, eq=False)
class MadeSounds:
    """Samples of each sound, and the evaluations that were run and planned; no sounds if it was stopped."""

    waves: tuple[NDArray[np.float32], ...]
    embeddings_BW: NDArray[np.float32]
    num_evaluations: int
    num_planned: int


class SoundMaker:
    """The networks of `gramoji train audio`. Run one batch at a time."""

    def __init__(self, weights: Path, num_inference_steps: int, strength: float) -> None:
        if not weights.is_dir():
            raise ValueError(f"{weights}: no such weights; train them with `gramoji train audio`")
        transformer, latents, references, vocoder, relevance = (weights / part for part in PARTS)
        self.transformer = FlowTransformer.from_pretrained(transformer).float().eval()
        self.latents = SoundLatents.from_pretrained(latents).float()
        self.vocoder = Vocoder.from_pretrained(vocoder).float().eval()
        self.judge = PictureEncoder.from_pretrained(relevance).float().eval()
        self.references = SoundReferences.from_pretrained(references).float()
        self.scheduler = FlowMatchHeunDiscreteScheduler()
        self.num_inference_steps, self.strength = num_inference_steps, strength
        self.version = f"sound-{weights_checksum(weights)[:10]}"

    def familiarity(self, text_BW: Tensor) -> Tensor:
        """How near (B,) each text is to a sound that the transformer learned: the cosine of the nearest caption."""
        return self.references.nearest(text_BW)

    @torch.inference_mode()
    def make(
        self, text_BW: Tensor, seeds: Sequence[int], keep_going: KeepGoing = lambda _: True
    ) -> MadeSounds:
        """Sounds of 1 to 4 s; the same text, seed and settings give the same samples.

        Below a strength of 1 each starts from a sound that fits, with noise up to that time (SDEdit, Meng et al. 2022).
        """
        set_start(self.scheduler, self.num_inference_steps, self.strength)
        noise = torch.stack(
            [
                torch.randn(self.latents.shape, generator=torch.Generator().manual_seed(seed))
                for seed in seeds
            ]
        )
        if self.strength < 1:
            known = self.references.pick(text_BW, seeds)
            noise = self.strength * noise + (1 - self.strength) * known
        latents, done = integrate(self.transformer, self.scheduler, noise, text_BW, GUIDANCE, keep_going)
        planned = len(self.scheduler.timesteps)
        if done < planned:
            return MadeSounds((), np.zeros((0, text_BW.shape[1]), np.float32), done, planned)
        mels_BFT = self.latents.decode(latents)
        waves = tuple(
            trim(wave.numpy(), mel) for wave, mel in zip(self.vocoder(mels_BFT), mels_BFT, strict=True)
        )
        return MadeSounds(waves, self.judge(mels_BFT[:, None]).numpy(), done, planned)


def trim(wave_S: NDArray[np.float32], mel_FT: Tensor) -> NDArray[np.float32]:
    """Without the silence after the sound, faded out; from 1 to 4 s."""
    heard = torch.nonzero((mel_FT > HEARD).any(0))
    end = HOP * (int(heard.max()) + 8 if len(heard) else 1)
    kept = wave_S[: min(end, round(LONGEST_S * SAMPLE_RATE))].copy()
    fade = min(len(kept), round(FADE_S * SAMPLE_RATE))
    kept[len(kept) - fade :] *= np.linspace(1, 0, fade, dtype=np.float32)
    return np.pad(kept, (0, max(0, round(SHORTEST_S * SAMPLE_RATE) - len(kept))))


def spectrogram_image(mel_FT: Tensor) -> Image.Image:
    """A spectrogram as a picture, low notes below."""
    shades = ((mel_FT.float().flip(0) + 1) * 127.5).clamp(0, 255).byte().numpy()
    return Image.fromarray(shades).convert("RGBA")
