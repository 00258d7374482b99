"""What tracing costs: index-only suggestions of a server that sends its spans, against the same calls without.

    python -m benchmarks.tracing

The server names an endpoint, and the client's `traceparent` says for each turn of calls whether they are traced, so that
both kinds are measured on the same processes within seconds of one another. The receiver of the spans is a process of
this machine and reads nothing of what it gets. What a span of ours costs where nothing is traced is measured in this
process.
"""

import asyncio
import json
import os
import secrets
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import httpx
import typer
from tqdm import tqdm

from benchmarks.serving import QUERIES, until_ready
from deployments.tracing import span

ROOT = Path(__file__).resolve().parent.parent
PORT, COLLECTOR_PORT = 8104, 8105
COLLECTOR = """
from http.server import BaseHTTPRequestHandler, HTTPServer
class Collector(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()
    def log_message(self, *_): pass
HTTPServer(("127.0.0.1", %d), Collector).serve_forever()
"""
FLAGS = {"not traced": "00", "traced": "01"}
UNTRACED_SPANS = 100_000


def main(
    turns: Annotated[int, typer.Option(help="Turns of each kind.")] = 20,
    calls: Annotated[int, typer.Option(help="Calls a turn and number of clients.")] = 80,
    out: Annotated[Path, typer.Option(help="Where the figures go.")] = ROOT
    / "benchmarks/results/tracing.json",
) -> None:
    """Measure p50 with one and eight clients, and what it is traced against not traced."""
    subprocess.run([sys.executable, "-m", "deployments.cli", "catalog", "import"], check=True)
    endpoint = {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{COLLECTOR_PORT}"}
    with (
        _process("-c", COLLECTOR % COLLECTOR_PORT),
        _process("-m", "deployments.cli", "serve", "--port", str(PORT), **endpoint),
    ):
        figures = asyncio.run(_measure(turns, calls))
    figures["a span of ours where nothing is traced"] = {"us": round(_untraced_us(), 2)}
    out.write_text(json.dumps(figures, indent=2) + "\n")
    print(json.dumps(figures, indent=2))


@contextmanager
def _process(*arguments: str, **environment: str) -> Iterator[None]:
    process = subprocess.Popen(
        [sys.executable, *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | environment,
    )
    try:
        yield
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(90)


def _untraced_us() -> float:
    started = time.perf_counter()
    for _ in range(UNTRACED_SPANS):
        with span("recall"):
            pass
    return 1e6 * (time.perf_counter() - started) / UNTRACED_SPANS


async def _measure(turns: int, calls: int) -> dict[str, dict[str, float]]:
    figures: dict[str, dict[str, float]] = {}
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{PORT}", timeout=60) as client:
        await until_ready(client)
        await _turn(client, "traced", 1, 200)
        for clients in (1, 8):
            times: dict[str, list[list[float]]] = {kind: [] for kind in FLAGS}
            for turn in tqdm(range(turns), desc=f"{clients} clients"):
                for kind in FLAGS if turn % 2 else reversed(FLAGS):
                    times[kind].append(await _turn(client, kind, clients, calls))
            for kind in FLAGS:
                p50_ms = statistics.median(time for each in times[kind] for time in each)
                figures[f"{kind}, {clients} clients"] = {"p50_ms": round(p50_ms, 2)}
            figures[f"ratio, {clients} clients"] = _ratio(times["traced"], times["not traced"])
    return figures


def _ratio(over: list[list[float]], under: list[list[float]]) -> dict[str, float]:
    """The median, and the middle half, of the ratios of turns that followed one another."""
    pairs = zip(over, under, strict=True)
    ratios = [statistics.median(one) / statistics.median(other) for one, other in pairs]
    lower, median, upper = statistics.quantiles(ratios, n=4, method="inclusive")
    return {"median": round(median, 3), "quarter": round(lower, 3), "three_quarters": round(upper, 3)}


async def _turn(client: httpx.AsyncClient, kind: str, clients: int, calls: int) -> list[float]:
    """Milliseconds of each call."""

    async def one(number: int) -> list[float]:
        times = []
        for call in range(calls // clients):
            body = {
                "n_gram_string": QUERIES[call % len(QUERIES)],
                "user_id": f"u-{number}",
                "generate": "never",
            }
            parent = f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-{FLAGS[kind]}"
            started = time.perf_counter()
            answer = await client.post("/v1/suggest", json=body, headers={"traceparent": parent})
            times.append(1000 * (time.perf_counter() - started))
            answer.raise_for_status()
        return times

    return [t for times in await asyncio.gather(*(one(number) for number in range(clients))) for t in times]


if __name__ == "__main__":
    typer.run(main)
