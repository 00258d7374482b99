"""What was shown goes to the store a moment after it went to the person."""

import asyncio
import logging
from collections import deque
from itertools import islice

from opentelemetry.context import Context
from ray.util.metrics import Counter

from deployments.tracing import call_context, now_ns, took
from store.impression import Impression
from store.impressions import ImpressionLog

logger = logging.getLogger("ray.serve.gramoji.suggest")
BATCH = 256
RETRY_AFTER_S = 1.0


class ImpressionWriter:
    """A bounded buffer and the task that empties it; when it is full, because the store is away, new ones are lost."""

    def __init__(self, log: ImpressionLog, capacity: int) -> None:
        self.log = log
        self.capacity = capacity
        self.waiting: deque[tuple[Impression, int, Context | None]] = deque()
        self.arrived = asyncio.Event()
        self.lost = Counter(
            "gramoji_impressions_lost", "Impressions not logged: the store was away too long."
        )
        self.writing = asyncio.create_task(self._write())

    def add(self, impression: Impression) -> None:
        """Take an impression; costs the caller no time of the store."""
        if len(self.waiting) >= self.capacity:
            self.lost.inc()
            return
        self.waiting.append((impression, now_ns(), call_context()))
        self.arrived.set()

    async def _write(self) -> None:
        while True:
            await self.arrived.wait()
            self.arrived.clear()
            while self.waiting:
                batch = list(islice(self.waiting, BATCH))
                try:
                    await self.log.add([impression for impression, _, _ in batch])
                except Exception:
                    logger.exception("impressions could not be written; trying again")
                    await asyncio.sleep(RETRY_AFTER_S)
                    continue
                for impression, since_ns, call in batch:
                    self.waiting.popleft()
                    told = {"slate": impression.slate, "items": len(impression.shown)}
                    took("log impression", since_ns, now_ns(), call, batch_size=len(batch), **told)
