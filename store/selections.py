"""How often people took something of what they were shown, by ranking policy."""

from collections.abc import Mapping, Sequence

from sqlalchemy import ColumnElement, Select, distinct, func, select, true
from sqlalchemy.ext.asyncio import AsyncEngine

from store.tables import feedback, impressions, media_items

GOOD = ("select", "share")


Counts = Mapping[str, tuple[int, int]]  # of each person, suggestions and items that they took of those


async def count_selections(
    engine: AsyncEngine, versions: Sequence[str], since_s: float, until_s: float
) -> Mapping[str, Counts]:
    """For each policy version and person, how many suggestions they got from it and how many items they took of those."""
    counted: dict[str, dict[str, tuple[int, int]]] = {version: {} for version in versions}
    of_versions = impressions.c.policy_version.in_(versions)
    for version, user_id, *numbers in await _count(engine, of_versions, since_s, until_s, true()):
        counted[version][user_id] = numbers[0], numbers[1]
    return counted


async def count_all_selections(
    engine: AsyncEngine, since_s: float, until_s: float, painted_since_s: float | None = None
) -> Counts:
    """The same of each person, whatever policy it was; with `painted_since_s`, of the items only those painted since."""
    counted: dict[str, tuple[int, int]] = {}
    items = true() if painted_since_s is None else feedback.c.item_id.in_(_painted(painted_since_s))
    for _, user_id, slates, selections in await _count(engine, true(), since_s, until_s, items):
        known = counted.get(user_id, (0, 0))
        counted[user_id] = known[0] + slates, known[1] + selections
    return counted


def _painted(since_s: float) -> Select[tuple[str]]:
    """Generated stickers, images and clips."""
    made = media_items.c
    return select(made.item_id).where(
        made.origin == "generated", made.media_type != "audio", made.created_at >= since_s
    )


async def _count(
    engine: AsyncEngine,
    wanted: ColumnElement[bool],
    since_s: float,
    until_s: float,
    items: ColumnElement[bool],
) -> list[tuple[str, str, int, int]]:
    shown = impressions.c
    within = wanted & (shown.at >= since_s) & (shown.at < until_s)
    slates = (
        select(shown.policy_version, shown.user_id, func.count(distinct(shown.suggestion_id)).label("num"))
        .where(within)
        .group_by(shown.policy_version, shown.user_id)
    )
    joined = (feedback.c.suggestion_id == shown.suggestion_id) & (feedback.c.slate == shown.slate)
    took = (
        select(shown.policy_version, shown.user_id, feedback.c.suggestion_id, feedback.c.item_id)
        .select_from(feedback.join(impressions, joined))
        .where(within, items, feedback.c.action.in_(GOOD))
        .distinct()
        .subquery()
    )
    selections = select(took.c.policy_version, took.c.user_id, func.count().label("num"))
    selections = selections.group_by(took.c.policy_version, took.c.user_id)
    async with engine.connect() as connection:
        taken = {
            (row.policy_version, row.user_id): int(row.num) for row in await connection.execute(selections)
        }
        return [
            (row.policy_version, row.user_id, int(row.num), taken.get((row.policy_version, row.user_id), 0))
            for row in await connection.execute(slates)
        ]
