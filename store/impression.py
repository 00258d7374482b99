"""One slate that went out: all that learning needs to know of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from catalog.items import MediaType

Source = Literal["index", "generated"]
Action = Literal["select", "share", "dismiss", "report"]


@dataclass(frozen=True, slots=True)
class Shown:
    """An item in its place, with the probability of that placement given the places above, and its fit to the n-gram."""

    item_id: str
    media_type: MediaType
    source: Source
    propensity: float
    fit: float = 0.0  # 0 in rows that are older than this


@dataclass(frozen=True, slots=True)
class Impression:
    """A slate as it was shown, the candidates it was drawn from, and the circumstances.

    `slate` counts the slates of one suggestion, for a stream shows several. `candidates` are all that were
    considered, best total first, each with scores and features. Times in seconds since 1970.
    """

    suggestion_id: str
    slate: int
    user_id: str
    composition_id: str
    at_s: float
    n_gram: str
    locale: str
    policy_version: str
    latency_ms: float
    pending: tuple[str, ...]
    degraded: tuple[str, ...]
    shown: tuple[Shown, ...]
    candidates: tuple[Mapping[str, str | float | None], ...]

    @property
    def asked_at_s(self) -> float:
        """When the call came that this slate answers."""
        return self.at_s - self.latency_ms / 1000
