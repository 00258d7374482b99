"""Sounds of large models, judged by CLAP, encoded like the small generator's.

Array names: C channels, S samples, T text width.
"""

from collections.abc import Sequence

import av
import numpy as np
from numpy.typing import NDArray

from models.audio import draw_wave
from models.generation import GeneratedMedium, Generation, KeepGoing, Prompt
from models.hub.audiocraft_sampler import AudiocraftSampler
from models.hub.hearing import Hearing
from models.hub.judge import SAMPLE_RATE
from models.hub.loading import version_of
from models.hub.model import HubAudioModel
from models.hub.sounds import Sampler
from models.hub.stable_audio import StableAudioSampler
from models.loudness import normalise
from models.opus import encode_opus


class HubAudioGenerator:
    """One sampler and one who hears. Not thread-safe: one `generate` at a time."""

    def __init__(self, model: HubAudioModel) -> None:
        self.sampler: Sampler = (
            StableAudioSampler(model)
            if model.pipeline == "StableAudio3Pipeline"
            else AudiocraftSampler(model)
        )
        self.hearing = Hearing(model)
        self.version, self.licence = version_of(model), model.licence

    def check_text(self, text: str) -> None:
        """Any text can be sounded."""

    def generate(self, prompts: Sequence[Prompt], keep_going: KeepGoing = lambda _: True) -> Generation:
        """One sound for each prompt, in one batch; none if `keep_going`, asked after each step, stopped it."""
        sounds = self.sampler.sample(prompts, keep_going)
        if not sounds.samples:
            return Generation(sounds.num_evaluations, sounds.num_planned)
        heard = [finish(samples_CS, self.sampler.sample_rate) for samples_CS in sounds.samples]
        media = tuple(
            map(encode, heard, *self.hearing.perceive([prompt.text for prompt in prompts], heard))
        )
        return Generation(sounds.num_evaluations, sounds.num_planned, lambda: media)


def finish(samples_CS: NDArray[np.float32], sample_rate: int) -> NDArray[np.float32]:
    """Mono samples (S) at 48 kHz, as loud as all others."""
    mono = np.nan_to_num(samples_CS.mean(axis=0)).astype(np.float32)
    return normalise(resample(mono, sample_rate), SAMPLE_RATE)


def resample(
    samples_S: NDArray[np.float32], sample_rate: int, wanted: int = SAMPLE_RATE
) -> NDArray[np.float32]:
    """The same sound at another rate."""
    resampler = av.AudioResampler(format="flt", layout="mono", rate=wanted)
    frame = av.AudioFrame.from_ndarray(samples_S[None], format="flt", layout="mono")
    frame.sample_rate = sample_rate
    parts = [part.to_ndarray() for given in (frame, None) for part in resampler.resample(given)]
    return np.concatenate(parts, axis=1)[0].astype(np.float32)


def encode(sound_S: NDArray[np.float32], text_T: NDArray[np.float32], fit: float) -> GeneratedMedium:
    """The sound as Opus, with the vector of its words."""
    return GeneratedMedium(
        data=encode_opus(sound_S, SAMPLE_RATE),
        mime_type="audio/ogg",
        width=0,
        height=0,
        embedding=text_T,
        cosine=fit,
        duration_ms=round(1000 * len(sound_S) / SAMPLE_RATE),
        preview=draw_wave(sound_S),
    )
