"""Bytes by their SHA-256, on any file system that fsspec knows."""

import asyncio
import hashlib
from pathlib import Path

import fsspec
from ulid import ULID


class Blobs:
    """A content-addressed folder. Writing the same bytes twice stores them once; bytes never change."""

    def __init__(self, url: str) -> None:
        self.filesystem, self.root = fsspec.core.url_to_fs(url)

    async def write(self, data: bytes) -> str:
        """Store `data` and return its SHA-256 in hex; the bytes are whole or absent, never partial."""
        return await asyncio.to_thread(self._write, data)

    async def local_path(self, sha256: str) -> Path:
        """A local file with the bytes; FileNotFoundError if there are none."""
        path = Path(self._path(sha256))
        if not await asyncio.to_thread(self.filesystem.exists, str(path)):
            raise FileNotFoundError(f"sha256 {sha256}: no such bytes in the store")
        return path

    def _write(self, data: bytes) -> str:
        sha256 = hashlib.sha256(data).hexdigest()
        path = self._path(sha256)
        if not self.filesystem.exists(path):
            self.filesystem.makedirs(path.rpartition("/")[0], exist_ok=True)
            part = f"{path}.{ULID()}.part"
            self.filesystem.pipe_file(part, data)
            self.filesystem.mv(part, path)
        return sha256

    def _path(self, sha256: str) -> str:
        return f"{self.root}/{sha256[:2]}/{sha256}"
