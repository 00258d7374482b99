"""Bytes by their SHA-256, on any file system that fsspec knows."""

import asyncio
import hashlib
import time
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

    async def remove(self, sha256: str) -> None:
        """Remove bytes, if they are there."""
        path = self._path(sha256)
        if await asyncio.to_thread(self.filesystem.exists, path):
            await asyncio.to_thread(self.filesystem.rm_file, path)

    async def all_hashes(self, older_than_s: float = 0.0) -> set[str]:
        """The SHA-256 of everything that was written at least `older_than_s` seconds ago."""
        return await asyncio.to_thread(self._all_hashes, older_than_s)

    def _all_hashes(self, older_than_s: float) -> set[str]:
        before = time.time() - older_than_s
        return {
            path.rpartition("/")[2]
            for path in self.filesystem.find(self.root)
            if not path.endswith(".part") and self.filesystem.modified(path).timestamp() <= before
        }

    def _write(self, data: bytes) -> str:
        sha256 = hashlib.sha256(data).hexdigest()
        path = self._path(sha256)
        if not self.filesystem.exists(path):
            self.filesystem.makedirs(path.rpartition("/")[0], exist_ok=True)
            part = f"{path}.{ULID()}.part"
            try:
                self.filesystem.pipe_file(part, data)
                self.filesystem.mv(part, path)
            except BaseException:
                if self.filesystem.exists(part):
                    self.filesystem.rm_file(part)
                raise
        return sha256

    def _path(self, sha256: str) -> str:
        return f"{self.root}/{sha256[:2]}/{sha256}"
