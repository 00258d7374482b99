"""Versions of learned models, each a folder on any file system that fsspec knows, and which of them is live."""

import hashlib
import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import fsspec
import numpy as np

from store.blobs import write_whole
from store.serving import Beside, Serving, Shadow, TakenBack

PEOPLE = "people.int64"
SERVING = "live.json"


class Registry:
    """`VERSION/…` for each version with its `about.json` and whom it learned from, and `live.json`: which serve whom."""

    def __init__(self, url: str) -> None:
        self.filesystem, self.root = fsspec.core.url_to_fs(url)
        self._abouts: dict[str, dict[str, Any]] = {}  # they never change

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
        paths = self.filesystem.glob(f"{self.root}/*/about.json")
        return sorted(
            (self.about(path.split("/")[-2]) for path in paths), key=lambda about: about["registered_at_s"]
        )

    def about(self, version: str) -> dict[str, Any]:
        """What is known of one version; ValueError if it is not there."""
        if version not in self._abouts:
            self._abouts[version] = json.loads(self.read(version, "about.json"))
        return self._abouts[version]

    def read(self, version: str, name: str) -> bytes:
        """A file of a version; ValueError if it is not there."""
        try:
            data: bytes = self.filesystem.cat_file(f"{self.root}/{version}/{name}")
        except FileNotFoundError:
            raise ValueError(f"version {version}: no {name} in {self.root}") from None
        return data

    def learned_from(self, user_id: str) -> tuple[str, ...]:
        """The versions that learned from what a person did, oldest first; also those of registries inside this one."""
        number, found = person_number(user_id), []
        for path in self.filesystem.glob(f"{self.root}/**/about.json"):
            people = self.filesystem.cat_file(path.removesuffix("about.json") + PEOPLE)
            if number in np.frombuffer(people, dtype="<i8"):
                found.append(json.loads(self.filesystem.cat_file(path)))
        return tuple(
            about["version"] for about in sorted(found, key=lambda about: about["registered_at_s"])
        )

    def serving(self) -> Serving:
        """Which versions serve whom."""
        path = f"{self.root}/{SERVING}"
        if not self.filesystem.exists(path):
            return Serving()
        return Serving.from_json(json.loads(self.filesystem.cat_file(path)))

    def live(self) -> str | None:
        """The version that serves, None if none was promoted (or all were rolled back)."""
        return self.serving().live

    def promote(self, version: str, control: float = 0.0) -> None:
        """Make a registered version the live one; a share of the people keep the one before it, to judge it by."""
        self.about(version)
        before = self.serving()
        beside = Beside(before.live, "control", control, time.time()) if control else None
        self._put(Serving((*before.lives, version), beside, taken_back=before.taken_back))

    def try_out(self, version: str, share: float) -> None:
        """Give a registered version to a share of the people; a trial that went on before ends."""
        self.about(version)
        before = self.serving()
        if version == before.live:
            raise ValueError(f"version {version} is live; a canary must be another one")
        self._put(replace(before, beside=Beside(version, "canary", share, time.time())))

    def shadow(self, version: str, share: float) -> None:
        """Let a registered version rank a share of the slates where nobody sees it."""
        self.about(version)
        self._put(replace(self.serving(), shadow=Shadow(version, share)))

    def rollback(self, reason: str = "asked for") -> str | None:
        """Take back the canary, or else the live version, and name what is live then (None: no learned policy)."""
        newest = self.serving().newest
        if newest is None:
            raise ValueError(f"{self.root}: no version is live, so none can be taken back")
        self.take_back(newest, reason)
        return self.live()

    def take_back(self, version: str, reason: str) -> bool:
        """Take back a version; False, and nothing is done, if it is not what a rollback would take back any more."""
        before = self.serving()
        if before.newest != version:
            return False
        lives = before.lives if version != before.live else before.lives[:-1]
        taken_back = TakenBack(version, reason, time.time())
        self._put(Serving(lives, shadow=before.shadow, taken_back=taken_back))
        return True

    def _put(self, serving: Serving) -> None:
        """One write of one file, so that a reader sees all of a change or nothing."""
        data = json.dumps(serving.as_json(), indent=2).encode()
        write_whole(self.filesystem, f"{self.root}/{SERVING}", data)


def person_number(user_id: str) -> int:
    """A hash of an id, of 56 bits: who is meant by it can't be told from it."""
    return int.from_bytes(hashlib.blake2b(user_id.encode(), digest_size=7).digest())
