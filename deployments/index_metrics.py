"""How the index keeps up with lookups and with the store, for Prometheus."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from ray.util.metrics import Gauge, Histogram

BATCHES = [1, 2, 4, 8, 16, 32, 64]
BATCH_SECONDS = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1]


class IndexMetrics:
    """Series of one replica that answers lookups."""

    def __init__(self) -> None:
        self._batch = Histogram(
            "gramoji_index_batch_size", "Lookups encoded and searched together.", boundaries=BATCHES
        )
        self._seconds = Histogram(
            "gramoji_index_batch_seconds", "Time to encode and search a batch.", boundaries=BATCH_SECONDS
        )

    @contextmanager
    def searching(self, count: int) -> Iterator[None]:
        """Time a batch."""
        started = time.perf_counter()
        yield
        self._batch.observe(count)
        self._seconds.observe(time.perf_counter() - started)


class ShardMetrics:
    """Series of one replica that holds items."""

    def __init__(self) -> None:
        self._items = Gauge("gramoji_index_items", "Items that the replica holds.")
        self._lag = Gauge(
            "gramoji_index_lag_seconds", "Time since the replica last knew all that the store knew."
        )
        self._caught_up_at = time.monotonic()

    def followed(self, num_items: int, caught_up: bool) -> None:
        """Say how many items there are, and whether the store has no more to tell."""
        if caught_up:
            self._caught_up_at = time.monotonic()
        self._items.set(num_items)
        self._lag.set(time.monotonic() - self._caught_up_at)
