"""Loudness as broadcasters measure it (EBU R128, ITU-R BS.1770-4)."""

import numpy as np
import pyloudnorm
from numpy.typing import NDArray

TARGET_LUFS = -19.0  # speech of a few words peaks below -1 dB there
PEAK = 10 ** (-1 / 20)  # -1 dB of full scale
BLOCK_S = 0.4


def normalise(samples: NDArray[np.float32], sample_rate: int) -> NDArray[np.float32]:
    """The mono samples at -19 LUFS, or as near as a peak of -1 dB allows; silence stays silence."""
    peak = float(np.abs(samples).max(initial=0.0))
    if peak < 1e-6:
        return samples
    loudness = measure(samples / peak, sample_rate)
    gain = 10 ** ((TARGET_LUFS - loudness) / 20) if np.isfinite(loudness) else 1.0
    return (samples / peak * min(gain, PEAK)).astype(np.float32)


def measure(samples: NDArray[np.float32], sample_rate: int) -> float:
    """The integrated loudness in LUFS; what is shorter than a block is measured with silence after it."""
    block = int(np.ceil(BLOCK_S * sample_rate)) + 1
    padded = np.pad(samples, (0, max(0, block - len(samples))))
    return float(pyloudnorm.Meter(sample_rate).integrated_loudness(padded.astype(np.float64)))
