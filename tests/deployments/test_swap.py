"""Models are swapped on a real server while calls go on: no call fails, and no replica starts anew."""

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from deployments.settings import DEFAULT_CONFIG
from tests.conftest import serving

pytestmark = pytest.mark.slow

Deploy = Callable[..., subprocess.CompletedProcess[str]]
STICKER = {"n_gram_string": "good luck", "user_id": "u", "media_type": "sticker", "generation_count": 1}
ROW = {"n_gram_string": "good luck", "user_id": "u", "generate": "never"}


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A configuration of stickers alone, with weights and ranking of its own to change."""
    folder = tmp_path_factory.mktemp("swap")
    read = yaml.safe_load(DEFAULT_CONFIG.read_text())
    for media_type in ("image", "video", "audio"):
        del read[media_type]
    weights = DEFAULT_CONFIG.parent / read["sticker"]["weights"]
    shutil.copytree(weights, folder / "first")
    shutil.copytree(weights, folder / "second")
    scheduler = folder / "second" / "scheduler" / "scheduler_config.json"
    scheduler.write_text(scheduler.read_text() + "\n")
    shutil.copy(DEFAULT_CONFIG.parent / "ranking.yaml", folder / "ranking.yaml")
    relevance = (DEFAULT_CONFIG.parent / read["sticker"]["relevance_weights"]).resolve()
    read["sticker"] |= {"weights": "first", "relevance_weights": str(relevance)}
    read["intake"]["relevance_weights"] = str(relevance)
    path = folder / "config.yaml"
    path.write_text(yaml.safe_dump(read))
    return path


@pytest.fixture(scope="module")
def server(config: Path) -> Iterator[str]:
    """From its first start, which imports the catalogue."""
    with serving(config.parent, "--config", str(config)) as url:
        yield url


@pytest.fixture
def deploy(config: Path) -> Deploy:
    """Change the sticker's section, then `gramoji deploy`."""

    def change(**sticker: Any) -> subprocess.CompletedProcess[str]:
        read = yaml.safe_load(config.read_text())
        read["sticker"] |= sticker
        config.write_text(yaml.safe_dump(read))
        command = [sys.executable, "-m", "deployments.cli", "deploy", "--config", str(config)]
        environment = {**os.environ, "GRAMOJI_VAR": str(config.parent / "var")}
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)

    return change


class Load:
    """Calls without a pause, until the block ends."""

    def __init__(self, url: str, path: str, body: dict[str, Any], version: Callable[[Any], str]) -> None:
        self.statuses: list[int] = []
        self.versions: list[str] = []
        self.slowest_s = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(url + path, body, version))

    def _run(self, url: str, body: dict[str, Any], version: Callable[[Any], str]) -> None:
        with httpx.Client(timeout=60) as client:
            while not self._stop.is_set():
                started = time.monotonic()
                answer = client.post(url, json=body)
                self.slowest_s = max(self.slowest_s, time.monotonic() - started)
                self.statuses.append(answer.status_code)
                if answer.is_success:
                    self.versions.append(version(answer.json()))

    def __enter__(self) -> "Load":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        time.sleep(1)
        self._stop.set()
        self._thread.join()


def stickers(url: str) -> Load:
    return Load(url, "/v1/generate", STICKER, lambda answer: answer["items"][0]["model_version"])


def rows(url: str) -> Load:
    return Load(url, "/v1/suggest", ROW, lambda slate: slate["policy_version"])


def live(url: str) -> dict[str, str]:
    models = httpx.get(f"{url}/v1/models", timeout=60).json()["models"]
    return {each["name"]: each["version"] for each in models if each["status"] == "live"}


def replicas(url: str) -> set[int]:
    """Process ids of the server's replicas; looked for again and again, for Ray changes the titles of processes that work."""
    found = set[int]()
    for _ in range(15):
        found |= replicas_now(url)
        time.sleep(0.2)
    return found


def replicas_now(url: str) -> set[int]:
    parents, titles = {}, {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            parents[int(folder.name)] = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
            titles[int(folder.name)] = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
    (server,) = [
        pid
        for pid, title in titles.items()
        if f"deployments.cli serve --port {url.split(':')[-1]}" in title
    ]

    def ancestors(pid: int) -> Iterator[int]:
        while pid := parents.get(pid, 0):
            yield pid

    found = {
        pid
        for pid, title in titles.items()
        if title.startswith(("ray::ServeReplica:gramoji", "ray::SERVE_REPLICA::gramoji"))
    }
    return {pid for pid in found if server in ancestors(pid)}


def test_other_weights_and_another_ranking_are_swapped_under_load(
    server: str, config: Path, deploy: Deploy
) -> None:
    before, processes = live(server), replicas(server)
    assert len(processes) == 5
    ranking = config.parent / "ranking.yaml"
    with stickers(server) as making, stickers(server) as making_too, rows(server) as ranking_load:
        time.sleep(1)
        ranking.write_text(ranking.read_text().replace("diversity: 0.2", "diversity: 0.3"))
        done = deploy(weights="second")
        assert done.returncode == 0, done.stderr
        after = live(server)
        assert (deployed := deploy(num_inference_steps=5)).returncode == 0, deployed.stderr
    last = live(server)
    for load in (making, making_too, ranking_load):
        assert set(load.statuses) == {200}, "no call may fail"
        assert load.slowest_s < 15
    assert len({before["sticker"], after["sticker"], last["sticker"]}) == 3
    assert before["ranker"] != after["ranker"]
    assert list(dict.fromkeys(making.versions)) == [before["sticker"], after["sticker"], last["sticker"]]
    assert list(dict.fromkeys(ranking_load.versions)) == [before["ranker"], after["ranker"]]
    assert replicas(server) == processes, "a swap starts no replica anew"


def test_weights_that_are_not_there_are_refused_and_what_served_goes_on(
    server: str, deploy: Deploy
) -> None:
    before = live(server)
    with stickers(server) as making:
        done = deploy(weights="not-there")
    assert done.returncode == 2
    assert "no such weights" in done.stderr
    assert set(making.statuses) == {200}
    assert set(making.versions) == {before["sticker"]}
    models = httpx.get(f"{server}/v1/models", timeout=60).json()["models"]
    (refused,) = [each for each in models if each["status"] == "refused"]
    assert refused["name"] == "sticker"
    assert "no such weights" in refused["detail"]
    assert deploy(weights="first").returncode == 0
    assert httpx.get(f"{server}/readyz", timeout=60).json()["ready"]
