"""The orders that wait for a generator, and which of them are sampled next."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from deployments.order import Order, Sample
from deployments.tracing import call_context, now_ns, took

FORGET = 0.9  # of the longest batch, with each one after it


@dataclass(slots=True, eq=False)
class Waiting:
    """An order and the caller who waits for it. A caller who leaves cancels `samples`."""

    order: Order
    samples: asyncio.Future[list[Sample]]
    idle: bool = False  # sampled only while nobody in time waits
    since: float = field(default_factory=time.monotonic)
    asked_ns: int = field(default_factory=now_ns)
    begun_ns: int = 0  # 0 as long as it waits for its turn
    batch_size: int = 0

    @property
    def left(self) -> bool:
        """Whether nobody waits any more; may be asked from any thread."""
        return self.samples.done()

    def late(self, batch_s: float) -> bool:
        """Whether the person will be answered without it even if it is begun now; may be asked from any thread."""
        return self.order.deadline_at <= time.time() + batch_s

    def answer(self, samples: list[Sample]) -> None:
        """Give the caller what was made, if they are still there."""
        if not self.left:
            self.samples.set_result(samples)

    def trace(self) -> None:
        """Tell the caller's trace how long it waited, and was sampled, until now."""
        ended_ns, call = now_ns(), call_context()
        took("queue", self.asked_ns, self.begun_ns or ended_ns, call)
        if self.begun_ns:
            took("sample", self.begun_ns, ended_ns, call, batch_size=self.batch_size)


class OrderQueue:
    """People in time come first, as they arrived; then the late; then what is ahead of the typing.

    Late is who would be answered without it if it took as long as batches lately did. Of the late, no more than one batch
    is kept: their media would be found the next time, but under load they would only take the place of others.
    An order ahead of the typing is taken only when nothing else is there; one waits, others come to nothing.
    """

    def __init__(self, max_batch_size: int, batch_wait_s: float) -> None:
        self.max_batch_size = max_batch_size
        self.batch_wait_s = batch_wait_s
        self._num_dropped = 0
        self._batch_s = 0.0  # how long whole batches lately took
        self._begun = 0.0
        self.sampled: Sequence[Waiting] = ()
        self._people: list[Waiting] = []
        self._late: list[Waiting] = []
        self._ahead: list[Waiting] = []
        self._arrived = asyncio.Event()

    async def make(self, order: Order) -> list[Sample]:
        """Wait for the samples of an order; cancelling this takes the order back. None may come of it."""
        if order.ahead and self._ahead:
            return []
        waiting = Waiting(order, asyncio.get_running_loop().create_future(), order.ahead)
        (self._ahead if order.ahead else self._people).append(waiting)
        self._arrived.set()
        try:
            return await waiting.samples
        finally:
            waiting.trace()

    @property
    def person_waits(self) -> bool:
        """Whether somebody in time waits; may be asked from any thread."""
        return any(not waiting.left and not waiting.late(self._batch_s) for waiting in list(self._people))

    async def next_batch(self) -> Sequence[Waiting]:
        """The orders to sample now, at least one. Call `done` before the next call."""
        while True:
            self._sort_out()
            if self._people:
                company_s = self._people[0].since + self.batch_wait_s - time.monotonic()
                if company_s <= 0 or len(self._people) >= self.max_batch_size:
                    return self._take(self._people, self.max_batch_size)
                await asyncio.sleep(company_s)
            elif self._late:
                return self._take(self._late, self.max_batch_size)
            elif self._ahead:
                return self._take(self._ahead, 1)
            else:
                self._arrived.clear()
                await self._arrived.wait()

    def gives_way(self, batch: Sequence[Waiting]) -> bool:
        """Whether a batch should stop: all have left, or it is for idle time and somebody in time waits.

        May be asked from any thread.
        """
        here = [waiting for waiting in batch if not waiting.left]
        return not here or (all(waiting.idle for waiting in here) and self.person_waits)

    def done(self, samples: Sequence[list[Sample] | None]) -> None:
        """Answer the batch; None for an order of a batch that gave way: a late one waits again, one ahead is given up."""
        if None not in samples:
            self._batch_s = max(time.monotonic() - self._begun, FORGET * self._batch_s)
        for waiting, made in zip(self.sampled, samples, strict=True):
            if made is None and not waiting.order.ahead:
                self._late.append(waiting)
            else:
                waiting.answer(made or [])
        self.sampled = ()

    def fail(self, error: Exception) -> None:
        """Tell everyone in the batch why nothing came of it."""
        for waiting in self.sampled:
            if not waiting.left:
                waiting.samples.set_exception(error)
        self.sampled = ()

    def take_dropped(self) -> int:
        """How many late orders were dropped since the last time."""
        dropped, self._num_dropped = self._num_dropped, 0
        return dropped

    def _take(self, group: list[Waiting], size: int) -> Sequence[Waiting]:
        self.sampled, self._begun = group[:size], time.monotonic()
        del group[:size]
        for waiting in self.sampled:
            waiting.begun_ns, waiting.batch_size = now_ns(), len(self.sampled)
        return self.sampled

    def _sort_out(self) -> None:
        """Forget who left; move who is late; drop the longest late beyond one batch."""
        people = [waiting for waiting in self._people if not waiting.left]
        self._people = [waiting for waiting in people if not waiting.late(self._batch_s)]
        self._ahead = [waiting for waiting in self._ahead if not waiting.left]
        late = [
            waiting
            for waiting in (*self._late, *people)
            if not waiting.left and waiting.late(self._batch_s)
        ]
        for waiting in late:
            waiting.idle = True
        self._late = late[-self.max_batch_size :]
        for dropped in late[: -self.max_batch_size]:
            dropped.answer([])
            self._num_dropped += 1
