"""Snapshots of the index in object storage: a start reads the newest, and from the store only what changed since."""

import json
import re
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import fsspec
from ulid import ULID

from deployments.part import Part
from ranking.index import HybridIndex
from ranking.index_files import read_index, write_index
from store.blobs import is_local
from store.item_files import read_items, write_items
from store.media import MediaChange
from store.media_item import MediaItem

ITEMS, ABOUT = "items.parquet", "about.json"


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """An index, its items without their terms, and the last change of the store that both include."""

    index: HybridIndex
    items: Mapping[str, MediaItem]
    last_change: MediaChange


def remove_other_counts(url: str, count: int) -> None:
    """Remove snapshots of another number of parts, which keep what was erased and which nobody brings up to date."""
    filesystem, root = fsspec.core.url_to_fs(url)
    folders = {path.removeprefix(f"{root}/").split("/")[0] for path in filesystem.find(root)}
    for folder in folders:
        if re.fullmatch(r"\d+-of-\d+", folder) and not folder.endswith(f"-of-{count}"):
            filesystem.rm(f"{root}/{folder}", recursive=True)


class Snapshots:
    """Those of one part, `NUMBER-of-COUNT/ULID/…` on any file system that fsspec knows."""

    def __init__(self, url: str, part: Part) -> None:
        self.filesystem, root = fsspec.core.url_to_fs(url)
        self.folder = f"{root}/{part.number}-of-{part.of}"

    def write(self, snapshot: Snapshot) -> None:
        """Write a snapshot, `about.json` last, so that one that has it is whole; then remove the older ones."""
        name = str(ULID())
        with tempfile.TemporaryDirectory(prefix="gramoji-snapshot-") as here:
            write_index(snapshot.index, Path(here))
            write_items(Path(here) / ITEMS, snapshot.items.values())
            about: dict[str, Any] = {"last_change": asdict(snapshot.last_change)}
            (Path(here) / ABOUT).write_text(json.dumps(about))
            if is_local(self.filesystem):  # object stores have no folders
                self.filesystem.makedirs(f"{self.folder}/{name}", exist_ok=True)
            for path in sorted(Path(here).iterdir(), key=lambda path: path.name == ABOUT):
                self.filesystem.put_file(str(path), f"{self.folder}/{name}/{path.name}")
        for older in self._names():
            if older < name:
                self.filesystem.rm(f"{self.folder}/{older}", recursive=True)

    def newest(self) -> Snapshot:
        """Read the newest; FileNotFoundError if there is none, other errors where it can't be read."""
        whole = {path.split("/")[-2] for path in self.filesystem.glob(f"{self.folder}/*/{ABOUT}")}
        if not whole:
            raise FileNotFoundError(f"no snapshot in {self.folder}")
        with tempfile.TemporaryDirectory(prefix="gramoji-snapshot-") as here:
            for path in self.filesystem.find(f"{self.folder}/{max(whole)}"):
                self.filesystem.get_file(path, f"{here}/{path.rpartition('/')[2]}")
            about = json.loads((Path(here) / ABOUT).read_text())
            index = read_index(Path(here))
            items = {item.item_id: item for item in read_items(Path(here) / ITEMS)}
        return Snapshot(index, items, MediaChange(**about["last_change"]))

    def _names(self) -> set[str]:
        """Of all snapshots, also those that were not finished."""
        return {
            path.removeprefix(f"{self.folder}/").split("/")[0] for path in self.filesystem.find(self.folder)
        }
