"""Uploaded videos and sounds, decoded by FFmpeg's libraries: clips to animated WebP, sound to Ogg/Opus."""

import io
from collections.abc import Iterator

import av
import numpy as np
from PIL import Image

from catalog.recipe.waveform import draw_waveform
from catalog.recipe.webp import encode_webp
from store.uploads.pictures import CLIP_SIDE, Frame, check_size, encode_clip, shrunk
from store.uploads.upload import DecodedUpload, UnusableUploadError, UploadLimits

CLIP_FPS = 12
RATE_HZ = 48_000
OPUS_FRAME = 960
BIT_RATE = {1: 48_000, 2: 80_000}


def decode_stream(data: bytes, name: str, limits: UploadLimits) -> DecodedUpload:
    """Decode a file whose container has this name at FFmpeg: its pictures if it has any, else its sound."""
    with av.open(io.BytesIO(data), "r", format=name, metadata_errors="ignore") as container:
        if container.duration is not None:
            _check_duration(container.duration / av.time_base, limits)
        if container.streams.video:
            return _decode_clip(container, limits)
        if container.streams.audio:
            return _decode_sound(container, limits)
    raise UnusableUploadError("it holds neither pictures nor sound")


def _decode_clip(container: av.container.InputContainer, limits: UploadLimits) -> DecodedUpload:
    codec = container.streams.video[0].codec_context
    check_size(codec.width, codec.height, limits)
    frames: list[Frame] = []
    for frame in container.decode(video=0):
        time_s = frame.time or 0.0
        _check_duration(time_s, limits)
        check_size(frame.width, frame.height, limits)
        if time_s * CLIP_FPS >= len(frames):
            picture: Image.Image = frame.to_image()  # type: ignore[no-untyped-call]
            upright = picture.rotate(frame.rotation, expand=True)
            frames.append((shrunk(upright, CLIP_SIDE), round(1000 / CLIP_FPS)))
        if len(frames) > limits.max_frames:
            raise UnusableUploadError(f"it has more than {limits.max_frames} frames")
    if not frames:
        raise UnusableUploadError("no frame of it could be decoded")
    return encode_clip(frames)


def _decode_sound(container: av.container.InputContainer, limits: UploadLimits) -> DecodedUpload:
    layout = "mono" if container.streams.audio[0].codec_context.channels == 1 else "stereo"
    resampler = av.AudioResampler("flt", layout, RATE_HZ, OPUS_FRAME)
    buffer, mono, num_samples = io.BytesIO(), [], 0
    with av.open(buffer, "w", format="ogg", options={"fflags": "+bitexact"}) as output:
        stream = output.add_stream("libopus", RATE_HZ, layout=layout)
        stream.bit_rate = BIT_RATE[stream.codec_context.channels]
        for frame in _resampled(container, resampler):
            num_samples += frame.samples
            _check_duration(num_samples / RATE_HZ, limits)
            mono.append(frame.to_ndarray().reshape(frame.samples, -1).mean(axis=1))
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    if not num_samples:
        raise UnusableUploadError("no sound of it could be decoded")
    preview = encode_webp(draw_waveform(np.concatenate(mono).astype(np.float64)), quality=80)
    duration_ms = round(1000 * num_samples / RATE_HZ)
    return DecodedUpload("audio", "audio/ogg", 0, 0, duration_ms, buffer.getvalue(), preview)


def _resampled(
    container: av.container.InputContainer, resampler: av.AudioResampler
) -> Iterator[av.AudioFrame]:
    for frame in container.decode(audio=0):
        frame.pts = None  # sound without gaps; broken times would otherwise reach the encoder
        yield from resampler.resample(frame)
    yield from resampler.resample(None)


def _check_duration(duration_s: float, limits: UploadLimits) -> None:
    if duration_s > limits.max_duration_s:
        raise UnusableUploadError(f"it lasts longer than {limits.max_duration_s:g} seconds")
