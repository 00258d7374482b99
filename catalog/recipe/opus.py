"""Sound as Ogg/Opus: levelled, padded where very short, encoded by ffmpeg."""

import io
import subprocess

import numpy as np
import soundfile
from numpy.typing import NDArray

PEAK_DBFS = -2.0
LOUDNESS_DBFS = -18.0
MIN_DURATION_S = 0.25
_FADE_S = 0.005


def level(samples_SC: NDArray[np.float64], rate_hz: int) -> NDArray[np.float64]:
    """Bring to one loudness without clipping, fade the last milliseconds, pad to MIN_DURATION_S.

    EBU R128 needs 400 ms and most of these sounds are shorter, so loudness is the mean square over the part
    that is within 30 dB of the peak.
    """
    magnitude_SC = np.abs(samples_SC)
    peak = float(magnitude_SC.max())
    if peak == 0.0:
        raise ValueError("sound is silent: all samples are 0")
    active = samples_SC[magnitude_SC > peak * 10 ** (-30 / 20)]
    loudness = float(np.sqrt(np.mean(active**2)))
    gain = min(10 ** (PEAK_DBFS / 20) / peak, 10 ** (LOUDNESS_DBFS / 20) / loudness)
    levelled_SC = samples_SC * gain
    num_fade = min(len(levelled_SC), int(_FADE_S * rate_hz))
    levelled_SC[-num_fade:] *= np.linspace(1.0, 0.0, num_fade)[:, None]
    missing = max(0, round(MIN_DURATION_S * rate_hz) - len(levelled_SC))
    return np.pad(levelled_SC, ((0, missing), (0, 0)))


def encode_opus(samples_SC: NDArray[np.float64], rate_hz: int) -> bytes:
    """Encode without metadata; bit-exact flags keep ffmpeg from writing a random stream serial."""
    wav = io.BytesIO()
    soundfile.write(wav, samples_SC, rate_hz, format="WAV", subtype="PCM_24")
    bitrate = "64k" if samples_SC.shape[1] > 1 else "40k"
    command = ["ffmpeg", "-v", "error", "-i", "pipe:0", "-map_metadata", "-1", "-fflags", "+bitexact"]
    command += [
        "-flags:a",
        "+bitexact",
        "-c:a",
        "libopus",
        "-b:a",
        bitrate,
        "-ar",
        "48000",
        "-f",
        "ogg",
        "pipe:1",
    ]
    return subprocess.run(command, input=wav.getvalue(), capture_output=True, check=True).stdout
