"""Files as people, and worse people, send them: decoded in a real process with real limits."""

import io
import os
import struct
import zlib
from collections.abc import Callable
from dataclasses import replace

import av
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageSequence

from store.lookalikes import distance, find_lookalikes, picture_hash
from store.media import MediaStore
from store.uploads.sandbox import decode
from store.uploads.upload import UnusableUploadError, UploadLimits
from tests.store.test_media_store import item

LIMITS = UploadLimits(max_pixels=4_000_000, max_frames=40, max_duration_s=5, cpu_s=10)


def picture(side: int = 600, ground: tuple[int, ...] = (0, 0, 0, 0), angle: int = 0) -> Image.Image:
    image = Image.new("RGBA", (side, side), ground)
    draw = ImageDraw.Draw(image)
    draw.ellipse((side // 8, side // 8, side // 2, side // 2), fill=(255, 0, 0, 255))
    draw.rectangle((side // 2, side // 2, side - side // 10, side - 20), fill=(0, 0, 255, 255))
    return image.rotate(angle)


def encoded(image: Image.Image, name: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, name, **options)
    return buffer.getvalue()


def animated(name: str, frames: int) -> bytes:
    shown = [picture(100, angle=7 * i) for i in range(frames)]
    return encoded(shown[0], name, save_all=True, append_images=shown[1:], duration=50)


def video(seconds: float = 1.0, side: int = 400) -> bytes:
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as container:
        stream = container.add_stream("mpeg4", 25)
        stream.width = stream.height = side
        for i in range(int(25 * seconds)):
            still = np.asarray(picture(side, (255, 255, 255, 255), i).convert("RGB"))
            container.mux(stream.encode(av.VideoFrame.from_ndarray(still)))
        container.mux(stream.encode(None))
    return buffer.getvalue()


def sound(name: str, codec: str, seconds: float = 1.0) -> bytes:
    buffer = io.BytesIO()
    rate_hz, frame_size = (48_000, 960) if codec == "libopus" else (44_100, 1152)
    with av.open(buffer, "w", format=name) as container:
        stream = container.add_stream(codec, rate_hz, layout="mono")
        wave = 0.3 * np.sin(np.arange(int(rate_hz * seconds)) * 2 * np.pi * 440 / rate_hz)
        frame = av.AudioFrame.from_ndarray((wave * 32767).astype(np.int16)[None], "s16", "mono")
        frame.sample_rate = rate_hz
        resampler = av.AudioResampler(stream.format or "s16", "mono", rate_hz, frame_size)
        for chunk in [*resampler.resample(frame), *resampler.resample(None)]:
            container.mux(stream.encode(chunk))
        container.mux(stream.encode(None))
    return buffer.getvalue()


@pytest.mark.parametrize("name", ["PNG", "WEBP"])
def test_a_picture_with_clear_parts_becomes_a_sticker(name: str) -> None:
    made = decode(encoded(picture(), name), LIMITS)
    assert (made.media_type, made.mime_type, made.width, made.height) == ("sticker", "image/webp", 512, 512)
    with Image.open(io.BytesIO(made.data)) as opened:
        assert opened.convert("RGBA").getpixel((511, 0))[3] == 0
    assert made.preview is not None
    with Image.open(io.BytesIO(made.preview)) as opened:
        assert opened.size == (256, 256)


def test_an_opaque_picture_becomes_an_image_upright_and_without_metadata() -> None:
    photo = picture(600, (255, 255, 255, 255)).convert("RGB").crop((0, 0, 600, 300))
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees
    exif[0x010E] = "where I live"
    made = decode(encoded(photo, "JPEG", exif=exif, comment=b"secret"), LIMITS)
    assert (made.media_type, made.width, made.height, made.preview is None) == ("image", 300, 600, False)
    assert b"where I live" not in made.data
    assert b"secret" not in made.data
    with Image.open(io.BytesIO(made.data)) as opened:
        assert not opened.getexif()


@pytest.mark.parametrize("name", ["GIF", "WEBP", "PNG"])
def test_an_animation_becomes_a_clip(name: str) -> None:
    made = decode(animated(name, 12), LIMITS)
    assert (made.media_type, made.mime_type, made.duration_ms) == ("video", "image/webp", 600)
    with Image.open(io.BytesIO(made.data)) as opened:
        assert len(list(ImageSequence.Iterator(opened))) == 12


def test_a_video_becomes_a_small_clip_without_its_sound() -> None:
    made = decode(video(), LIMITS)
    assert (made.media_type, made.mime_type, made.width, made.height) == ("video", "image/webp", 320, 320)
    assert made.duration_ms == pytest.approx(1000, abs=100)


@pytest.mark.parametrize(
    ("name", "codec"), [("wav", "pcm_s16le"), ("flac", "flac"), ("mp3", "libmp3lame"), ("ogg", "libopus")]
)
def test_a_sound_becomes_opus_with_a_waveform(name: str, codec: str) -> None:
    if codec == "libopus":
        pytest.importorskip("av")
    data = sound(name, codec) if codec != "libopus" else decode(sound("wav", "pcm_s16le"), LIMITS).data
    made = decode(data, LIMITS)
    assert (made.media_type, made.mime_type) == ("audio", "audio/ogg")
    assert made.duration_ms == pytest.approx(1000, abs=80)
    assert made.preview is not None
    with av.open(io.BytesIO(made.data)) as container:
        samples = np.concatenate([frame.to_ndarray().ravel() for frame in container.decode(audio=0)])
    assert np.abs(samples).max() > 0.2


def bomb() -> bytes:
    """A PNG of a few hundred kilobytes that is 40,000 pixels wide and high."""
    side = 40_000

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes((side // 8 + 1) * 1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


BAD: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty": (lambda: b"", "unknown type"),
    "text": (lambda: b"hello there", "unknown type"),
    "svg": (lambda: b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "unknown type"),
    "html": (lambda: b"<!doctype html><script>alert(1)</script>", "unknown type"),
    "zip": (lambda: b"PK\x03\x04" + bytes(100), "application/zip"),
    "pdf": (lambda: b"%PDF-1.7\n" + bytes(100), "application/pdf"),
    "truncated png": (lambda: encoded(picture(), "PNG")[:900], "broken or incomplete"),
    "truncated jpeg": (lambda: encoded(picture().convert("RGB"), "JPEG")[:3000], "broken or incomplete"),
    "only a head": (lambda: b"\x89PNG\r\n\x1a\n" + bytes(50), "broken or incomplete"),
    "mp4 without anything": (lambda: b"\0\0\0\x18ftypisom\0\0\2\0isomiso2" + bytes(50), "broken or incomplete|neither"),
    "pixel bomb": (bomb, "at most 4 million"),
    "large": (lambda: encoded(picture(2100), "PNG"), "2100x2100 pixels"),
    "10,000 frames": (lambda: many_frames(10_000), "more than 40 frames"),
    "long clip": (lambda: video(6.0, 64), "longer than 5 seconds"),
    "long sound": (lambda: sound("wav", "pcm_s16le", 6.0), "longer than 5 seconds"),
    "nothing to see": (lambda: encoded(Image.new("RGBA", (50, 50)), "PNG"), "nothing can be seen"),
}  # fmt: skip


def many_frames(count: int) -> bytes:
    """A GIF whose one frame is repeated."""
    two = animated("GIF", 2)
    start = two.index(b"\x21\xf9")
    second = two.index(b"\x21\xf9", start + 2)
    return two[:second] + two[second:-1] * count + b";"


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_file_is_refused_with_its_reason(kind: str) -> None:
    make, told = BAD[kind]
    with pytest.raises(UnusableUploadError, match=told):
        decode(make(), LIMITS)


def test_what_is_appended_to_a_picture_does_not_come_through() -> None:
    data = encoded(picture(), "PNG") + b"PK\x03\x04<script>alert(1)</script>"
    made = decode(data, LIMITS)
    assert b"script" not in made.data


def test_a_decoder_that_needs_too_much_memory_or_time_is_stopped() -> None:
    large = encoded(Image.new("1", (9000, 9000)), "PNG")
    with pytest.raises(UnusableUploadError, match="memory"):
        decode(large, replace(LIMITS, max_pixels=10**9, memory_bytes=300 << 20))
    with pytest.raises(UnusableUploadError, match="too long"):
        decode(animated("GIF", 40), replace(LIMITS, cpu_s=0))


def test_nothing_that_a_library_wants_after_a_fork_runs_before_the_decoder() -> None:
    forked: list[str] = []
    os.register_at_fork(before=lambda: forked.append("fork"))
    decode(encoded(picture(), "PNG"), LIMITS)
    assert forked == []


def test_a_picture_looks_like_its_copies_and_not_like_another() -> None:
    first = picture_hash(encoded(picture(), "PNG"))
    small = picture_hash(encoded(picture().resize((200, 200)), "WEBP", quality=40))
    other = picture_hash(encoded(picture(angle=90), "PNG"))
    assert distance(first, small) <= 4
    assert distance(first, other) > 10


async def test_lookalikes_are_ones_own_and_shared_ones_only(store: MediaStore) -> None:
    await store.add(
        [
            item("mine", owner_id="u-1", picture_hash="00000000000000ff"),
            item("far", owner_id="u-1", picture_hash="00000000ffffffff"),
            item("private", owner_id="u-2", picture_hash="00000000000000ff"),
            item("shared", owner_id="u-2", picture_hash="00000000000000fe", shared=True),
            item("none", owner_id="u-1"),
        ]
    )
    assert await find_lookalikes(store, "00000000000000fe", "u-1") == ["shared", "mine"]
