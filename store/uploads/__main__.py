"""Decode one file in a process of its own: `python -m store.uploads FILE FOLDER LIMITS`, started by `sandbox.py`."""

import json
import resource
import sys
from dataclasses import asdict
from pathlib import Path

import filetype

from store.uploads.upload import (
    ALLOWED,
    PICTURE_FORMATS,
    STREAM_FORMATS,
    DecodedUpload,
    UnusableUploadError,
    UploadLimits,
)

UNUSABLE = 3
MAX_WRITTEN_BYTES = 64 << 20


def main(file: str, folder: str, limits_json: str) -> int:
    """Write `original`, perhaps `preview`, and `upload.json`; returns UNUSABLE and says why on stderr instead."""
    limits = UploadLimits(**json.loads(limits_json))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_s, limits.cpu_s))
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory_bytes, limits.memory_bytes))
    resource.setrlimit(resource.RLIMIT_FSIZE, (MAX_WRITTEN_BYTES, MAX_WRITTEN_BYTES))
    try:
        _write(Path(folder), _decode(Path(file).read_bytes(), limits))
    except UnusableUploadError as error:
        return _refuse(str(error))
    except MemoryError:
        return _refuse("decoding it takes too much memory")
    except Exception as error:  # decoders raise many kinds for broken files
        return _refuse(f"it is broken or incomplete ({type(error).__name__}: {error})")
    return 0


def _decode(data: bytes, limits: UploadLimits) -> DecodedUpload:
    mime_type = filetype.guess_mime(data)
    if mime_type in PICTURE_FORMATS:
        from store.uploads.pictures import decode_picture

        return decode_picture(data, PICTURE_FORMATS[mime_type], limits)
    if mime_type in STREAM_FORMATS:
        from store.uploads.streams import decode_stream

        return decode_stream(data, STREAM_FORMATS[mime_type], limits)
    raise UnusableUploadError(f"it is {mime_type or 'of an unknown type'}; taken are {ALLOWED}")


def _write(folder: Path, decoded: DecodedUpload) -> None:
    (folder / "original").write_bytes(decoded.data)
    if decoded.preview is not None:
        (folder / "preview").write_bytes(decoded.preview)
    values = {name: value for name, value in asdict(decoded).items() if name not in ("data", "preview")}
    (folder / "upload.json").write_text(json.dumps(values))


def _refuse(why: str) -> int:
    sys.stderr.write(why)
    return UNUSABLE


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
