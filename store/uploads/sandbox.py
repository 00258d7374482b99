"""Decoding in a process with limits: what a hostile file breaks is that process."""

import json
import logging
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from subprocess import DEVNULL, PIPE

from store.uploads.__main__ import UNUSABLE
from store.uploads.upload import DecodedUpload, UnusableUploadError, UploadLimits

logger = logging.getLogger("ray.serve.gramoji.intake")
ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = {"PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


def decode(data: bytes, limits: UploadLimits) -> DecodedUpload:
    """Decode an uploaded file; UnusableUploadError says what is wrong with it.

    It waits for the process, so call it in a thread. asyncio's own processes won't do: uvloop forks them, and in the child
    what gRPC and OpenTelemetry do after a fork crashed it now and then; `subprocess` runs nothing between fork and exec.
    """
    with tempfile.TemporaryDirectory(prefix="gramoji-upload-") as name:
        folder = Path(name)
        (folder / "upload").write_bytes(data)
        try:
            ended = subprocess.run(
                [
                    sys.executable,
                    "-P",
                    "-m",
                    "store.uploads",
                    folder / "upload",
                    folder,
                    json.dumps(asdict(limits)),
                ],
                stdin=DEVNULL,
                stdout=DEVNULL,
                stderr=PIPE,
                env=ENVIRONMENT,
                cwd=folder,
                timeout=3 * limits.cpu_s,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise UnusableUploadError("decoding it takes too long") from None
        told = ended.stderr.decode(errors="replace")
        if ended.returncode == UNUSABLE:
            raise UnusableUploadError(told[-500:])
        if ended.returncode != 0:
            logger.warning("decoding an upload ended with %s: %s", ended.returncode, told[-2000:])
            raise UnusableUploadError(
                f"decoding it takes too much time or memory, or broke the decoder ({ended.returncode})"
            )
        return _read(folder)


def _read(folder: Path) -> DecodedUpload:
    preview = folder / "preview"
    return DecodedUpload(
        **json.loads((folder / "upload.json").read_text()),
        data=(folder / "original").read_bytes(),
        preview=preview.read_bytes() if preview.exists() else None,
    )
