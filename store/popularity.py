"""How many people chose each item lately."""

from sqlalchemy import distinct, func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from store.tables import feedback


async def count_choosers(engine: AsyncEngine, since_s: float, least: int) -> dict[str, int]:
    """People who selected or shared each item since then; items that fewer than `least` chose are left out."""
    people = func.count(distinct(feedback.c.user_id)).label("people")
    query = (
        select(feedback.c.item_id, people)
        .where(feedback.c.at >= since_s, feedback.c.action.in_(("select", "share")))
        .group_by(feedback.c.item_id)
        .having(people >= least)
    )
    async with engine.connect() as connection:
        return {row.item_id: int(row.people) for row in await connection.execute(query)}
