"""What everyone chooses, read from the store every half minute: what is popular now; every ten: what items are worth."""

import asyncio
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count

from sqlalchemy.ext.asyncio import AsyncEngine

from ranking.lift import WINDOW, ItemLifts
from ranking.popularity import LEAST_PEOPLE, WINDOW_S, popularity
from store.popularity import count_choosers, latest_outcomes
from store.tenants import tenant_of

logger = logging.getLogger("ray.serve.gramoji.suggest")
REFRESH_S = 30
LIFTS_EVERY = 20  # refreshes: they are of 20,000 slates


@dataclass(frozen=True, slots=True, eq=False)
class Choices:
    """What the people of one tenant choose."""

    popularities: Mapping[str, float] = field(default_factory=dict)
    lifts: ItemLifts = field(default_factory=ItemLifts)

    def popularity_of(self, item_id: str) -> float:
        """In [0, 1)."""
        return self.popularities.get(item_id, 0.0)

    def lift_of(self, item_id: str) -> float:
        """In (-1, 1)."""
        return self.lifts.of(item_id)


class Popular:
    """Popularity and lift by tenant and item; nothing is popular until the store was read.

    Both are counted anew from what the store holds, so what was erased is gone from them within ten minutes.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._popularities: dict[str | None, dict[str, float]] = {}
        self._lifts: dict[str | None, ItemLifts] = {}
        self.following = asyncio.create_task(self._follow())

    def among(self, user_id: str) -> Choices:
        """What is chosen in a person's tenant."""
        tenant = tenant_of(user_id)
        return Choices(self._popularities.get(tenant, {}), self._lifts.get(tenant, ItemLifts()))

    async def refresh(self) -> None:
        """Read now who chose what."""
        counts = await count_choosers(self._engine, time.time() - WINDOW_S, LEAST_PEOPLE)
        self._popularities = {
            tenant: {item_id: popularity(count) for item_id, count in of_tenant.items()}
            for tenant, of_tenant in counts.items()
        }

    async def refresh_lifts(self) -> None:
        """Read now what was shown and chosen of it."""
        lifts: dict[str | None, ItemLifts] = {}
        async for outcome in latest_outcomes(self._engine, WINDOW):
            of_tenant = lifts.setdefault(tenant_of(outcome.user_id), ItemLifts())
            of_tenant.add(outcome.user_id, outcome.shown, outcome.selected)
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
