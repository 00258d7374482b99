"""What stays of an erased person: the hash of their id, and when they were erased."""

import hashlib
from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from store.database import inserts
from store.tables import erasures


async def leave_tombstone(connection: AsyncConnection, user_id: str, erased_at_s: float) -> str:
    """Say that a person was erased; returns the SHA-256 of their id, by which alone they are still known."""
    user_sha256, values = hash_of(user_id), {"erased_at": erased_at_s}
    statement = inserts(connection)(erasures).values(user_sha256=user_sha256, **values)
    await connection.execute(statement.on_conflict_do_update(index_elements=["user_sha256"], set_=values))
    return user_sha256


async def erased_at_s(connection: AsyncConnection, user_ids: Iterable[str]) -> dict[str, float]:
    """When those of the people were last erased who ever were, in seconds since 1970.

    What was begun for them before must not be written after: whoever writes asks under the lock of the log that they
    append to, which an erasure holds from its first deletion on.
    """
    by_hash = {hash_of(user_id): user_id for user_id in user_ids}
    query = select(erasures).where(erasures.c.user_sha256.in_(by_hash))
    return {by_hash[row.user_sha256]: row.erased_at for row in await connection.execute(query)}


def hash_of(user_id: str) -> str:
    """The SHA-256 of an id, in hex."""
    return hashlib.sha256(user_id.encode()).hexdigest()
