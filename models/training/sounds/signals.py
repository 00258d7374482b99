"""What every synthesised sound is built of: tones, voices, shaped noise, and placing them in time.

Samples are mono float64 at `SAMPLE_RATE`. A frequency is a number in Hz or a curve with one value a sample.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from models.mel import SAMPLE_RATE

Samples = NDArray[np.float64]
Curve = float | Samples
Random = np.random.Generator

MARIMBA = ((1.0, 1.0, 1.0), (3.9, 0.25, 0.4), (9.2, 0.08, 0.2))
BELL = (
    (0.5, 0.3, 1.2),
    (1.0, 1.0, 1.0),
    (1.19, 0.5, 0.8),
    (1.5, 0.3, 0.7),
    (2.0, 0.5, 0.5),
    (2.74, 0.3, 0.35),
    (3.76, 0.2, 0.25),
)
PLUCK = tuple((float(n), 1.0 / n, 1.0 / n**0.7) for n in range(1, 9))
GLASS = ((1.0, 1.0, 1.0), (2.76, 0.4, 0.6), (5.4, 0.2, 0.35))
BRASS = tuple(0.82**n for n in range(14))
REED = tuple(0.9**n if n % 2 == 0 else 0.25 * 0.9**n for n in range(12))
FLUTE = (1.0, 0.25, 0.08)
SQUARE = tuple(1 / n if n % 2 else 0.0 for n in range(1, 24))
SAW = tuple(1 / n for n in range(1, 30))


def times(length_s: float) -> Samples:
    """The time of every sample."""
    return np.arange(max(1, round(length_s * SAMPLE_RATE))) / SAMPLE_RATE


def note(semitones: float | np.integer[Any]) -> float:
    """The frequency so far above A (440 Hz)."""
    return float(440 * 2 ** (semitones / 12))


def line(length_s: float, *points: tuple[float, float]) -> Samples:
    """A curve through (share of the length, value)."""
    shares, values = zip(*points, strict=True)
    return np.interp(times(length_s) / length_s, shares, values)


def glide(length_s: float, *points: tuple[float, float]) -> Samples:
    """A frequency curve through (share of the length, Hz), straight in octaves."""
    return 2 ** line(length_s, *((share, float(np.log2(hertz))) for share, hertz in points))


def tone(frequency: Curve, length_s: float, harmonics: Sequence[float] = (1.0,)) -> Samples:
    """A steady tone; harmonics above the hearing of the format are left out."""
    curve = np.broadcast_to(frequency, times(length_s).shape)
    phase = 2 * np.pi * np.cumsum(curve) / SAMPLE_RATE
    made = np.zeros(len(phase))
    for order, level in enumerate(harmonics, 1):
        if level:
            made += level * np.sin(order * phase) * (order * curve < 0.45 * SAMPLE_RATE)
    return made


def held(frequency: Curve, length_s: float, harmonics: Sequence[float], attack_s: float = 0.02) -> Samples:
    """A tone that is blown or bowed: it rises, stays and is let go."""
    made = tone(frequency, length_s, harmonics)
    release_s = min(0.08, length_s / 3)
    return made * line(
        length_s, (0, 0), (min(0.5, attack_s / length_s), 1), (1 - release_s / length_s, 0.8), (1, 0)
    )


def struck(
    frequency_hz: float, decay_s: float, partials: Sequence[tuple[float, float, float]] = MARIMBA
) -> Samples:
    """Something hit or plucked: partials (ratio, level, share of the decay) that die away."""
    at = times(3.5 * decay_s)
    made = np.zeros(len(at))
    for ratio, level, share in partials:
        if ratio * frequency_hz < 0.45 * SAMPLE_RATE:
            made += level * np.sin(2 * np.pi * ratio * frequency_hz * at) * np.exp(-at / (decay_s * share))
    return made * np.minimum(1, at / 0.002) * np.minimum(1, (at[-1] - at) / 0.02)


def voice(
    pitch: Samples, formants: Sequence[tuple[Curve, float, float]], breath: Samples | None = None
) -> Samples:
    """Harmonics of a pitch curve, as loud as formants (frequency, width in Hz, level) let them through."""
    phase = 2 * np.pi * np.cumsum(pitch) / SAMPLE_RATE
    made = np.zeros(len(pitch))
    for order in range(1, int(7000 / pitch.min()) + 1):
        frequency = order * pitch
        gain = sum(level / (1 + ((frequency - centre) / width) ** 2) for centre, width, level in formants)
        made += gain / order**0.5 * np.sin(order * phase) * (frequency < 0.45 * SAMPLE_RATE)
    return made if breath is None else made + breath


def noise(length_s: float, draw: Random, loudness: Callable[[Samples, Samples], Samples]) -> Samples:
    """Noise as loud as `loudness(times, frequencies)` says (columns, rows); where it says 1 it deviates by about 1."""
    count = len(times(length_s))
    window = torch.hann_window(512, dtype=torch.float64)
    white = torch.from_numpy(draw.standard_normal(count + 1024))
    spectrum = torch.stft(white, 512, 128, window=window, return_complex=True)
    at = np.arange(spectrum.shape[1])[None, :] * 128 / SAMPLE_RATE
    hertz = np.linspace(0, SAMPLE_RATE / 2, spectrum.shape[0])[:, None]
    shaped = spectrum * torch.from_numpy(np.broadcast_to(loudness(at, hertz), spectrum.shape).copy())
    return torch.istft(shaped, 512, 128, window=window, length=count + 1024).numpy()[:count]


def band(centre: Curve, octaves: float) -> Callable[[Samples, Samples], Samples]:
    """A loudness for `noise`: a steady or moving band, a bell curve over octaves."""

    def loudness(at: Samples, hertz: Samples) -> Samples:
        moving = np.interp(at, times(np.size(centre) / SAMPLE_RATE), np.atleast_1d(centre))
        return np.exp(-0.5 * (np.log2((hertz + 1) / moving) / octaves) ** 2)

    return loudness


def burst(length_s: float, draw: Random, centre_hz: float, octaves: float = 1.0) -> Samples:
    """A short noise that dies away: a hit, a clap, a click."""
    return noise(length_s, draw, band(centre_hz, octaves)) * np.exp(-5 * times(length_s) / length_s)


def place(length_s: float, parts: Sequence[tuple[float, Samples]]) -> Samples:
    """The sum of parts that begin at these seconds, cut at the length."""
    made = np.zeros(len(times(length_s)))
    for start_s, part in parts:
        first = round(start_s * SAMPLE_RATE)
        kept = part[: max(0, len(made) - first)]
        made[first : first + len(kept)] += kept
    return made


def room(samples: Samples, draw: Random, decay_s: float, wet: float) -> Samples:
    """The samples in a room: convolved with noise that dies away; as long as before."""
    at = times(min(1.5, 3 * decay_s))
    echo = draw.standard_normal(len(at)) * np.exp(-at / decay_s)
    size = len(samples) + len(at)
    tail = np.fft.irfft(np.fft.rfft(samples, size) * np.fft.rfft(echo, size), size)[: len(samples)]
    loudest = float(np.abs(tail).max()) or 1.0
    return samples + wet * np.abs(samples).max() * tail / loudest
