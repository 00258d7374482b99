"""How a command starts a job of `rl/`, and the options that such commands share."""

import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from catalog.items import MediaType
from deployments.settings import DEFAULT_CONFIG, AppSettings

Config = Annotated[Path, typer.Option(help="Configuration file.")]
Settings = Annotated[Path, typer.Option(help="Settings of learning.")]
Tenant = Annotated[
    str | None, typer.Option(help="Whose slates, where several tenants have keys; `*` is all.")
]
JOB_SETTINGS = DEFAULT_CONFIG.parent / "rl"
LEARNING = JOB_SETTINGS / "learn.yaml"


def run_job(module: str, settings: AppSettings, tenant: str | None, *arguments: str) -> None:
    """Run it as a program of its own, for the server knows nothing of learning, and exit with its code."""
    places = ["--log", settings.store.log_url, "--registry", settings.store.registry_url]
    whose = [] if tenant is None else ["--tenant", tenant]
    command = [sys.executable, "-m", module, *arguments, *places, *whose]
    raise typer.Exit(subprocess.run(command, check=False).returncode)


def media_of(settings: AppSettings) -> list[str]:
    """Where the store's rows and bytes are."""
    return ["--database", settings.store.database_url, "--media", settings.store.blob_url]


def ranking_of(settings: AppSettings) -> list[str]:
    """Where the hand-set weights are."""
    return ["--ranking", str(settings.suggest.ranking)]


def large_model_of(settings: AppSettings, modality: MediaType) -> list[str]:
    """The large model that makes a modality; ValueError if none does and nothing is learned of the small one."""
    section = getattr(settings, modality)
    if section and section.hub:
        return ["--model", json.dumps(asdict(section.hub))]
    if modality != "sticker":
        raise ValueError(
            f"{modality}: no large model makes it here (`{modality}.hub`), and of the small one nothing is learned"
        )
    return []


def weights_of(settings: AppSettings) -> list[str]:
    """Where the small models are."""
    return ["--weights", str(settings.sticker.weights.parent)]
