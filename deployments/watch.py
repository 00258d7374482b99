"""Takes back what people surely select from less often than from what it replaces."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict

from ray.util.metrics import Gauge

from deployments.watch_limits import WatchLimits
from ranking.outcomes import Outcomes, differences
from ranking.trial import Difference
from store.journal import Decision, Journal
from store.registry import Registry
from store.serving import Serving

logger = logging.getLogger("ray.serve.gramoji.watch")
SELDOMER = 0.01  # of a trial's age between two looks, for each counts all that was shown in it

Count = Callable[[Serving, float], Awaitable[Outcomes]]  # what was taken during a trial, until a time


class Watch:
    """Compares a canary with the live version, or the live version with its control.

    Several replicas may watch: the first that is sure takes the version back, and the others find it done.
    """

    def __init__(self, model: str, registry: Registry, limits: WatchLimits, count: Count) -> None:
        self.model = model
        self.registry = registry
        self.limits = limits
        self.latest: Mapping[str, Difference] = {}
        self._count = count
        self._compared: str | None = None
        self._next_at = 0.0
        self._gauge = Gauge(
            "gramoji_trial_difference",
            "Selections a slate of the newer version less those of the older, at the same time on other people.",
            tag_keys=("model", "of", "end"),
        )

    @property
    def said(self) -> str:
        """How the version on trial does."""
        if not self.latest:
            return "too few people so far to compare"
        return "; ".join(f"{name}: {found}" for name, found in self.latest.items())

    async def look(self, serving: Serving) -> Mapping[str, Difference]:
        """The differences so far, looked at seldomer the longer a trial goes on; what is surely worse is taken back."""
        if serving.beside is None:
            self.latest = {}
            return self.latest
        if time.monotonic() < self._next_at and self._compared == serving.newest:
            return self.latest
        age_s = time.time() - serving.beside.since_s
        wait_s = max(self.limits.every_s, SELDOMER * age_s)
        self._compared, self._next_at = serving.newest, time.monotonic() + wait_s
        counted = await self._count(serving, time.time() - self.limits.settled_after_s)
        self.latest = differences(counted, self.limits.effect, self.limits.level)
        self._measure()
        worse = {name: each for name, each in self.latest.items() if each.upper < 0.0}
        if worse and self.limits.take_back and serving.newest is not None:
            await asyncio.to_thread(self._take_back, serving.newest, worse)
        return self.latest

    def _measure(self) -> None:
        for name, found in self.latest.items():
            for end in ("value", "lower", "upper"):
                self._gauge.set(getattr(found, end), {"model": self.model, "of": name, "end": end})

    def _take_back(self, version: str, worse: Mapping[str, Difference]) -> None:
        name, found = next(iter(worse.items()))
        reason = f"surely selected from less often: {name}: {found}"
        if not self.registry.take_back(version, reason):
            return
        evidence = asdict(found) | {"method": "watch", "of": name, "gain": found.value}
        Journal(self.registry).add(Decision("watch", "taken back", version, reason, evidence))
        logger.warning("%s taken back: %s", version, reason)
