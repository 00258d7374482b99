"""Other containers of media, made when a client asks: MP4 and WebM of clips, WAV of sounds."""

import io
import wave
from typing import Any, Literal

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageSequence

Container = Literal["mp4", "webm", "wav"]

MIME_TYPES: dict[Container, str] = {"mp4": "video/mp4", "webm": "video/webm", "wav": "audio/wav"}
QUICKLY = {"mp4": {"preset": "veryfast"}, "webm": {"deadline": "realtime", "cpu-used": "8"}}
CODECS = {"mp4": ("libx264", "yuv420p"), "webm": ("libvpx-vp9", "yuva420p")}


def convert(data: bytes, media_type: str, container: Container) -> bytes:
    """The medium in another container; ValueError if it is of a type that the container does not hold."""
    if container == "wav" and media_type == "audio":
        return _to_wav(data)
    if container in CODECS and media_type == "video":
        return _to_video(data, container)
    raise ValueError(f"is {container}, which {media_type} has not; video has mp4 and webm, audio wav")


def _to_video(data: bytes, container: str) -> bytes:
    """WebM keeps the transparency; MP4 cannot, and gets a white ground."""
    frames, frame_ms = _frames(data)
    codec, pixel_format = CODECS[container]
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=container) as file:
        stream: Any = file.add_stream(codec, rate=round(1000 / frame_ms), options=QUICKLY[container])
        stream.width, stream.height = (side - side % 2 for side in frames[0].size)
        stream.pix_fmt = pixel_format
        for frame in frames:
            if container == "mp4":
                frame = Image.alpha_composite(Image.new("RGBA", frame.size, "white"), frame)
            for packet in stream.encode(av.VideoFrame.from_ndarray(np.asarray(frame), format="rgba")):
                file.mux(packet)
        for packet in stream.encode(None):
            file.mux(packet)
    return buffer.getvalue()


def _frames(data: bytes) -> tuple[list[Image.Image], float]:
    with Image.open(io.BytesIO(data)) as image:
        read = [
            (frame.convert("RGBA"), frame.info.get("duration", 100))
            for frame in ImageSequence.Iterator(image)
        ]
    return [frame for frame, _ in read], max(10.0, sum(duration for _, duration in read) / len(read))


def _to_wav(data: bytes) -> bytes:
    """16 bits a sample, at the rate of the sound."""
    file: Any
    with av.open(io.BytesIO(data)) as file:
        stream = file.streams.audio[0]
        resampler = av.AudioResampler(format="s16", layout="mono", rate=stream.rate)
        parts = [_samples(each) for frame in file.decode(stream) for each in resampler.resample(frame)]
        parts += [_samples(each) for each in resampler.resample(None)]
        rate = int(stream.rate)
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(np.concatenate(parts).tobytes())
    return buffer.getvalue()


def _samples(frame: av.AudioFrame) -> NDArray[np.int16]:
    return np.asarray(frame.to_ndarray(), dtype=np.int16).ravel()
