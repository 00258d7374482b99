import asyncio
import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, insert, select

from store.database import append, connect, migrate
from store.tables import media_changes, metadata


async def test_the_migrations_make_exactly_the_tables_that_the_code_uses(database_url: str) -> None:
    await migrate(database_url)
    engine = await connect(database_url)

    def differences(connection: Connection) -> list[object]:
        found: list[object] = compare_metadata(MigrationContext.configure(connection), metadata)
        return found

    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await engine.dispose()


async def test_migrating_twice_changes_nothing(database_url: str) -> None:
    await migrate(database_url)
    engine = await connect(database_url)
    async with engine.begin() as connection:
        await connection.execute(insert(media_changes), [{"item_id": "a", "change": "added"}])
    await migrate(database_url)
    async with engine.connect() as connection:
        assert (await connection.execute(select(media_changes.c.item_id))).scalars().all() == ["a"]
    await engine.dispose()


async def test_a_database_that_was_not_migrated_is_refused_with_what_to_do(database_url: str) -> None:
    with pytest.raises(ValueError, match="gramoji database upgrade"):
        await connect(database_url)


async def test_a_database_of_the_first_version_goes_on_without_its_catalogue(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    url = f"sqlite+aiosqlite:///{path}"
    await migrate(url)
    with sqlite3.connect(path) as old:  # as the first version left it: the media tables and no revision
        tables = (
            "alembic_version",
            "users",
            "impressions",
            "feedback",
            "person_changes",
            "erasures",
            "keys",
        )
        for table in tables:
            old.execute(f"DROP TABLE {table}")
        for column in ("shared", "allow_training", "picture_hash"):
            old.execute(f"ALTER TABLE media_items DROP COLUMN {column}")
        columns = [row[1] for row in old.execute("PRAGMA table_info(media_items)")]
        for item_id, origin in (("cake", "catalog"), ("mine", "generated")):
            values = dict.fromkeys(columns, "") | {"item_id": item_id, "origin": origin}
            old.execute(
                f"INSERT INTO media_items VALUES ({','.join('?' * len(columns))})", list(values.values())
            )
        old.execute("INSERT INTO imports VALUES ('checksum', 0)")
    await migrate(url)
    with sqlite3.connect(path) as new:
        assert new.execute("SELECT item_id FROM media_items").fetchall() == [("mine",)]
        assert new.execute("SELECT * FROM imports").fetchall() == []


async def test_followers_of_a_log_miss_nothing_that_slow_writers_commit_late(database_url: str) -> None:
    await migrate(database_url)
    engine = await connect(database_url)
    seen: list[int] = []

    async def write(number: int) -> None:
        async with engine.begin() as connection:
            await append(connection, media_changes, [{"item_id": str(number), "change": "added"}])
            await asyncio.sleep(0.002 * (number % 3))

    async def follow() -> None:
        while len(seen) < 30:
            after = seen[-1] if seen else 0
            query = select(media_changes.c.sequence).where(media_changes.c.sequence > after)
            async with engine.connect() as connection:
                seen.extend((await connection.execute(query.order_by(media_changes.c.sequence))).scalars())
            await asyncio.sleep(0.001)

    await asyncio.wait_for(asyncio.gather(follow(), *(write(number) for number in range(30))), 60)
    assert len(set(seen)) == 30
    await engine.dispose()
