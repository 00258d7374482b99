"""Whether memory stays bounded: people ask for new stickers for minutes, and the server's processes are weighed.

python -m benchmarks.soak --minutes 10
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
from pathlib import Path
from typing import Annotated

import httpx
import psutil
import typer

from benchmarks.own_server import free_port
from benchmarks.serving import until_ready
from tests.cluster.load import Load

ROOT = Path(__file__).resolve().parent.parent
EVERY_S = 5


def main(
    minutes: Annotated[float, typer.Option(help="How long.")] = 10,
    people: Annotated[int, typer.Option(help="Who ask at once.")] = 4,
    out: Annotated[Path, typer.Option(help="Where the figures go.")] = ROOT
    / "benchmarks/results/soak.json",
) -> None:
    """Measure megabytes of all processes of a server, by fifths of the time."""
    port = free_port()
    with tempfile.TemporaryDirectory(dir=ROOT) as folder:
        process = subprocess.Popen(
            [sys.executable, "-m", "deployments.cli", "serve", "--port", str(port)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "GRAMOJI_VAR": str(Path(folder) / "var")},
        )
        try:
            url = f"http://127.0.0.1:{port}"
            figures = asyncio.run(_soak(url, psutil.Process(process.pid), minutes * 60, people))
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(90)
    out.write_text(json.dumps(figures, indent=2) + "\n")
    print(json.dumps(figures, indent=2))


async def _soak(url: str, server: psutil.Process, duration_s: float, people: int) -> dict[str, object]:
    async with httpx.AsyncClient(base_url=url) as client:
        await until_ready(client)
    weights_mb: list[float] = []
    ends = time.monotonic() + duration_s
    async with Load(url, people, generate="always") as load:
        while time.monotonic() < ends:
            weights_mb.append(await asyncio.to_thread(_weight_mb, server))
            await asyncio.sleep(EVERY_S)
    fifth = len(weights_mb) // 5
    fifths = [statistics.median(weights_mb[n * fifth : (n + 1) * fifth]) for n in range(5)]
    return {
        "minutes": duration_s / 60,
        "calls": len(load.outcomes),
        "failed": len(load.failed()),
        "median_mb_by_fifth": [round(each) for each in fifths],
        "last_against_second_fifth": round(fifths[4] / fifths[1], 3),
    }


def _weight_mb(server: psutil.Process) -> float:
    """Memory of its own of every process of the server; pages that several share count once each at most."""
    total = 0
    for process in [server, *server.children(recursive=True)]:
        try:
            total += process.memory_full_info().uss
        except psutil.Error:
            continue
    return total / 1e6


if __name__ == "__main__":
    typer.run(main)
