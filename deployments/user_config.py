"""What a deployment is told while it runs (Serve's `user_config`), and what makes a new replica necessary."""

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from deployments.live import UserConfig
from deployments.replica_settings import Settings
from deployments.settings import ROOT, GeneratorSettings
from models.sticker import weights_checksum

APPLIED_BY_SERVE = {  # to replicas that run
    "num_replicas",
    "autoscaling",
    "max_surge_percent",
    "drain_s",
    "health_check_period_s",
    "health_check_timeout_s",
}
CODE = ("catalog", "deployments", "models", "ranking", "store")


def generator_config(**sections: GeneratorSettings) -> UserConfig:
    """The model of a generator: sections of the configuration file, and a digest of all that its output depends on."""
    told = {name: _model_of(section) for name, section in sections.items()}
    contents = {name: {key: _content(value) for key, value in each.items()} for name, each in told.items()}
    plain = {name: {key: _plain(value) for key, value in each.items()} for name, each in told.items()}
    return {"sections": plain, "digest": _digest(contents)[:6]}


def replica_settings(settings: GeneratorSettings) -> GeneratorSettings:
    """What a generator's replica is started with: all but its model."""
    return GeneratorSettings(**{name: getattr(settings, name) for name in GeneratorSettings.model_fields})


def replica_version(*started_with: Any) -> str:
    """A name that changes when a replica must start anew: when its code, or what it is started with, does."""
    told_later = {"ranking", *APPLIED_BY_SERVE}  # the ranking by the configuration above
    parts = [
        each.model_dump(mode="json", exclude=told_later) if isinstance(each, Settings) else str(each)
        for each in started_with
    ]
    return _digest([_code_checksum(), parts])[:10]


def _model_of(settings: GeneratorSettings) -> Mapping[str, Any]:
    """The fields that a generator adds to those of every replica."""
    return settings.model_dump(exclude=set(GeneratorSettings.model_fields))


def _content(value: Any) -> Any:
    """What is in a folder of weights instead of where it is; a value that is none stands for itself."""
    return weights_checksum(value) if isinstance(value, Path) else value


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Path) else value


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()


@cache
def _code_checksum() -> str:
    digest = hashlib.sha256()
    for path in sorted(path for package in CODE for path in (ROOT / package).rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()
