"""Bytes on a folder and on a real S3 server."""

import hashlib
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from store.blobs import Blobs
from store.database import migrate
from store.log_dataset import LogDataset
from store.media import MediaStore
from tests.store.test_log_dataset import HOUR, LATER, names, show
from tests.store.test_media_store import item


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
