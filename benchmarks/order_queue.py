"""Who gets what they asked for in time, at loads up to twice what can be served: the queue against order of arrival.

    python -m benchmarks.order_queue

The queue is the generators' own; what it serves is a generator in name only, which sleeps as long as a batch would take.
People come at random. As in `configs/local.yaml`, the replica holds 32 orders, 16 more wait before it in order of arrival,
and beyond that people are refused. In order of arrival alone, the queue is not told of their deadlines. All run side by
side in real time, and hardly need a CPU.
"""

import asyncio
import json
import math
import random
import time
from pathlib import Path
from typing import Annotated

import typer

from deployments.order import Order, Sample
from deployments.order_queue import OrderQueue
from models.generation import Generation

ROOT = Path(__file__).resolve().parent.parent
BATCH, STEPS = 8, 3
HELD, BEFORE = 32, 16  # orders in the replica, and in line for it
BATCH_S, ORDER_S, DEADLINE_S = 0.045, 0.075, 1.5
SAMPLE = Sample(Generation(STEPS, STEPS), 0, 1, "none", "CC0-1.0")
LOADS = (0.8, 1.2, 2.0)  # times the orders that full batches serve


def main(
    seconds: Annotated[float, typer.Option(help="How long people come.")] = 120,
    out: Annotated[Path, typer.Option(help="Where the figures go.")] = ROOT
    / "benchmarks/results/order_queue.json",
) -> None:
    """Measure the share of people who were served in time."""
    figures = asyncio.run(_all(seconds))
    out.write_text(json.dumps(figures, indent=2) + "\n")
    print(json.dumps(figures, indent=2))


async def _all(seconds: float) -> dict[str, dict[str, float]]:
    runs = [(load, told) for load in LOADS for told in (True, False)]
    shares = await asyncio.gather(*(_share_in_time(load, told, seconds) for load, told in runs))
    found: dict[str, dict[str, float]] = {f"load {load}": {} for load in LOADS}
    for (load, told), share in zip(runs, shares, strict=True):
        found[f"load {load}"]["the queue" if told else "in order of arrival"] = round(share, 3)
    return found


async def _share_in_time(load: float, told: bool, seconds: float) -> float:
    draw, queue, places = random.Random(0), OrderQueue(BATCH, 0.0), asyncio.Semaphore(HELD)
    working = asyncio.create_task(_generate(queue))
    people: list[asyncio.Task[bool]] = []
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        waiting = sum(not person.done() for person in people)
        person = _ask(queue, places, told) if waiting < HELD + BEFORE else _refused()
        people.append(asyncio.create_task(person))
        await asyncio.sleep(draw.expovariate(load * BATCH / (BATCH_S + ORDER_S * BATCH)))
    served = await asyncio.gather(*people)
    working.cancel()
    return sum(served) / len(served)


async def _ask(queue: OrderQueue, places: asyncio.Semaphore, told: bool) -> bool:
    """Whether somebody has theirs in time."""
    now = time.time()
    order = Order("cake", "ann", "en", (1,), deadline_at=now + DEADLINE_S if told else math.inf)
    async with places:
        samples = await queue.make(order)  # none where the order was dropped
    return bool(samples) and time.time() <= now + DEADLINE_S


async def _refused() -> bool:
    return False


async def _generate(queue: OrderQueue) -> None:
    """Take as long as a batch would, and give way as one would."""
    while True:
        batch = await queue.next_batch()
        for _ in range(STEPS):
            if queue.gives_way(batch):
                queue.done([None] * len(batch))
                break
            await asyncio.sleep((BATCH_S + ORDER_S * len(batch)) / STEPS)
        else:
            queue.done([[SAMPLE] for _ in batch])


if __name__ == "__main__":
    typer.run(main)
