"""Index-only suggestions through Gramoji's HTTP against the same index in-process behind bare FastAPI and uvicorn.

    python -m benchmarks.serving

Both servers run one after the other on this machine, with the same store and the same queries, so that the
ratio means something where milliseconds don't. Also times two stickers through the deployment.
"""

import asyncio
import json
import os
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Annotated

import httpx
import typer

ROOT = Path(__file__).resolve().parent.parent
QUERIES = (
    "happy birthday",
    "so tired",
    "pizza",
    "good morni",
    "congrats",
    "thank you so much",
    "cat",
    "i love you",
)
PORTS = {"gramoji": 8101, "bare": 8102}


def main(
    calls: Annotated[int, typer.Option(help="Calls a client count and server.")] = 800,
    out: Annotated[Path, typer.Option(help="Where the figures go.")] = ROOT
    / "benchmarks/results/serving.json",
) -> None:
    """Measure p50 and p99 with one and eight clients, and their ratio."""
    commands = {
        "bare": [sys.executable, "-m", "benchmarks.bare_server", str(PORTS["bare"])],
        "gramoji": [sys.executable, "-m", "deployments.cli", "serve", "--port", str(PORTS["gramoji"])],
    }
    figures: dict[str, dict[str, float]] = {}
    subprocess.run([sys.executable, "-m", "deployments.cli", "catalog", "import"], check=True)
    for name, command in commands.items():
        process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ
        )
        try:
            figures |= asyncio.run(_measure(name, f"http://127.0.0.1:{PORTS[name]}", calls))
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(90)
    for clients in (1, 8):
        ours, bare = figures[f"gramoji, {clients} clients"], figures[f"bare, {clients} clients"]
        figures[f"ratio, {clients} clients"] = {
            key: round(ours[key] / bare[key], 2) for key in ("p50_ms", "p99_ms")
        }
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(figures, indent=2) + "\n")
    print(json.dumps(figures, indent=2))


async def _measure(name: str, url: str, calls: int) -> dict[str, dict[str, float]]:
    async with httpx.AsyncClient(base_url=url, timeout=60) as client:
        await until_ready(client)
        await _load(client, 1, 100)
        figures = {f"{name}, {n} clients": _summary(await _load(client, n, calls)) for n in (1, 8)}
        if name == "gramoji":
            figures["two stickers"] = _summary([await _stickers(client, seed) for seed in range(12)][2:])
    return figures


async def until_ready(client: httpx.AsyncClient) -> None:
    """Wait until the server at the other end answers."""
    for _ in range(300):
        try:
            if (await client.get("/readyz")).status_code == 200:
                return
        except httpx.TransportError:
            pass
        await asyncio.sleep(1)
    raise RuntimeError(f"{client.base_url}: no server became ready")


async def _load(client: httpx.AsyncClient, clients: int, calls: int) -> list[float]:
    async def one(number: int) -> list[float]:
        times = []
        for call in range(calls // clients):
            n_gram = QUERIES[(number + call) % len(QUERIES)]
            body = {"n_gram_string": n_gram, "user_id": f"u-{number}", "generate": "never"}
            started = time.perf_counter()
            answer = await client.post("/v1/suggest", json=body)
            times.append(1000 * (time.perf_counter() - started))
            answer.raise_for_status()
        return times

    return [t for times in await asyncio.gather(*(one(number) for number in range(clients))) for t in times]


async def _stickers(client: httpx.AsyncClient, number: int) -> float:
    body = {"n_gram_string": QUERIES[number % len(QUERIES)], "user_id": "u", "media_type": "sticker"}
    started = time.perf_counter()
    (await client.post("/v1/generate", json=body)).raise_for_status()
    return 1000 * (time.perf_counter() - started)


def _summary(times_ms: list[float]) -> dict[str, float]:
    quantiles = statistics.quantiles(times_ms, n=100, method="inclusive")
    return {"calls": len(times_ms), "p50_ms": round(quantiles[49], 1), "p99_ms": round(quantiles[98], 1)}


if __name__ == "__main__":
    typer.run(main)
