"""What is popular now, read from the store every half minute."""

import asyncio
import logging
import time

from sqlalchemy.ext.asyncio import AsyncEngine

from ranking.popularity import LEAST_PEOPLE, WINDOW_S, popularity
from store.popularity import count_choosers

logger = logging.getLogger("gramoji.suggest")
REFRESH_S = 30


class Popular:
    """Popularity by item; nothing is popular until the store was read."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._by_item: dict[str, float] = {}
        self.following = asyncio.create_task(self._follow())

    def of(self, item_id: str) -> float:
        """In [0, 1)."""
        return self._by_item.get(item_id, 0.0)

    async def refresh(self) -> None:
        """Read the store now."""
        counts = await count_choosers(self._engine, time.time() - WINDOW_S, LEAST_PEOPLE)
        self._by_item = {item_id: popularity(count) for item_id, count in counts.items()}

    async def _follow(self) -> None:
        while True:
            try:
                await self.refresh()
            except Exception:
                logger.exception("popularity could not be read; trying again")
            await asyncio.sleep(REFRESH_S)
