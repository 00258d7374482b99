"""The log of what people did with what they were shown."""

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from store.database import inserts, lock
from store.impression import Action, Shown
from store.impressions import read_shown
from store.people import log_person_changes
from store.tables import feedback, impressions, person_changes
from store.tenants import tenant_of

Outcome = Literal[
    "recorded", "repeated", "unknown suggestion", "unknown item", "before it was shown", "in the future"
]
CLOCK_SKEW_S = 300.0


@dataclass(frozen=True, slots=True)
class Feedback:
    """One deed; `event_id` makes it count once, however often it is sent. `at_s` in seconds since 1970.

    A suggestion to somebody of another tenant than `tenant` is not known.
    """

    event_id: str
    suggestion_id: str
    item_id: str
    action: Action
    at_s: float
    tenant: str | None = None

    @property
    def about(self) -> "_About":
        """Which suggestion, of which tenant."""
        return self.tenant, self.suggestion_id


_About = tuple[str | None, str]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where an item stood in a slate of a suggestion."""

    user_id: str
    slate: int
    position: int
    shown: Shown
    at_s: float


class FeedbackLog:
    """Feedback, joined to the impression that it is about as it comes in."""

    def __init__(self, engine: AsyncEngine, writer: str) -> None:
        self.engine = engine
        self.writer = writer

    async def record(self, events: Sequence[Feedback]) -> list[Outcome]:
        """Record events in one commit; when this returns they are on disk. The outcomes are in their order."""
        async with self.engine.begin() as connection:
            await lock(
                connection, person_changes
            )  # else a person might be erased between the look and the write
            places = await _places(connection, {event.suggestion_id for event in events})
            outcomes = [_judge(event, places) for event in events]
            rows = {
                event.event_id: _to_row(event, places[event.about][event.item_id])
                for event, outcome in zip(events, outcomes, strict=True)
                if outcome == "recorded"
            }
            fresh = await self._insert(connection, list(rows.values()))
        return [
            self._settle(event, outcome, fresh) for event, outcome in zip(events, outcomes, strict=True)
        ]

    @staticmethod
    def _settle(event: Feedback, outcome: Outcome, fresh: set[str]) -> Outcome:
        if outcome != "recorded":
            return outcome
        if event.event_id not in fresh:
            return "repeated"
        fresh.remove(event.event_id)  # the same id twice in one call counts once, too
        return "recorded"

    async def _insert(self, connection: AsyncConnection, rows: list[dict[str, Any]]) -> set[str]:
        """Insert what is new and return its event ids."""
        if not rows:
            return set()
        statement = inserts(connection)(feedback).on_conflict_do_nothing().returning(feedback.c.event_id)
        fresh = {row.event_id for row in await connection.execute(statement, rows)}
        if fresh:
            user_ids = (row["user_id"] for row in rows if row["event_id"] in fresh)
            await log_person_changes(connection, user_ids, self.writer)
        return fresh


async def _places(connection: AsyncConnection, suggestion_ids: set[str]) -> dict[_About, dict[str, _Place]]:
    """Each shown item of each suggestion, where it stood in the last slate that had it."""
    columns = impressions.c
    query = (
        select(columns.suggestion_id, columns.slate, columns.user_id, columns.at, columns.shown)
        .where(columns.suggestion_id.in_(suggestion_ids))
        .order_by(columns.slate)
    )
    places: dict[_About, dict[str, _Place]] = {}
    for row in await connection.execute(query):
        of_suggestion = places.setdefault((tenant_of(row.user_id), row.suggestion_id), {})
        for position, shown in enumerate(read_shown(row.shown)):
            first_at = of_suggestion[shown.item_id].at_s if shown.item_id in of_suggestion else row.at
            of_suggestion[shown.item_id] = _Place(row.user_id, row.slate, position, shown, first_at)
    return places


def _judge(event: Feedback, places: dict[_About, dict[str, _Place]]) -> Outcome:
    if event.at_s > time.time() + CLOCK_SKEW_S:
        return "in the future"
    if event.about not in places:
        return "unknown suggestion"
    place = places[event.about].get(event.item_id)
    if place is None:
        return "unknown item"
    return "recorded" if event.at_s >= place.at_s - CLOCK_SKEW_S else "before it was shown"


def _to_row(event: Feedback, place: _Place) -> dict[str, Any]:
    row = asdict(event)
    row["at"] = row.pop("at_s")
    return row | {
        "slate": place.slate,
        "user_id": place.user_id,
        "position": place.position,
        "media_type": place.shown.media_type,
        "source": place.shown.source,
        "received_at": time.time(),
    }
