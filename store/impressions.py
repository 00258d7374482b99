"""The log of what was shown."""

from collections.abc import Sequence
from dataclasses import astuple, fields
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from store.database import inserts
from store.impression import Impression, Shown
from store.people import log_person_changes
from store.tables import impressions
from store.tombstones import erased_at_s


class ImpressionLog:
    """Impressions, written once and never changed."""

    def __init__(self, engine: AsyncEngine, writer: str) -> None:
        self.engine = engine
        self.writer = writer

    async def add(self, batch: Sequence[Impression]) -> None:
        """Add impressions in one commit; those that are there already are left as they are.

        What was asked for before its person was erased is not kept.
        """
        if not batch:
            return
        async with self.engine.begin() as connection:
            user_ids = {impression.user_id for impression in batch}
            await log_person_changes(connection, user_ids, self.writer)
            erased = await erased_at_s(connection, user_ids)
            rows = [_to_row(each) for each in batch if each.asked_at_s > erased.get(each.user_id, 0.0)]
            if rows:
                await connection.execute(inserts(connection)(impressions).on_conflict_do_nothing(), rows)


def read_shown(rows: Sequence[Sequence[Any]]) -> list[Shown]:
    """The items of a stored slate, in their order."""
    return [Shown(*row) for row in rows]


def _to_row(impression: Impression) -> dict[str, Any]:
    row = {field.name: getattr(impression, field.name) for field in fields(impression)}
    row["at"] = row.pop("at_s")
    row["shown"] = [astuple(shown) for shown in impression.shown]
    row["candidates"] = [dict(candidate) for candidate in impression.candidates]
    return row
