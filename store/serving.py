"""Which version of a model serves whom: the live one, another beside it for some of the people, and one in the shadow."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, Self


@dataclass(frozen=True, slots=True)
class Beside:
    """A version that a share of the people get instead of the live one; None is the ranking without a learned policy.

    A canary is new and on trial; a control is what was live before, kept for some to judge the live one by.
    """

    version: str | None
    role: Literal["canary", "control"]
    share: float
    since_s: float

    def __post_init__(self) -> None:
        if not 0.0 < self.share < 1.0:
            raise ValueError(f"share of the {self.role} is {self.share}; allowed is above 0 and below 1")


@dataclass(frozen=True, slots=True)
class Shadow:
    """A version that ranks a share of the slates too, and nobody sees."""

    version: str
    share: float

    def __post_init__(self) -> None:
        if not 0.0 < self.share <= 1.0:
            raise ValueError(f"share of the shadow is {self.share}; allowed is above 0 and up to 1")


@dataclass(frozen=True, slots=True)
class TakenBack:
    """The version that was taken back last, and why."""

    version: str
    reason: str
    at_s: float


@dataclass(frozen=True, slots=True)
class Serving:
    """`lives` are the versions that went live, and the last of them is live; with none it is the hand-set weights."""

    lives: tuple[str, ...] = ()
    beside: Beside | None = None
    shadow: Shadow | None = None
    taken_back: TakenBack | None = None

    @property
    def live(self) -> str | None:
        """The live version."""
        return self.lives[-1] if self.lives else None

    @property
    def newest(self) -> str | None:
        """What a rollback takes back: the canary if there is one, else the live version."""
        if self.beside is not None and self.beside.role == "canary":
            return self.beside.version
        return self.live

    def is_beside(self, user_id: str) -> bool:
        """Whether a person gets the version beside the live one.

        The newer of the two salts the hash, a canary takes its people from one end and a control from the other: so a
        person stays with one policy, who had the canary keeps it when it goes live, and each version is tried on others.
        """
        if self.beside is None:
            return False
        place = _place(user_id, self.newest or "")
        if self.beside.role == "canary":
            return place < self.beside.share
        return place >= 1.0 - self.beside.share

    def as_json(self) -> dict[str, Any]:
        """As plain values."""
        return asdict(self) | {"lives": list(self.lives)}

    @classmethod
    def from_json(cls, read: Mapping[str, Any] | list[str]) -> Self:
        """Read `as_json` again, or the mere list of lives of older registries."""
        if isinstance(read, list):
            return cls(tuple(read))
        return cls(
            tuple(read["lives"]),
            Beside(**read["beside"]) if read["beside"] else None,
            Shadow(**read["shadow"]) if read["shadow"] else None,
            TakenBack(**read["taken_back"]) if read["taken_back"] else None,
        )


def _place(user_id: str, salt: str) -> float:
    """A number in [0, 1) that is fixed by a person and a salt."""
    digest = hashlib.blake2b(f"{salt}\0{user_id}".encode(), digest_size=7).digest()
    return int.from_bytes(digest) / 2**56
