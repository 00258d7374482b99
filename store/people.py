"""The store of people: profiles, history, and the log of changes that caches follow."""

import time
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from store.database import after, append, inserts, last_sequence
from store.impression import Shown
from store.media import read_vector
from store.person import Deed, History, PersonChange, Profile, Viewing
from store.tables import feedback, impressions, media_items, person_changes, users

MAX_DEEDS, MAX_VIEWINGS = 500, 500


class PeopleStore:
    """What is known of people, shared by every replica."""

    def __init__(self, engine: AsyncEngine, writer: str) -> None:
        self.engine = engine
        self.writer = writer

    async def profile(self, user_id: str) -> Profile | None:
        """What a person said of themselves; None if they never did."""
        async with self.engine.connect() as connection:
            found = await connection.execute(select(users).where(users.c.user_id == user_id))
            row = found.mappings().one_or_none()
        if row is None:
            return None
        values = {name: row[name] for name in row if name not in ("user_id", "updated_at")}
        return Profile(**values | {"interests": tuple(row["interests"])})

    async def put_profile(self, user_id: str, profile: Profile) -> None:
        """Set a profile, replacing the one that is there."""
        values = asdict(profile) | {"updated_at": time.time()}
        async with self.engine.begin() as connection:
            statement = inserts(connection)(users).values(user_id=user_id, **values)
            await connection.execute(
                statement.on_conflict_do_update(index_elements=["user_id"], set_=values)
            )
            await log_person_changes(connection, [user_id], self.writer)

    async def is_known(self, user_id: str) -> bool:
        """Whether anything is held on a person."""
        async with self.engine.connect() as connection:
            for table, column in (
                (users, users.c.user_id),
                (impressions, impressions.c.user_id),
                (media_items, media_items.c.owner_id),
            ):
                query = select(column).select_from(table).where(column == user_id).limit(1)
                if await connection.scalar(query) is not None:
                    return True
        return False

    async def history(self, user_id: str) -> History:
        """The latest deeds and viewings of a person."""
        async with self.engine.connect() as connection:
            deeds = (await connection.execute(_deeds(user_id))).all()
            viewings = (await connection.execute(_viewings(user_id))).all()
        return History(
            deeds=[_deed(row) for row in reversed(deeds)],
            viewings=[
                Viewing(tuple(Shown(*shown) for shown in row.shown), row.composition_id, row.at)
                for row in reversed(viewings)
            ],
        )

    async def last_change(self) -> int:
        """The sequence number of the latest change; 0 if there was none."""
        async with self.engine.connect() as connection:
            return await last_sequence(connection, person_changes)

    async def changes_after(self, sequence: int, limit: int = 1000) -> list[PersonChange]:
        """Who changed after a sequence number, oldest first."""
        rows = await after(self.engine, person_changes, sequence, limit)
        return [PersonChange(row.sequence, row.user_id, row.writer) for row in rows]


async def log_person_changes(connection: AsyncConnection, user_ids: Iterable[str], writer: str) -> None:
    """Tell the followers whose data this transaction changes; each person once."""
    changes = [{"user_id": user_id, "writer": writer} for user_id in sorted(set(user_ids))]
    await append(connection, person_changes, changes)


def _deeds(user_id: str) -> Any:
    columns = feedback.c
    joined = feedback.outerjoin(media_items, media_items.c.item_id == columns.item_id)
    return (
        select(columns.item_id, columns.action, columns.media_type, columns.source, columns.at)
        .add_columns(media_items.c.embedding, media_items.c.prompt)
        .select_from(joined)
        .where(columns.user_id == user_id)
        .order_by(columns.at.desc(), columns.event_id)
        .limit(MAX_DEEDS)
    )


def _viewings(user_id: str) -> Any:
    columns = impressions.c
    return (
        select(columns.shown, columns.composition_id, columns.at)
        .where(columns.user_id == user_id)
        .order_by(columns.at.desc(), columns.suggestion_id, columns.slate.desc())
        .limit(MAX_VIEWINGS)
    )


def _deed(row: Any) -> Deed:
    embedding = None if row.embedding is None else read_vector(row.embedding)
    return Deed(row.item_id, row.action, row.media_type, row.source, embedding, row.at, row.prompt)
