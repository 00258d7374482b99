"""How often people took something of what they were shown, by ranking policy."""

from collections.abc import Mapping, Sequence

from sqlalchemy import distinct, func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from store.tables import feedback, impressions

GOOD = ("select", "share")


async def count_selections(
    engine: AsyncEngine, versions: Sequence[str], since_s: float, until_s: float
) -> Mapping[str, Mapping[str, tuple[int, int]]]:
    """For each policy version and person, how many suggestions they got from it and how many items they took of those."""
    shown = impressions.c
    within = shown.policy_version.in_(versions) & (shown.at >= since_s) & (shown.at < until_s)
    slates = (
        select(shown.policy_version, shown.user_id, func.count(distinct(shown.suggestion_id)).label("num"))
        .where(within)
        .group_by(shown.policy_version, shown.user_id)
    )
    joined = (feedback.c.suggestion_id == shown.suggestion_id) & (feedback.c.slate == shown.slate)
    took = (
        select(shown.policy_version, shown.user_id, feedback.c.suggestion_id, feedback.c.item_id)
        .select_from(feedback.join(impressions, joined))
        .where(within, feedback.c.action.in_(GOOD))
        .distinct()
        .subquery()
    )
    selections = select(took.c.policy_version, took.c.user_id, func.count().label("num"))
    selections = selections.group_by(took.c.policy_version, took.c.user_id)
    async with engine.connect() as connection:
        taken = {
            (row.policy_version, row.user_id): int(row.num) for row in await connection.execute(selections)
        }
        counted: dict[str, dict[str, tuple[int, int]]] = {version: {} for version in versions}
        for row in await connection.execute(slates):
            of_version = counted[row.policy_version]
            of_version[row.user_id] = int(row.num), taken.get((row.policy_version, row.user_id), 0)
    return counted
