"""Versions of learned models, each a folder on any file system that fsspec knows, and which of them is live."""

import json
import time
from collections.abc import Mapping
from typing import Any

import fsspec

from store.blobs import write_whole


class Registry:
    """`VERSION/…` for each version with its `about.json`, and `live.json`: what went live, the last of it is."""

    def __init__(self, url: str) -> None:
        self.filesystem, self.root = fsspec.core.url_to_fs(url)

    def add(self, version: str, files: Mapping[str, bytes], about: Mapping[str, Any]) -> None:
        """Write a version; `about.json` comes last, so a version that has one is whole."""
        for name, data in files.items():
            write_whole(self.filesystem, f"{self.root}/{version}/{name}", data)
        described = json.dumps({"version": version, "registered_at_s": time.time()} | dict(about), indent=2)
        write_whole(self.filesystem, f"{self.root}/{version}/about.json", described.encode())

    def versions(self) -> list[dict[str, Any]]:
        """What is known of each version, oldest first."""
        if not self.filesystem.exists(self.root):
            return []
        found = [
            self.about(path.split("/")[-2]) for path in self.filesystem.glob(f"{self.root}/*/about.json")
        ]
        return sorted(found, key=lambda about: float(about["registered_at_s"]))

    def about(self, version: str) -> dict[str, Any]:
        """What is known of one version; ValueError if it is not there."""
        about: dict[str, Any] = json.loads(self.read(version, "about.json"))
        return about

    def read(self, version: str, name: str) -> bytes:
        """A file of a version; ValueError if it is not there."""
        try:
            data: bytes = self.filesystem.cat_file(f"{self.root}/{version}/{name}")
        except FileNotFoundError:
            raise ValueError(f"version {version}: no {name} in {self.root}") from None
        return data

    def live(self) -> str | None:
        """The version that serves, None if none was promoted (or all were rolled back)."""
        lives = self._lives()
        return lives[-1] if lives else None

    def promote(self, version: str) -> None:
        """Make a registered version the live one."""
        self.about(version)
        self._put([*self._lives(), version])

    def rollback(self) -> str | None:
        """Make the version before the live one live again, and name it; None is the ranking without a learned policy."""
        lives = self._lives()
        if not lives:
            raise ValueError(f"{self.root}: no version is live, so none can be taken back")
        self._put(lives[:-1])
        return self.live()

    def _lives(self) -> list[str]:
        path = f"{self.root}/live.json"
        lives: list[str] = (
            json.loads(self.filesystem.cat_file(path)) if self.filesystem.exists(path) else []
        )
        return lives

    def _put(self, lives: list[str]) -> None:
        write_whole(self.filesystem, f"{self.root}/live.json", json.dumps(lives).encode())
