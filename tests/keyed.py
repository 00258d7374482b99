"""A real server that wants keys, on every address, with two replicas of its edge."""

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import httpx
import yaml

from deployments.settings import DEFAULT_CONFIG
from tests.traces import Traces

FOLLOWED_WITHIN_S = 3.0  # replicas read the keys every second


@dataclass(frozen=True)
class KeyedServer:
    """Where it is, the folder of its store, and the traces that it sent."""

    url: str
    folder: Path
    traces: Traces

    def add_key(self, tenant: str, *options: str) -> str:
        """The token of a new key, once every replica knows it."""
        token = gramoji(self.folder, "keys", "add", tenant, *options)
        time.sleep(FOLLOWED_WITHIN_S)
        return token

    def client(self, token: str) -> httpx.Client:
        return httpx.Client(base_url=self.url, timeout=60, headers={"Authorization": f"Bearer {token}"})


def gramoji(folder: Path, *arguments: str) -> str:
    """What the command prints about the store of `folder`."""
    command = [sys.executable, "-m", "deployments.cli", *arguments]
    environment = {**os.environ, "GRAMOJI_VAR": str(folder / "var")}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def write_config(folder: Path, edges: int = 1) -> Path:
    """The laptop's configuration with stickers alone, so that it starts sooner."""
    read = yaml.safe_load(DEFAULT_CONFIG.read_text())
    for media_type in ("image", "video", "audio"):
        del read[media_type]
    read["api"]["num_replicas"] = edges
    for section, name in (
        ("suggest", "ranking"),
        ("sticker", "weights"),
        ("sticker", "relevance_weights"),
        ("intake", "relevance_weights"),
    ):
        read[section][name] = str((DEFAULT_CONFIG.parent / read[section][name]).resolve())
    config = folder / "config.yaml"
    config.write_text(yaml.safe_dump(read))
    return config
