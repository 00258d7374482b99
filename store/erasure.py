"""Forgetting a person: everything that the store holds on them, at once."""

import time
from dataclasses import dataclass

from sqlalchemy import delete, select

from store.database import lock
from store.media import MediaStore, hashes_of, log_media_changes
from store.people import log_person_changes
from store.tables import feedback, impressions, media_changes, media_items, person_changes, users
from store.tombstones import leave_tombstone


@dataclass(frozen=True, slots=True)
class Erasure:
    """What was erased; the person is named only by the SHA-256 of their id."""

    user_sha256: str
    erased_at_s: float
    profiles: int
    impressions: int
    feedback: int
    media_items: int


async def erase(store: MediaStore, user_id: str, writer: str) -> Erasure:
    """Erase all that is held on a person in one transaction, then the bytes that nothing refers to any more.

    The row that stays behind says that they were erased, so that an import of older data can leave them out.
    A crash before the bytes are gone leaves orphans, which `MediaStore.sweep` removes.
    """
    async with store.engine.begin() as connection:
        # Whoever is writing for them is done before, or waits and then finds the tombstone.
        await lock(connection, person_changes)
        await lock(connection, media_changes)
        erased_at_s = time.time()
        mine = media_items.c.owner_id == user_id
        columns = (media_items.c.item_id, media_items.c.sha256, media_items.c.preview_sha256)
        media = (await connection.execute(select(*columns).where(mine))).all()
        counts = {
            table.name: (await connection.execute(delete(table).where(table.c.user_id == user_id))).rowcount
            for table in (users, impressions, feedback)
        }
        await connection.execute(delete(media_items).where(mine))
        if media:
            await log_media_changes(connection, [row.item_id for row in media], "removed")
        await log_person_changes(connection, [user_id], writer)
        erasure = Erasure(
            user_sha256=await leave_tombstone(connection, user_id, erased_at_s),
            erased_at_s=erased_at_s,
            profiles=counts["users"],
            impressions=counts["impressions"],
            feedback=counts["feedback"],
            media_items=len(media),
        )
    await store.remove_unused_bytes(hashes_of(media))
    return erasure
