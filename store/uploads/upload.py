"""What people may upload, and what becomes of it."""

from dataclasses import dataclass

from catalog.items import MediaType

# What a file is says its first bytes, never its name. The values are the decoders' names of the formats.
PICTURE_FORMATS = {
    "image/png": "PNG",
    "image/apng": "PNG",
    "image/jpeg": "JPEG",
    "image/gif": "GIF",
    "image/webp": "WEBP",
}
STREAM_FORMATS = {
    "video/mp4": "mp4",
    "video/quicktime": "mp4",
    "video/x-m4v": "mp4",
    "video/webm": "matroska",
    "audio/mp4": "mp4",
    "audio/mpeg": "mp3",
    "audio/ogg": "ogg",
    "audio/x-wav": "wav",
    "audio/x-flac": "flac",
    "audio/aac": "aac",
}
ALLOWED = "PNG, JPEG, GIF, WebP, MP4, WebM, MP3, M4A, AAC, Ogg, WAV and FLAC"


class UnusableUploadError(ValueError):
    """A file that cannot be taken, and why; meant for the person who sent it."""


@dataclass(frozen=True, slots=True)
class UploadLimits:
    """How much one file may hold, and what decoding it may take."""

    max_pixels: int = 25_000_000  # of one frame
    max_frames: int = 300
    max_duration_s: float = 30.0
    cpu_s: int = 20
    memory_bytes: int = 2 << 30


@dataclass(frozen=True, slots=True)
class DecodedUpload:
    """Media encoded anew, so that nothing but what can be seen or heard is left; sizes in pixels."""

    media_type: MediaType
    mime_type: str
    width: int
    height: int
    duration_ms: int | None
    data: bytes
    preview: bytes | None  # WebP
