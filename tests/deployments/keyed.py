"""A real server that wants keys, with two replicas of its edge."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import yaml
from typer.testing import CliRunner

from deployments.cli import app
from deployments.settings import DEFAULT_CONFIG
from tests.conftest import serving


def run(folder: Path, *arguments: str) -> str:
    """What `gramoji` prints about the store of `folder`."""
    done = CliRunner().invoke(app, list(arguments), env={"GRAMOJI_VAR": str(folder / "var")})
    assert done.exit_code == 0, done.output
    return done.stdout.strip()


@contextmanager
def serving_to_keys(folder: Path, *options: str) -> Iterator[str]:
    """Stickers alone, so that it starts sooner."""
    read = yaml.safe_load(DEFAULT_CONFIG.read_text())
    for media_type in ("image", "video", "audio"):
        del read[media_type]
    read["api"]["num_replicas"] = 2
    read["suggest"]["ranking"] = str(DEFAULT_CONFIG.parent / read["suggest"]["ranking"])
    for section, name in (
        ("sticker", "weights"),
        ("sticker", "relevance_weights"),
        ("intake", "relevance_weights"),
    ):
        read[section][name] = str((DEFAULT_CONFIG.parent / read[section][name]).resolve())
    config = folder / "config.yaml"
    config.write_text(yaml.safe_dump(read))
    with serving(folder, "--config", str(config), *options) as url:
        yield url


def client_of(url: str, token: str) -> httpx.Client:
    return httpx.Client(base_url=url, timeout=60, headers={"Authorization": f"Bearer {token}"})
