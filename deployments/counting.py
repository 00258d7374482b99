"""Asking whether a key may still call; where nobody answers, the call goes on and that is counted."""

import asyncio
import logging
from typing import Any

from ray.util.metrics import Counter

from deployments.quota import Usage
from store.keys import Key

logger = logging.getLogger("ray.serve.gramoji.api")
WITHIN_S = 0.5


class Counting:
    """The edge's view of the `Quota` deployment."""

    def __init__(self, quota: Any) -> None:
        self.quota = quota
        self.uncounted = Counter(
            "gramoji_calls_uncounted", "Calls of limited keys that went on without being counted."
        )
        self._warming: asyncio.Task[None] | None = None

    def warm_up(self) -> None:
        """Have the deployment started, which without limited keys has no replica."""
        if self._warming is None:
            self._warming = asyncio.create_task(self._warm_up())

    async def take(self, key: Key) -> Usage | None:
        """Count a call; None if it could not be counted, or need not be."""
        if not key.is_limited:
            return None
        try:
            usage: Usage = await asyncio.wait_for(self.quota.take.remote(key), WITHIN_S)
        except Exception as error:
            logger.warning("a call was not counted: %s", type(error).__name__)
            self.uncounted.inc()
            return None
        return usage

    async def _warm_up(self) -> None:
        try:
            await self.quota.check.remote()
        except Exception as error:
            logger.warning("nothing counts calls yet: %s", type(error).__name__)
            self._warming = None  # the next who needs it tries again
