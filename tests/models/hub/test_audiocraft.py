"""MusicGen and AudioGen in the environment of their own that `make audiocraft` makes, and that is kept for the next run."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from ray import serve

from deployments.app import _generators
from deployments.order import Made, Order
from deployments.settings import DEFAULT_CONFIG, AppSettings
from store.database import migrate
from tests.conftest import local_ray
from tests.models.hub.judges import save_judge

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def python() -> Path:
    subprocess.run(["make", "audiocraft", f"PYTHON={sys.executable}"], cwd=ROOT, check=True)
    return ROOT / ".venv-audiocraft" / "bin" / "python"


def environment(folder: Path) -> dict[str, str]:
    cache = {"HF_HUB_CACHE": str(folder / "cache"), "HF_HUB_OFFLINE": "1"}
    return {**os.environ, **cache, "TINY_AUDIOCRAFT": str(folder), "PYTHONPATH": str(ROOT)}


@pytest.fixture(scope="module")
def folder(python: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tiny checkpoints of both, their cache of the hub, and a judge."""
    made = tmp_path_factory.mktemp("audiocraft")
    script = Path(__file__).with_name("tiny_audiocraft.py")
    subprocess.run([python, script, made], env=environment(made), check=True)
    save_judge("clap", made / "clap")
    return made


@pytest.fixture
def cluster(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, value in environment(folder).items():
        monkeypatch.setenv(name, value)
    with local_ray():
        serve.start(proxy_location="Disabled")
        yield
        serve.shutdown()


def test_both_do_what_every_generator_does(python: Path, folder: Path) -> None:
    command = [python, "-m", "pytest", "-p", "no:cacheprovider", "tests/models/hub/inside_audiocraft.py"]
    done = subprocess.run(command, cwd=ROOT, env=environment(folder), capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "12 passed" in done.stdout


async def test_the_audio_deployment_runs_in_that_environment(
    cluster: None, python: Path, folder: Path, tmp_path: Path
) -> None:
    read = yaml.safe_load(DEFAULT_CONFIG.read_text())
    read["audio"] |= {"python": str(python), "niceness": 0}
    read["audio"]["hub"] = {
        "pipeline": "MusicGen", "checkpoint": str(folder / "MusicGen"), "judge": str(folder / "clap"),
        "device": "cpu", "guidance_scale": 3, "duration_s": 1,
    }  # fmt: skip
    path = tmp_path / "audiocraft.yaml"
    path.write_text(yaml.safe_dump(read))
    settings = AppSettings.load(path, tmp_path)
    await migrate(settings.store.database_url)
    application = _generators(settings)["audio"]
    handle = await asyncio.to_thread(serve.run, application, name="audio", route_prefix=None)
    assert (await handle.check.remote()).startswith("MusicGen")
    orders = [Order("dog", "ann", "en", (seed,), repeatable=True) for seed in (1, 1, 2)]
    made: list[list[Made]] = [await handle.generate.remote(order) for order in orders]
    first, again, other = (each[0].item for each in made)
    assert (first.media_type, first.mime_type, first.duration_ms) == ("audio", "audio/ogg", 1000)
    assert first.sha256 == again.sha256 != other.sha256
