"""Sounds as they are stored, in Ogg/Opus, and back.

Array names: S samples.
"""

import io

import av
import numpy as np
from numpy.typing import NDArray


def encode_opus(samples: NDArray[np.float32], sample_rate: int) -> bytes:
    """Ogg/Opus of mono samples; the same samples give the same bytes."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="ogg", options={"fflags": "+bitexact", "serial_offset": "0"}) as file:
        stream = file.add_stream("libopus", rate=sample_rate, layout="mono")
        stream.bit_rate = 48_000
        frame = av.AudioFrame.from_ndarray(samples[None].astype(np.float32), format="flt", layout="mono")
        frame.sample_rate = sample_rate
        for packet in (*stream.encode(frame), *stream.encode(None)):
            file.mux(packet)
    return buffer.getvalue()


def decode_sound(data: bytes, sample_rate: int) -> NDArray[np.float32]:
    """Mono samples (S,) of an encoded sound."""
    resampler = av.AudioResampler(format="flt", layout="mono", rate=sample_rate)
    with av.open(io.BytesIO(data), "r") as file:
        frames = [part for frame in file.decode(audio=0) for part in resampler.resample(frame)]
        frames += resampler.resample(None)
    return np.concatenate([frame.to_ndarray().ravel() for frame in frames])
