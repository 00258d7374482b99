"""The one database of the store: SQLite by default, PostgreSQL by URL."""

import sqlite3
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Table, delete, event, false, func, insert, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

MIGRATIONS = Path(__file__).parent / "migrations"
BUSY_TIMEOUT_MS = 30_000  # a commit waits for the disk, and a busy disk may take its time


async def connect(database_url: str) -> AsyncEngine:
    """Open the database; ValueError says what to do if its tables are not those of this version."""
    engine = _engine(database_url)
    async with engine.connect() as connection:
        found = await connection.run_sync(_revision)
    if found != (expected := ScriptDirectory(str(MIGRATIONS)).get_current_head()):
        await engine.dispose()
        raise ValueError(
            f"database {engine.url.render_as_string()}: its tables are of revision {found}, not {expected}; "
            "run `gramoji database upgrade`"
        )
    return engine


async def migrate(database_url: str) -> None:
    """Bring the tables to this version, making the database if it is new; all changes are made or none."""
    engine = _engine(database_url)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(_upgrade)
    finally:
        await engine.dispose()


def inserts(connection: AsyncConnection) -> Callable[[Table], Any]:
    """The `insert` of the connection's dialect, which knows `on_conflict_do_nothing` and `…_do_update`."""
    return postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert


async def append(connection: AsyncConnection, log: Table, rows: list[dict[str, Any]]) -> None:
    """Append to a log that is followed by `sequence`.

    PostgreSQL hands out sequence numbers before the commit, so a follower could pass over a number whose
    writer was slower. The lock makes the order of numbers the order of commits. SQLite's first write is its lock.
    """
    if connection.dialect.name == "postgresql":
        await lock(connection, log)
    await connection.execute(insert(log), rows)


async def lock(connection: AsyncConnection, log: Table) -> None:
    """Keep other writers of a log waiting until this transaction ends; SQLite has one lock for all tables."""
    if connection.dialect.name == "postgresql":
        await connection.execute(text("SELECT pg_advisory_xact_lock(hashtext(:name))"), {"name": log.name})
    else:
        await connection.execute(
            delete(log).where(false())
        )  # SQLite locks at the first write, even of nothing


async def after(engine: AsyncEngine, log: Table, sequence: int, limit: int) -> list[Any]:
    """Rows that were appended to a log after a sequence number, oldest first."""
    query = select(log).where(log.c.sequence > sequence).order_by(log.c.sequence).limit(limit)
    async with engine.connect() as connection:
        return list(await connection.execute(query))


async def last_sequence(connection: AsyncConnection, log: Table) -> int:
    """The sequence number of the row that was appended last; 0 if there is none."""
    return int(await connection.scalar(select(func.max(log.c.sequence))) or 0)


def _engine(database_url: str) -> AsyncEngine:
    url, hidden = make_url(database_url), {"hide_parameters": True}  # they are what people type
    if url.get_backend_name() != "sqlite":
        return create_async_engine(url, **hidden)
    if url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_async_engine(url, connect_args={"factory": _Connection}, **hidden)
    event.listen(engine.sync_engine, "connect", _durable_and_concurrent)
    return engine


class _Connection(sqlite3.Connection):
    """One whose transaction ends with it.

    Closed as it is, while anything still refers to a cursor whose writing is not finished, a connection goes on holding
    the lock: a call that was cancelled while it wrote kept all others from writing, for as long as its traceback lived.
    """

    def close(self) -> None:
        """Roll back and close; may be called again."""
        try:
            with suppress(sqlite3.Error):  # it may be closed already
                self.rollback()
        finally:
            super().close()


def _durable_and_concurrent(connection: Any, _record: object) -> None:
    """SQLite: readers beside a writer, and a commit is on disk when it returns."""
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", f"busy_timeout={BUSY_TIMEOUT_MS}"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _upgrade(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
