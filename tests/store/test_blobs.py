"""Bytes on a folder and on a real S3 server."""

import hashlib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import boto3
import pandas as pd
import pytest

from store.blobs import Blobs
from store.database import migrate
from store.log_dataset import LogDataset
from store.media import MediaStore
from tests.store.test_log_dataset import HOUR, LATER, names, show
from tests.store.test_media_store import item


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    """A real S3 server in a process of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
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


@pytest.fixture(params=["folder", "s3"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Blobs:
    url = str(tmp_path) if request.param == "folder" else request.getfixturevalue("bucket")
    return Blobs(f"{url}/media")


async def test_bytes_come_back_whole_and_are_stored_once(blobs: Blobs) -> None:
    data = bytes(range(256)) * 1000
    first, again = await blobs.write(data), await blobs.write(data)
    assert first == again == hashlib.sha256(data).hexdigest()
    assert (await blobs.local_path(first)).read_bytes() == data
    assert await blobs.all_hashes() == {first}
    assert await blobs.all_hashes(older_than_s=60) == set()


async def test_removed_bytes_are_gone(blobs: Blobs) -> None:
    sha256 = await blobs.write(b"bytes")
    await blobs.local_path(sha256)
    await blobs.remove(sha256)
    await blobs.remove(sha256)
    with pytest.raises(FileNotFoundError, match="no such bytes"):
        await blobs.local_path(sha256)


async def test_what_was_converted_goes_with_its_original(blobs: Blobs) -> None:
    sha256 = await blobs.write(b"clip")
    await blobs.write_converted(sha256, "mp4", b"clip as mp4")
    assert (await blobs.local_path(sha256, "mp4")).read_bytes() == b"clip as mp4"
    assert await blobs.all_hashes(older_than_s=-60) == {sha256}
    await blobs.remove(sha256)
    assert await blobs.all_hashes(older_than_s=-60) == set()
    with pytest.raises(FileNotFoundError, match="no such bytes"):
        await blobs.local_path(sha256, "mp4")


async def test_a_media_store_on_s3_sweeps_its_orphans(bucket: str, tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path}/store.db"
    await migrate(url)
    store = await MediaStore.open(url, f"{bucket}/media")
    used, orphan = await store.blobs.write(b"used"), await store.blobs.write(b"orphan")
    await store.add([item("a", sha256=used)])
    assert await store.sweep(older_than_s=-60) == 1
    assert await store.blobs.all_hashes(older_than_s=-60) == {used}
    assert orphan != used
    await store.close()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_the_log_is_exported_to_s3(store: MediaStore, bucket: str) -> None:
    dataset = LogDataset(f"{bucket}/log")
    await show(store, ("first", HOUR + 1))
    await dataset.export(store.engine, LATER)
    await dataset.export(store.engine, LATER)
    assert names(dataset) == ["first"]
    assert pd.read_parquet(f"{bucket}/log")["suggestion_id"].tolist() == ["first"]


def test_a_write_that_the_system_refuses_leaves_nothing_behind(tmp_path: Path) -> None:
    code = f"""
import asyncio, resource
from store.blobs import Blobs
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
asyncio.run(Blobs({str(tmp_path)!r}).write(bytes(10_000)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "File too large" in done.stderr
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
