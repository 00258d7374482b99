"""What everyone chooses, read from the store every half minute: what is popular now; every ten: what items are worth."""

import asyncio
import logging
import time
from itertools import count

from sqlalchemy.ext.asyncio import AsyncEngine

from ranking.lift import WINDOW, ItemLifts
from ranking.popularity import LEAST_PEOPLE, WINDOW_S, popularity
from store.popularity import count_choosers, latest_outcomes

logger = logging.getLogger("gramoji.suggest")
REFRESH_S = 30
LIFTS_EVERY = 20  # refreshes: they are of 20,000 slates


class Popular:
    """Popularity and lift by item; nothing is popular until the store was read.

    Both are counted anew from what the store holds, so what was erased is gone from them within ten minutes.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._by_item: dict[str, float] = {}
        self._lifts = ItemLifts()
        self.following = asyncio.create_task(self._follow())

    def of(self, item_id: str) -> float:
        """In [0, 1)."""
        return self._by_item.get(item_id, 0.0)

    def lift_of(self, item_id: str) -> float:
        """In (-1, 1)."""
        return self._lifts.of(item_id)

    async def refresh(self) -> None:
        """Read now who chose what."""
        counts = await count_choosers(self._engine, time.time() - WINDOW_S, LEAST_PEOPLE)
        self._by_item = {item_id: popularity(count) for item_id, count in counts.items()}

    async def refresh_lifts(self) -> None:
        """Read now what was shown and chosen of it."""
        lifts = ItemLifts()
        async for outcome in latest_outcomes(self._engine, WINDOW):
            lifts.add(outcome.user_id, outcome.shown, outcome.selected)
        self._lifts = lifts

    async def _follow(self) -> None:
        for round_ in count():
            try:
                await self.refresh()
                if round_ % LIFTS_EVERY == 0:
                    await self.refresh_lifts()
            except Exception:
                logger.exception("popularity could not be read; trying again")
            await asyncio.sleep(REFRESH_S)
