"""A version in the shadow ranks some of the slates again, after they went out, and its agreement is counted."""

import asyncio
import logging
import random
import time

from ray.util.metrics import Counter

from deployments.gathering import Gathering
from deployments.policies import Policies
from ranking.policy import RankingPolicy
from ranking.rank import RankedSlate
from ranking.shadow import Agreement, compare_slate

logger = logging.getLogger("ray.serve.gramoji.shadow")


class Shadowing:
    """One slate at a time, in a thread: those that come meanwhile are left out, so that answers never wait."""

    def __init__(self) -> None:
        self._version: str | None = None
        self._task: asyncio.Task[None] | None = None
        self._clear()
        self._counters = {
            name: Counter(f"gramoji_shadow_{name}", description)
            for name, description in (
                ("slates", "Slates that a version in the shadow ranked too."),
                ("same_top", "Those of which it likes the same candidate best."),
                ("tau_sum", "Sum of Kendall's rank correlations above -1, that is 1 + tau."),
                ("propensity_sum", "Sum of the mean probabilities, under it, of what was shown."),
                ("seconds", "Time that it took."),
                ("errors", "Slates that it could not rank."),
            )
        }

    def consider(self, gathering: Gathering, policies: Policies) -> None:
        """Rank the slate that went out again, if it is among those sampled."""
        shadow, said = policies.shadow, policies.serving.shadow
        shown_by = policies.of(gathering.request.user_id)
        if shadow is None or said is None or gathering.ranked is None or not gathering.ranked.items:
            return
        if self._version != shadow.version:
            self._version = shadow.version
            self._clear()
        is_swapped = shown_by.version != gathering.policy_version
        if (
            (self._task is not None and not self._task.done())
            or is_swapped
            or random.random() >= said.share
        ):
            return
        self._task = asyncio.create_task(self._rank(gathering.ranked, shown_by, shadow))

    @property
    def said(self) -> str:
        """How it does, in words."""
        if not self._slates:
            return f"no slates so far, {self._errors} errors"
        agreed = f"likes the same best in {self._same_top / self._slates:.0%}"
        return (
            f"{self._slates} slates: {agreed}, Kendall's tau {self._tau / self._slates:.2f}, "
            f"gives what was shown {self._propensity / self._slates:.2f}, "
            f"{1000 * self._seconds / self._slates:.1f} ms each, {self._errors} errors"
        )

    async def _rank(self, slate: RankedSlate, shown_by: RankingPolicy, shadow: RankingPolicy) -> None:
        started = time.perf_counter()
        try:
            found = await asyncio.to_thread(compare_slate, slate, shown_by, shadow)
        except Exception:
            logger.exception("%s could not rank a slate in the shadow", shadow.version)
            self._errors += 1
            self._counters["errors"].inc()
            return
        self._count(found, time.perf_counter() - started)

    def _count(self, found: Agreement, seconds: float) -> None:
        tau = found.tau if found.tau is not None else 0.0
        self._slates += 1
        self._same_top += found.same_top
        self._tau += tau
        self._propensity += found.propensity
        self._seconds += seconds
        counted = {
            "slates": 1.0,
            "same_top": float(found.same_top),
            "tau_sum": 1.0 + tau,
            "propensity_sum": found.propensity,
            "seconds": seconds,
        }
        for name, value in counted.items():
            if value:
                self._counters[name].inc(value)

    def _clear(self) -> None:
        self._slates, self._same_top, self._errors = 0, 0, 0
        self._tau = self._propensity = self._seconds = 0.0
