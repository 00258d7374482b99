"""How often each key was used: counted in one place, so that limits hold over all replicas of the edge.

One replica counts in memory, by a sliding window counter (two numbers a key and limit, whatever the limit). Counting in SQL
would put a commit, on SQLite the only writer's, before every limited call. If this replica dies, what was counted is
forgotten, and calls go on uncounted until Serve has started another.
"""

import math
import time
from dataclasses import dataclass

from limits import RateLimitItem, RateLimitItemPerDay, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from store.keys import Key


@dataclass(frozen=True, slots=True)
class Window:
    """What is left of one limit of a key, and in how many seconds there is more."""

    name: str
    amount: int
    window_s: int
    remaining: int
    reset_s: int


@dataclass(frozen=True, slots=True)
class Usage:
    """Whether a call may go on, and what is left then."""

    allowed: bool
    windows: tuple[Window, ...]

    @property
    def retry_after_s(self) -> int:
        """When a refused call may be tried again."""
        return max((each.reset_s for each in self.windows if not each.remaining), default=1)


class Quota:
    """Counts the calls of limited keys. A refused call does not count."""

    def __init__(self) -> None:
        self.limiter = SlidingWindowCounterRateLimiter(MemoryStorage())

    async def take(self, key: Key) -> Usage:
        """Count one call, if all limits of its key allow it. Nothing is awaited, so calls count one by one."""
        limits = limits_of(key)
        allowed = all(self.limiter.test(item, key.key_id) for item in limits.values())
        if allowed:
            for item in limits.values():
                self.limiter.hit(item, key.key_id)
        windows = (self._window(name, item, key.key_id) for name, item in limits.items())
        return Usage(allowed, tuple(windows))

    async def check(self) -> str:
        """Answer when calls can be counted."""
        return "counting"

    def _window(self, name: str, item: RateLimitItem, key_id: str) -> Window:
        stats = self.limiter.get_window_stats(item, key_id)
        reset_s = max(1, math.ceil(stats.reset_time - time.time()))
        return Window(name, item.amount, item.get_expiry(), stats.remaining, reset_s)


def limits_of(key: Key) -> dict[str, RateLimitItem]:
    """The limits of a key, by name."""
    limits: dict[str, RateLimitItem] = {}
    if key.per_minute is not None:
        limits["minute"] = RateLimitItemPerMinute(key.per_minute)
    if key.per_day is not None:
        limits["day"] = RateLimitItemPerDay(key.per_day)
    return limits


def to_headers(usage: Usage) -> dict[str, str]:
    """`RateLimit-Policy` and `RateLimit`, as draft-ietf-httpapi-ratelimit-headers-10 has them."""
    policies = (f'"{each.name}";q={each.amount};w={each.window_s}' for each in usage.windows)
    left = (f'"{each.name}";r={each.remaining};t={each.reset_s}' for each in usage.windows)
    return {"RateLimit-Policy": ", ".join(policies), "RateLimit": ", ".join(left)}
