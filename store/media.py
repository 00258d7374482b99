"""The store of media: rows in SQL, bytes beside them, and the log of changes that the index follows."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import RowMapping, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from catalog.items import Term
from store.blobs import Blobs
from store.database import after, append, connect, inserts, last_sequence, lock
from store.media_item import MediaItem
from store.tables import imports, media_changes, media_items, text_vectors
from store.tombstones import erased_at_s

VECTOR_TYPE = np.float16
READ_AT_ONCE = 10_000  # rows
REMOVED_AT_ONCE = 100  # bytes, while nobody can add


class OwnerErasedError(ValueError):
    """Somebody was erased while something was made for them."""


@dataclass(frozen=True, slots=True)
class MediaChange:
    """An item that came or went, in the order in which it happened."""

    sequence: int
    item_id: str
    change: Literal["added", "removed"]


class MediaStore:
    """Media items, durable and shared by every replica. Open it with `await MediaStore.open(...)`."""

    def __init__(self, engine: AsyncEngine, blobs: Blobs) -> None:
        self.engine = engine
        self.blobs = blobs

    @classmethod
    async def open(cls, database_url: str, blob_url: str) -> Self:
        """Connect to a database that was migrated."""
        return cls(await connect(database_url), Blobs(blob_url))

    async def close(self) -> None:
        """Close every connection."""
        await self.engine.dispose()

    async def add(self, items: Sequence[MediaItem]) -> None:
        """Add items whose bytes are already in `blobs`; all of them or none.

        Raises OwnerErasedError if an owner was erased after an item's `created_at`, FileNotFoundError if bytes are
        gone: something else that had the same ones was just removed.
        """
        if not items:
            return
        async with self.engine.begin() as connection:
            await log_media_changes(connection, [item.item_id for item in items], "added")
            erased = await erased_at_s(connection, {item.owner_id for item in items if item.owner_id})
            if any(item.created_at <= erased.get(item.owner_id or "", 0.0) for item in items):
                raise OwnerErasedError("their owner was erased meanwhile")
            await self.blobs.require(hashes_of(items))
            await connection.execute(insert(media_items), [to_row(item) for item in items])

    async def remove(self, item_id: str) -> bool:
        """Remove an item, and its bytes unless others share them; False if there was none."""
        columns = (media_items.c.sha256, media_items.c.preview_sha256)
        mine = media_items.c.item_id == item_id
        async with self.engine.begin() as connection:
            gone = (await connection.execute(delete(media_items).where(mine).returning(*columns))).all()
            if gone:
                await log_media_changes(connection, [item_id], "removed")
        await self.remove_unused_bytes(hashes_of(gone))
        return bool(gone)

    async def owned_by(self, owner_id: str) -> list[MediaItem]:
        """The items that belong to one person, oldest first."""
        query = (
            select(media_items).where(media_items.c.owner_id == owner_id).order_by(media_items.c.item_id)
        )
        async with self.engine.connect() as connection:
            return [_from_row(row) for row in (await connection.execute(query)).mappings()]

    async def remove_unused_bytes(self, hashes: Iterable[str]) -> int:
        """Remove those of the bytes that no item refers to; returns how many. Meanwhile no item can be added."""
        hashes = set(hashes)
        if not hashes:
            return 0
        async with self.engine.begin() as connection:
            await lock(connection, media_changes)
            unused = hashes - await self._used_hashes(connection)
            for sha256 in sorted(unused):
                await self.blobs.remove(sha256)
        return len(unused)

    async def sweep(self, older_than_s: float = 3600.0) -> int:
        """Remove orphaned bytes; young ones stay, for their rows may be about to be written."""
        old = await self.blobs.all_hashes(older_than_s)
        async with self.engine.connect() as connection:
            orphans = sorted(old - await self._used_hashes(connection))
        parts = range(0, len(orphans), REMOVED_AT_ONCE)
        return sum([await self.remove_unused_bytes(orphans[i : i + REMOVED_AT_ONCE]) for i in parts])

    @staticmethod
    async def _used_hashes(connection: AsyncConnection) -> set[str]:
        query = select(media_items.c.sha256, media_items.c.preview_sha256)
        return hashes_of(await connection.execute(query))

    async def get(self, item_ids: Sequence[str]) -> dict[str, MediaItem]:
        """The items that exist among `item_ids`, by id."""
        query = select(media_items).where(media_items.c.item_id.in_(item_ids))
        async with self.engine.connect() as connection:
            rows = (await connection.execute(query)).mappings().all()
        return {row["item_id"]: _from_row(row) for row in rows}

    async def all_items(
        self, wanted: Callable[[str], bool] = lambda _: True
    ) -> tuple[list[MediaItem], int]:
        """Every item whose id is wanted, and the sequence number of the last change that they include."""
        async with self.engine.connect() as connection:
            sequence = await last_sequence(connection, media_changes)
            query = select(media_items).order_by(media_items.c.item_id)
            async with connection.stream(query) as rows:
                parts = rows.mappings().partitions(READ_AT_ONCE)
                items = [_from_row(row) async for part in parts for row in part if wanted(row["item_id"])]
        return items, sequence

    async def changes_after(self, sequence: int, limit: int = 1000) -> list[MediaChange]:
        """What came or went after a sequence number, oldest first."""
        rows = await after(self.engine, media_changes, sequence, limit)
        return [MediaChange(row.sequence, row.item_id, row.change) for row in rows]

    async def text_vectors(self) -> dict[str, NDArray[np.float32]]:
        """Every remembered embedding of a text, as unit vectors."""
        async with self.engine.connect() as connection:
            rows = await connection.execute(select(text_vectors))
        return {row.text: read_vector(row.vector) for row in rows}

    async def remember_text_vectors(self, vectors: Mapping[str, NDArray[np.float32]]) -> None:
        """Keep embeddings of texts, so that the next start does not compute them again."""
        if not vectors:
            return
        rows = [
            {"text": text, "vector": vector.astype(VECTOR_TYPE).tobytes()}
            for text, vector in vectors.items()
        ]
        async with self.engine.begin() as connection:
            await connection.execute(inserts(connection)(text_vectors).on_conflict_do_nothing(), rows)

    async def was_imported(self, checksum: str) -> bool:
        """Whether a catalogue with this checksum was imported whole."""
        async with self.engine.connect() as connection:
            found = await connection.scalar(
                select(imports.c.checksum).where(imports.c.checksum == checksum)
            )
        return found is not None

    async def mark_imported(self, checksum: str) -> None:
        """Say that a catalogue was imported whole."""
        async with self.engine.begin() as connection:
            await connection.execute(insert(imports).values(checksum=checksum, finished_at=time.time()))


def hashes_of(rows: Iterable[Any]) -> set[str]:
    """The SHA-256 of all bytes, originals and previews, that rows refer to."""
    return {sha256 for row in rows for sha256 in (row.sha256, row.preview_sha256) if sha256 is not None}


def read_vector(data: bytes) -> NDArray[np.float32]:
    """A stored vector."""
    return np.frombuffer(data, VECTOR_TYPE).astype(np.float32)


async def log_media_changes(
    connection: AsyncConnection, item_ids: Iterable[str], change: Literal["added", "removed"]
) -> None:
    """Tell the followers what came or went in this transaction."""
    await append(connection, media_changes, [{"item_id": i, "change": change} for i in item_ids])


def to_row(item: MediaItem) -> dict[str, Any]:
    """An item as its table has it."""
    row = {field.name: getattr(item, field.name) for field in fields(item)}
    row["terms"] = [[term.text, term.locale, term.source] for term in item.terms]
    row["embedding"] = None if item.embedding is None else item.embedding.astype(VECTOR_TYPE).tobytes()
    return row


def _from_row(row: RowMapping) -> MediaItem:
    values = dict(row)
    values["terms"] = tuple(Term(*term) for term in row["terms"])
    if row["embedding"] is not None:
        values["embedding"] = read_vector(row["embedding"])
    return MediaItem(**values)
