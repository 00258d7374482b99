"""A source package, as `catalog/sources.yaml` names it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import yaml

Registry = Literal["npm", "debian"]

SOURCES_FILE = Path(__file__).parent.parent / "sources.yaml"


@dataclass(frozen=True, slots=True)
class Source:
    """One archive of one registry; `sha256` is the archive's."""

    registry: Registry
    name: str
    version: str
    sha256: str
    licence: str
    attribution: str

    def __post_init__(self) -> None:
        """Refuse a registry that no client is known for."""
        if self.registry not in get_args(Registry):
            raise ValueError(
                f"registry of {self.name!r} is {self.registry!r}, allowed: {get_args(Registry)}"
            )

    @property
    def file_name(self) -> str:
        """The name under which the registry's client saves the archive."""
        if self.registry == "npm":
            return f"{self.name.removeprefix('@').replace('/', '-')}-{self.version}.tgz"
        return f"{self.name}_{self.version.replace(':', '%3a')}_all.deb"

    @property
    def package(self) -> str:
        """Registry, name and version in one string, as stored with each item."""
        return f"{self.registry}:{self.name}@{self.version}"


def load_sources(path: Path = SOURCES_FILE) -> dict[str, Source]:
    """Read the source packages by their short names."""
    return {key: Source(**fields) for key, fields in yaml.safe_load(path.read_text("utf-8")).items()}
