"""What the generators cost and spare, for Prometheus."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ray.util.metrics import Counter, Histogram

from catalog.items import MediaType


class SamplingMetrics:
    """Counters of one generator; every series is labelled with its media type."""

    def __init__(self, media_type: MediaType) -> None:
        tags = {"media_type": media_type}

        def counter(name: str, description: str) -> Counter:
            made = Counter(name, description, tag_keys=("media_type",))
            made.set_default_tags(tags)
            return made

        self.steps_run = counter("gramoji_sampling_steps", "Evaluations of the model run.")
        self.steps_saved = counter(
            "gramoji_sampling_steps_saved", "Evaluations of the model not run: nobody waited."
        )
        self.items = counter("gramoji_generated_items", "Media made and kept.")
        self.blocked = counter(
            "gramoji_generated_items_blocked", "Media made and not kept: not safe enough."
        )
        self.seconds = Histogram(
            "gramoji_sampling_seconds",
            "Duration of a batch.",
            boundaries=[0.1, 0.2, 0.5, 1, 2, 5, 10],
            tag_keys=("media_type",),
        )
        self.seconds.set_default_tags(tags)

    @contextmanager
    def sampling(self) -> Iterator[Callable[[int, int], None]]:
        """Time a batch; the block tells the evaluations that were run and were planned."""
        started = time.perf_counter()

        def count(num_evaluations: int, num_planned: int) -> None:
            _add(self.steps_run, num_evaluations)
            _add(self.steps_saved, num_planned - num_evaluations)

        yield count
        self.seconds.observe(time.perf_counter() - started)

    def made(self, kept: int, blocked: int) -> None:
        """Count the media of one order."""
        _add(self.items, kept)
        _add(self.blocked, blocked)


def _add(counter: Counter, amount: int) -> None:
    if amount:  # Ray's counters refuse zero
        counter.inc(amount)
