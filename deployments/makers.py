"""The generators that serve: the live one, and another beside it that makes for some of the people."""

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from deployments.live import UserConfig
from models.generation import Generator
from store.registries import generator_registry, generators_url
from store.serving import Serving

logger = logging.getLogger("ray.serve.gramoji.makers")


@dataclass(frozen=True, slots=True, eq=False)
class Makers:
    """What `serving` names, loaded."""

    serving: Serving
    live: Generator
    beside: Generator | None = None
    refused: str | None = None  # what `serving` names and cannot be loaded, and why

    @property
    def version(self) -> str:
        """Of the live one."""
        return self.live.version

    @property
    def on_trial(self) -> Serving:
        """What may be compared: nothing while the version beside makes for nobody, for it cannot be loaded."""
        return self.serving if self.beside is not None else replace(self.serving, beside=None)

    def of(self, user_id: str) -> Generator:
        """The generator that makes for this person."""
        if self.beside is not None and self.serving.is_beside(user_id):
            return self.beside
        return self.live


def up_to_date(told: UserConfig, registry_url: str) -> UserConfig:
    """The same, with what the registry says now of the stickers that were tuned, where they are painted with."""
    serving = (
        generator_registry(registry_url, "sticker").serving() if _follows(told["sections"]) else Serving()
    )
    return told | {"serving": serving.as_json(), "registry": registry_url}


class MakerLoader:
    """Loads what is told, each generator once: what stays when another comes or goes is taken over."""

    def __init__(self, load: Callable[[dict[str, Any]], Generator]) -> None:
        self._load = load
        self._loaded: dict[str, Generator] = {}

    def __call__(self, told: UserConfig) -> Makers:
        """Under names of all that their output depends on; ValueError says what cannot be loaded."""
        serving, loaded = Serving.from_json(told["serving"]), dict[str, Generator]()

        def make(version: str | None) -> Generator:
            sections = _with_version(told, version)
            key = json.dumps([sections, told["digest"]], sort_keys=True)
            loaded[key] = self._loaded.get(key) or self._named(sections, told["digest"])
            return loaded[key]

        live, refused = self._live(make, serving.live)
        beside = None
        if serving.beside is not None:
            try:
                beside = make(serving.beside.version)
            except Exception as error:  # who was to get it gets the live one
                refused = _refusal(serving.beside.version, error)
        self._loaded = loaded
        return Makers(serving, live, beside, refused)

    def _live(
        self, make: Callable[[str | None], Generator], version: str | None
    ) -> tuple[Generator, str | None]:
        """The live version; at the start the one that ships, if that of the registry cannot be loaded."""
        try:
            return make(version), None
        except Exception as error:
            if self._loaded or version is None:
                raise
            return make(None), _refusal(version, error)

    def _named(self, sections: dict[str, Any], digest: str) -> Generator:
        generator = self._load(sections)
        generator.version = f"{generator.version}-{digest}"
        return generator


def _refusal(version: str | None, error: Exception) -> str:
    said = f"{version}: {type(error).__name__}: {error}"
    logger.error("cannot be loaded, others make its media: %s", said)
    return said


def _follows(sections: dict[str, Any]) -> bool:
    """Whether stickers of the small model are painted, and the configuration does not say which version."""
    names_another = any(section.get("hub") or section.get("tuned") for section in sections.values())
    return "sticker" in sections and not names_another


def _with_version(told: UserConfig, version: str | None) -> dict[str, Any]:
    sections: dict[str, Any] = told["sections"]
    if version is None:
        return sections
    tuned = f"{generators_url(told['registry'], 'sticker')}/{version}"
    return sections | {"sticker": sections["sticker"] | {"tuned": tuned}}
