"""Decoding in a process with limits: what a hostile file breaks is that process."""

import asyncio
import json
import logging
import sys
import tempfile
from asyncio.subprocess import DEVNULL, PIPE
from dataclasses import asdict
from pathlib import Path

from store.uploads.__main__ import UNUSABLE
from store.uploads.upload import DecodedUpload, UnusableUploadError, UploadLimits

logger = logging.getLogger("ray.serve.gramoji.intake")
ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = {"PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


async def decode(data: bytes, limits: UploadLimits) -> DecodedUpload:
    """Decode an uploaded file; UnusableUploadError says what is wrong with it."""
    with tempfile.TemporaryDirectory(prefix="gramoji-upload-") as name:
        folder = Path(name)
        (folder / "upload").write_bytes(data)
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "store.uploads", folder / "upload", folder),
            json.dumps(asdict(limits)),
            stdin=DEVNULL,
            stdout=DEVNULL,
            stderr=PIPE,
            env=ENVIRONMENT,
            cwd=folder,
        )
        try:
            _, told = await asyncio.wait_for(process.communicate(), 3 * limits.cpu_s)
        except TimeoutError:
            raise UnusableUploadError("decoding it takes too long") from None
        finally:
            if process.returncode is None:
                process.kill()
        if process.returncode == UNUSABLE:
            raise UnusableUploadError(told.decode(errors="replace")[-500:])
        if process.returncode != 0:
            why = told.decode(errors="replace")[-2000:]
            logger.warning("decoding an upload ended with %s: %s", process.returncode, why)
            raise UnusableUploadError(
                f"decoding it takes too much time or memory, or broke the decoder ({process.returncode})"
            )
        return _read(folder)


def _read(folder: Path) -> DecodedUpload:
    preview = folder / "preview"
    return DecodedUpload(
        **json.loads((folder / "upload.json").read_text()),
        data=(folder / "original").read_bytes(),
        preview=preview.read_bytes() if preview.exists() else None,
    )
