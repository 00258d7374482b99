"""What everyone was shown and chose lately."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

from sqlalchemy import distinct, func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from store.impression import Shown
from store.impressions import read_shown
from store.tables import feedback, impressions

GOOD = ("select", "share")
PAGE = 100  # slates read at once: decoding their JSON holds the event loop for some milliseconds


@dataclass(frozen=True, slots=True)
class Outcome:
    """The last slate of a suggestion, and what was selected or shared of it."""

    user_id: str
    shown: tuple[Shown, ...]
    selected: frozenset[str]


async def count_choosers(
    engine: AsyncEngine, since_s: float, least: int
) -> Mapping[str | None, Mapping[str, int]]:
    """By tenant, the people who selected or shared each item since then; what fewer than `least` chose is left out."""
    people = func.count(distinct(feedback.c.user_id)).label("people")
    query = (
        select(feedback.c.tenant, feedback.c.item_id, people)
        .where(feedback.c.at >= since_s, feedback.c.action.in_(GOOD))
        .group_by(feedback.c.tenant, feedback.c.item_id)
        .having(people >= least)
    )
    async with engine.connect() as connection:
        counts: dict[str | None, dict[str, int]] = {}
        for row in await connection.execute(query):
            counts.setdefault(row.tenant, {})[row.item_id] = int(row.people)
    return counts


async def latest_outcomes(engine: AsyncEngine, most: int) -> AsyncIterator[Outcome]:
    """The outcomes of the latest suggestions, newest first; their ids are ULIDs, which sort by time."""
    columns, before = impressions.c, "~"  # which sorts after every ULID
    query = select(columns.suggestion_id, columns.user_id, columns.shown)
    query = query.order_by(columns.suggestion_id.desc(), columns.slate.desc()).limit(PAGE)
    while most > 0:
        async with engine.connect() as connection:
            rows = (await connection.execute(query.where(columns.suggestion_id < before))).all()
            if not rows:
                return
            before, latest = rows[-1].suggestion_id, rows[0].suggestion_id
            deeds = select(feedback.c.suggestion_id, feedback.c.item_id).where(
                feedback.c.suggestion_id.between(before, latest), feedback.c.action.in_(GOOD)
            )
            selected: dict[str, set[str]] = {}
            for deed in await connection.execute(deeds):
                selected.setdefault(deed.suggestion_id, set()).add(deed.item_id)
        last = {row.suggestion_id: row for row in reversed(rows)}  # of each suggestion its last slate
        for suggestion_id in sorted(last, reverse=True)[:most]:
            row = last[suggestion_id]
            chosen = frozenset(selected.get(suggestion_id, ()))
            yield Outcome(row.user_id, tuple(read_shown(row.shown)), chosen)
        most -= len(last)
