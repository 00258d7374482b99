"""What the generators cost and spare, for Prometheus."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ray.util.metrics import Counter, Histogram

from catalog.items import MediaType


class SamplingMetrics:
    """Counters of one generator; every series is labelled with its media type."""

    def __init__(self, media_type: MediaType, num_gpus: float) -> None:
        self.num_gpus = num_gpus
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
        self.replaced = counter(
            "gramoji_generated_items_replaced", "Media made in place of what was blocked, and kept."
        )
        self.dropped = counter(
            "gramoji_orders_dropped", "Orders given up: their deadline passed before their sampling began."
        )
        self.cpu_seconds = counter("gramoji_sampling_cpu_seconds", "CPU time while sampling, all threads.")
        self.gpu_seconds = counter(
            "gramoji_sampling_gpu_seconds", "Time of sampling, times the share of GPUs reserved."
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
        started, cpu_started = time.perf_counter(), time.process_time()

        def count(num_evaluations: int, num_planned: int) -> None:
            _add(self.steps_run, num_evaluations)
            _add(self.steps_saved, num_planned - num_evaluations)

        yield count
        elapsed_s = time.perf_counter() - started
        self.seconds.observe(elapsed_s)
        _add(self.cpu_seconds, time.process_time() - cpu_started)
        _add(self.gpu_seconds, elapsed_s * self.num_gpus)

    def made(self, kept: int) -> None:
        """Count the media of one order."""
        _add(self.items, kept)

    def blocked_media(self, count: int) -> None:
        """Count what was not safe enough."""
        _add(self.blocked, count)

    def replaced_media(self, count: int) -> None:
        """Count what took the place of something blocked."""
        _add(self.replaced, count)

    def dropped_orders(self, count: int) -> None:
        """Count orders that came too late."""
        _add(self.dropped, count)


def _add(counter: Counter, amount: float) -> None:
    if amount:  # Ray's counters refuse zero
        counter.inc(amount)
