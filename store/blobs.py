"""Bytes by their SHA-256, on any file system that fsspec knows."""

import asyncio
import hashlib
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import fsspec
from fsspec.implementations.local import LocalFileSystem
from ulid import ULID

CACHED_FOR_S = 3600  # bytes from an object store stay on this machine so long


class Blobs:
    """A content-addressed folder. Writing the same bytes twice stores them once; bytes never change.

    What was converted from bytes lies beside them as `sha256.extension`, and goes when they go.
    """

    def __init__(self, url: str) -> None:
        self.filesystem, self.root = fsspec.core.url_to_fs(url)
        self._cache = None if is_local(self.filesystem) else _cache(self.filesystem)

    async def write(self, data: bytes) -> str:
        """Store `data` and return its SHA-256 in hex; the bytes are whole or absent, never partial."""
        return await asyncio.to_thread(self._write, data)

    async def write_converted(self, sha256: str, extension: str, data: bytes) -> None:
        """Store what was converted from the bytes `sha256`, for `local_path` with the same extension."""
        path = self._path(sha256, extension)
        await asyncio.to_thread(write_whole, self.filesystem, path, data)

    async def local_path(self, sha256: str, extension: str = "") -> Path:
        """A local file with the bytes, fetched if need be; FileNotFoundError if there are none."""
        return await asyncio.to_thread(self._local_path, self._path(sha256, extension))

    async def require(self, hashes: Iterable[str]) -> None:
        """Raise FileNotFoundError if any of the bytes are not there."""
        for sha256 in hashes:
            if not await asyncio.to_thread(self.filesystem.exists, self._path(sha256)):
                raise FileNotFoundError(f"sha256 {sha256}: no such bytes in the store")

    async def remove(self, sha256: str) -> None:
        """Remove bytes, if they are there, and what was converted from them."""
        await asyncio.to_thread(self._remove, self._path(sha256))

    async def all_hashes(self, older_than_s: float = 0.0) -> set[str]:
        """The SHA-256 of everything that was written at least `older_than_s` seconds ago."""
        return await asyncio.to_thread(self._all_hashes, older_than_s)

    def _all_hashes(self, older_than_s: float) -> set[str]:
        before = time.time() - older_than_s
        return {
            path.rpartition("/")[2].partition(".")[0]
            for path in self.filesystem.find(self.root)
            if not path.endswith(".part") and self.filesystem.modified(path).timestamp() <= before
        }

    def _write(self, data: bytes) -> str:
        sha256 = hashlib.sha256(data).hexdigest()
        path = self._path(sha256)
        if not self.filesystem.exists(path):
            write_whole(self.filesystem, path, data)
        return sha256

    def _remove(self, path: str) -> None:
        for each in (path, *self.filesystem.glob(f"{path}.*")):
            if not each.endswith(".part") and self.filesystem.exists(each):
                self.filesystem.rm_file(each)

    def _local_path(self, path: str) -> Path:
        if not self.filesystem.exists(path):
            raise FileNotFoundError(f"sha256 {path.rpartition('/')[2]}: no such bytes in the store")
        if self._cache is None:
            return Path(path)
        self._cache.clear_expired_cache()
        with self._cache.open(path) as cached:
            return Path(cached.name)

    def _path(self, sha256: str, extension: str = "") -> str:
        return f"{self.root}/{sha256[:2]}/{sha256}{extension and '.'}{extension}"


def is_local(filesystem: Any) -> bool:
    """Whether its files are files of this machine."""
    return isinstance(filesystem, LocalFileSystem)


def write_whole(filesystem: Any, path: str, data: bytes) -> None:
    """Write a file that others see whole or not at all; object stores give that, folders by a rename."""
    if not is_local(filesystem):
        filesystem.pipe_file(path, data)
        return
    filesystem.makedirs(path.rpartition("/")[0], exist_ok=True)
    part = f"{path}.{ULID()}.part"
    try:
        filesystem.pipe_file(part, data)
        filesystem.mv(part, path)
    except BaseException:
        if filesystem.exists(part):
            filesystem.rm_file(part)
        raise


def _cache(filesystem: Any) -> Any:
    folder = tempfile.mkdtemp(prefix="gramoji-media-")
    return fsspec.filesystem("filecache", fs=filesystem, cache_storage=folder, expiry_time=CACHED_FOR_S)
