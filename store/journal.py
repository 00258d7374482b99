"""What was decided about versions, by whom and why: one file a decision beside the versions, so writers never meet."""

import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from ulid import ULID

from store.blobs import write_whole
from store.registry import Registry


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision; `evidence` are the figures that it rests on."""

    by: str  # learn, promote, watch, rollback
    what: str  # trained, promoted, canary, shadow, taken back, waiting, not promoted, …
    version: str | None
    reason: str
    evidence: Mapping[str, Any] = field(default_factory=dict)
    at_s: float = field(default_factory=time.time)


class Journal:
    """`journal/MICROSECOND-ULID.json` in a registry, one line each."""

    def __init__(self, registry: Registry) -> None:
        self._filesystem = registry.filesystem
        self._root = f"{registry.root}/journal"

    def add(self, decision: Decision) -> None:
        """Write a decision down."""
        line = json.dumps(asdict(decision) | {"evidence": dict(decision.evidence)})
        name = f"{int(1e6 * decision.at_s):017d}-{ULID()}.json"
        write_whole(self._filesystem, f"{self._root}/{name}", f"{line}\n".encode())

    def read(self, most: int | None = None) -> list[Decision]:
        """The decisions, oldest first; with `most`, only the last of them."""
        if not self._filesystem.exists(self._root):
            return []
        paths = sorted(self._filesystem.glob(f"{self._root}/*.json"))
        return [Decision(**json.loads(self._filesystem.cat_file(path))) for path in paths[-(most or 0) :]]
