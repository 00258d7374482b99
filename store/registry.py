"""Versions of learned models, each a folder on any file system that fsspec knows, and which of them is live."""

import hashlib
import json
import time
from collections.abc import Iterable, Mapping
from typing import Any

import fsspec
import numpy as np

from store.blobs import write_whole

PEOPLE = "people.int64"


class Registry:
    """`VERSION/…` for each version with its `about.json` and whom it learned from, and `live.json`: what went live, and
    the last of it is live.
    """

    def __init__(self, url: str) -> None:
        self.filesystem, self.root = fsspec.core.url_to_fs(url)

    def add(
        self, version: str, files: Mapping[str, bytes], about: Mapping[str, Any], people: Iterable[int] = ()
    ) -> None:
        """Write a version that learned from these people (`person_number`).

        `about.json` comes last, so a version that has one is whole.
        """
        numbers = np.unique(np.fromiter(people, dtype="<i8")).tobytes()
        for name, data in {PEOPLE: numbers, **files}.items():
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

    def learned_from(self, user_id: str) -> tuple[str, ...]:
        """The versions that learned from what a person did, oldest first."""
        number = person_number(user_id)
        return tuple(
            about["version"]
            for about in self.versions()
            if number in np.frombuffer(self.read(about["version"], PEOPLE), dtype="<i8")
        )

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


def person_number(user_id: str) -> int:
    """A hash of an id, of 56 bits: who is meant by it can't be told from it."""
    return int.from_bytes(hashlib.blake2b(user_id.encode(), digest_size=7).digest())
