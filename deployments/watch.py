"""Takes back what people surely select from less often than from what it replaces."""

import asyncio
import logging
import time
from dataclasses import asdict

from ray.util.metrics import Gauge
from sqlalchemy.ext.asyncio import AsyncEngine

from deployments.policies import Policies
from deployments.watch_limits import WatchLimits
from ranking.trial import Difference, Group, compare
from store.journal import Decision, Journal
from store.registry import Registry
from store.selections import count_selections

logger = logging.getLogger("gramoji.watch")


class Watch:
    """Compares a canary with the live version, or the live version with its control.

    Several replicas may watch: the first that is sure takes the version back, and the others find it done.
    """

    def __init__(self, engine: AsyncEngine, registry_url: str, limits: WatchLimits) -> None:
        self.engine = engine
        self.registry = Registry(registry_url)
        self.limits = limits
        self.latest: Difference | None = None
        self._compared: str | None = None
        self._next_at = 0.0
        self._gauge = Gauge(
            "gramoji_trial_difference",
            "Selections a slate of the newer policy less those of the older, at the same time on other people.",
            tag_keys=("end",),
        )

    async def look(self, policies: Policies) -> Difference | None:
        """The difference so far, at most every `every_s` anew; what is surely worse is taken back."""
        beside, serving = policies.beside, policies.serving
        if beside is None or serving.beside is None:
            self.latest = None
            return None
        if time.monotonic() < self._next_at and self._compared == serving.newest:
            return self.latest
        self._compared, self._next_at = serving.newest, time.monotonic() + self.limits.every_s
        new, old = policies.live.version, beside.version
        if serving.beside.role == "canary":
            new, old = old, new
        until_s = time.time() - self.limits.settled_after_s
        counted = await count_selections(self.engine, [new, old], serving.beside.since_s, until_s)
        groups = Group.of(counted[new]), Group.of(counted[old])
        found = self.latest = compare(*groups, self.limits.effect, self.limits.level)
        if found is not None:
            self._measure(found)
            if found.upper < 0.0 and self.limits.take_back and serving.newest is not None:
                await asyncio.to_thread(self._take_back, serving.newest, found)
        return found

    def _measure(self, found: Difference) -> None:
        for end in ("value", "lower", "upper"):
            self._gauge.set(getattr(found, end), {"end": end})

    def _take_back(self, version: str, found: Difference) -> None:
        if self.registry.serving().newest != version:
            return
        reason = f"surely selected from less often: {found}"
        self.registry.rollback(reason, of=version)
        evidence = asdict(found) | {"method": "watch", "gain": found.value}
        Journal(self.registry).add(Decision("watch", "taken back", version, reason, evidence))
        logger.warning("%s taken back: %s", version, reason)
