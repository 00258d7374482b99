"""Soft music under a voice: a pad and a few plucked notes over a slow chord progression, made in code."""

import numpy as np
from numpy.typing import NDArray

# Semitones above the key, for each chord of a progression.
PROGRESSIONS = (
    ((0, 4, 7), (9, 12, 16), (5, 9, 12), (7, 11, 14)),  # I vi IV V
    ((0, 4, 7), (7, 11, 14), (9, 12, 16), (5, 9, 12)),  # I V vi IV
    ((0, 3, 7), (8, 12, 15), (3, 7, 10), (10, 14, 17)),  # i VI III VII
)
CHORD_S = 1.0
HARMONICS = (1.0, 0.35, 0.12, 0.05)
FADE_S = 0.25


def make_bed(num_samples: int, sample_rate: int, generator: np.random.Generator) -> NDArray[np.float32]:
    """Mono samples with a peak of at most 1; key, progression and melody are drawn by the generator."""
    key_hz = 130.8 * 2 ** (int(generator.integers(12)) / 12)
    progression = PROGRESSIONS[int(generator.integers(len(PROGRESSIONS)))]
    times = np.arange(num_samples) / sample_rate
    bed = np.zeros(num_samples)
    for start_s in np.arange(0, num_samples / sample_rate, CHORD_S):
        chord = progression[int(start_s / CHORD_S) % len(progression)]
        for semitones in chord:
            bed += 0.5 * _tone(times, start_s, 1.6 * CHORD_S, key_hz * 2 ** (semitones / 12), 0.3)
        for beat in range(4):
            note = int(generator.choice(chord)) + 12
            at_s = start_s + beat * CHORD_S / 4
            bed += 0.35 * _tone(times, at_s, 0.5, key_hz * 2 ** (note / 12), 0.01)
    fade = np.minimum(1, np.minimum(times, times[::-1]) / FADE_S) if num_samples else times
    bed *= fade
    return (bed / max(1e-9, float(np.abs(bed).max(initial=0.0)))).astype(np.float32)


def _tone(
    times: NDArray[np.float64], start_s: float, length_s: float, frequency_hz: float, attack_s: float
) -> NDArray[np.float64]:
    """A note that rises within `attack_s` and dies away, with a few soft harmonics."""
    since = times - start_s
    envelope = np.clip(since / attack_s, 0, 1) * np.exp(-2.5 * np.clip(since, 0, None) / length_s)
    envelope *= np.clip((start_s + length_s - times) / 0.1, 0, 1)
    phase = 2 * np.pi * frequency_hz * since
    wave = sum(weight * np.sin((order + 1) * phase) for order, weight in enumerate(HARMONICS))
    return np.asarray(envelope * wave)
