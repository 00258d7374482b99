"""Feedback a second: the disk alone, the store's batches, and the whole path over HTTP, in one run.

    python -m benchmarks.feedback

Every acknowledged event is on disk. The disk's line is how often a second a 4 KiB append can be synced, which bounds
commits; batching puts many events into one. The clients of the HTTP part run on the same cores as the server.
"""

import asyncio
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from uuid import uuid4

import aiohttp
import httpx
import typer

from benchmarks.serving import QUERIES, until_ready
from store.database import connect, migrate
from store.feedback import Feedback, FeedbackLog
from store.impression import Impression, Shown
from store.impressions import ImpressionLog

ROOT = Path(__file__).resolve().parent.parent
PORT = 8103
SYNCS = 300
BATCH, BACKENDS = 32, 8  # events a call, and connections, of backends that collect them


def main(
    events: Annotated[int, typer.Option(help="Events a measurement.")] = 6000,
    clients: Annotated[int, typer.Option(help="Connections at once over HTTP.")] = 128,
    out: Annotated[Path, typer.Option(help="Where the figures go.")] = ROOT
    / "benchmarks/results/feedback.json",
) -> None:
    """Measure events a second, and how long one waits for its answer."""
    with tempfile.TemporaryDirectory(dir=ROOT) as folder:
        figures: dict[str, Any] = {"disk": {"syncs_per_s": round(_syncs(Path(folder)))}}
        for batch in (1, 16, 256):
            rate = asyncio.run(
                _store(Path(folder) / f"{batch}.db", batch, events if batch > 1 else events // 10)
            )
            figures[f"store, batches of {batch}"] = {"events_per_s": round(rate)}
        figures |= _served(Path(folder), events, clients)
    out.write_text(json.dumps(figures, indent=2) + "\n")
    print(json.dumps(figures, indent=2))


def _syncs(folder: Path) -> float:
    with (folder / "syncs").open("wb", buffering=0) as file:
        started = time.perf_counter()
        for _ in range(SYNCS):
            file.write(bytes(4096))
            os.fsync(file.fileno())
        return SYNCS / (time.perf_counter() - started)


async def _store(path: Path, batch: int, events: int) -> float:
    url = f"sqlite+aiosqlite:///{path}"
    await migrate(url)
    engine = await connect(url)
    shown = tuple(Shown(f"item-{i}", "sticker", "index", 0.5) for i in range(8))
    impression = Impression("s", 0, "u", "m", time.time(), "hi", "en", "v", 1.0, (), (), shown, ())
    await ImpressionLog(engine, "benchmark").add([impression])
    log = FeedbackLog(engine, "benchmark")
    made = [Feedback(str(uuid4()), "s", f"item-{i % 8}", "select", time.time()) for i in range(events)]
    started = time.perf_counter()
    for start in range(0, events, batch):
        await log.record(made[start : start + batch])
    elapsed = time.perf_counter() - started
    await engine.dispose()
    return events / elapsed


def _served(folder: Path, events: int, clients: int) -> dict[str, dict[str, float]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "deployments.cli", "serve", "--port", str(PORT)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "GRAMOJI_VAR": str(folder / "var")},
    )
    try:
        return {
            f"HTTP, {clients} connections": asyncio.run(_over_http(events, clients, 1)),
            f"HTTP, {BACKENDS} connections, {BATCH} a call": asyncio.run(
                _over_http(events, BACKENDS, BATCH)
            ),
        }
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(90)


async def _over_http(events: int, clients: int, batch: int) -> dict[str, float]:
    url = f"http://127.0.0.1:{PORT}"
    async with httpx.AsyncClient(base_url=url, timeout=60) as client:
        await until_ready(client)
        slates = [
            (await client.post("/v1/suggest", json=_query(number))).raise_for_status().json()
            for number in range(64)
        ]
    async with aiohttp.ClientSession(url, connector=aiohttp.TCPConnector(limit=clients)) as session:

        async def send(number: int) -> list[float]:
            times = []
            for call in range(max(1, events // clients // batch)):
                slate = slates[(number + call) % len(slates)]
                made = [_event(slate, call + each) for each in range(batch)]
                path, body = ("", made[0]) if batch == 1 else ("/batch", {"events": made})
                started = time.perf_counter()
                async with session.post(f"/v1/feedback{path}", json=body) as answer:
                    answer.raise_for_status()
                    told = await answer.json()
                times.append(1000 * (time.perf_counter() - started))
                assert told in ({"recorded": True}, {"outcomes": ["recorded"] * batch})
            return times

        await asyncio.gather(*(send(number) for number in range(8)))  # warm
        started = time.perf_counter()
        times = [t for each in await asyncio.gather(*map(send, range(clients))) for t in each]
        elapsed = time.perf_counter() - started
    quantiles = statistics.quantiles(times, n=100, method="inclusive")
    return {
        "events_per_s": round(batch * len(times) / elapsed),
        "p50_ms": round(quantiles[49], 1),
        "p99_ms": round(quantiles[98], 1),
    }


def _query(number: int) -> dict[str, Any]:
    n_gram = QUERIES[number % len(QUERIES)]
    return {"n_gram_string": n_gram, "user_id": f"u-{number}", "generate": "never"}


def _event(slate: dict[str, Any], call: int) -> dict[str, str]:
    return {
        "event_id": str(uuid4()),
        "suggestion_id": slate["suggestion_id"],
        "item_id": slate["items"][call % len(slate["items"])]["item_id"],
        "action": "select",
        "at": datetime.now(UTC).isoformat(),
    }


if __name__ == "__main__":
    typer.run(main)
