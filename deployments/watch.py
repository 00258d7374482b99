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
from store.selections import Counts, count_all_selections, count_selections

logger = logging.getLogger("ray.serve.gramoji.watch")
DAY_S, HISTORY_DAYS = 86_400.0, 28.0
SELDOMER = 0.01  # of a trial's age between two looks, for each counts all that was shown in it


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
        self._past: tuple[float, Counts] | None = None
        self._gauge = Gauge(
            "gramoji_trial_difference",
            "Selections a slate of the newer policy less those of the older, at the same time on other people.",
            tag_keys=("end",),
        )

    async def look(self, policies: Policies) -> Difference | None:
        """The difference so far, looked at seldomer the longer a trial goes on; what is surely worse is taken back."""
        beside, serving = policies.beside, policies.serving
        if beside is None or serving.beside is None:
            self.latest = None
            return None
        if time.monotonic() < self._next_at and self._compared == serving.newest:
            return self.latest
        age_s = time.time() - serving.beside.since_s
        wait_s = max(self.limits.every_s, SELDOMER * age_s)
        self._compared, self._next_at = serving.newest, time.monotonic() + wait_s
        new, old = policies.live.version, beside.version
        if serving.beside.role == "canary":
            new, old = old, new
        until_s = time.time() - self.limits.settled_after_s
        counted = await count_selections(self.engine, [new, old], serving.beside.since_s, until_s)
        before = await self._before(serving.beside.since_s)
        groups = Group.of(counted[new], before), Group.of(counted[old], before)
        found = self.latest = compare(*groups, self.limits.effect, self.limits.level)
        if found is not None:
            self._measure(found)
            if found.upper < 0.0 and self.limits.take_back and serving.newest is not None:
                await asyncio.to_thread(self._take_back, serving.newest, found)
        return found

    async def _before(self, since_s: float) -> Counts:
        """What people did in the weeks before the trial; it is read once, for it does not change."""
        if self._past is None or self._past[0] != since_s:
            history_s = HISTORY_DAYS * DAY_S
            self._past = since_s, await count_all_selections(self.engine, since_s - history_s, since_s)
        return self._past[1]

    def _measure(self, found: Difference) -> None:
        for end in ("value", "lower", "upper"):
            self._gauge.set(getattr(found, end), {"end": end})

    def _take_back(self, version: str, found: Difference) -> None:
        reason = f"surely selected from less often: {found}"
        if not self.registry.take_back(version, reason):
            return
        evidence = asdict(found) | {"method": "watch", "gain": found.value}
        Journal(self.registry).add(Decision("watch", "taken back", version, reason, evidence))
        logger.warning("%s taken back: %s", version, reason)
