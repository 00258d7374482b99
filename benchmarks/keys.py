"""What a key costs a call: the same calls to one server without keys, then with one, with and without limits, by turns.

python -m benchmarks.keys
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
from typing import Annotated, Any

import httpx
import typer

from benchmarks.serving import QUERIES, until_ready

ROOT = Path(__file__).resolve().parent.parent
PORT = 8104
FOLLOWED_WITHIN_S = 10  # replicas of the edge take the keys, and Serve starts the one that counts
ROUNDS = 5


def main(
    calls: Annotated[int, typer.Option(help="Calls of each kind.")] = 500,
    out: Annotated[Path, typer.Option(help="Where the figures go.")] = ROOT
    / "benchmarks/results/keys.json",
) -> None:
    """Measure milliseconds a call of one client."""
    with tempfile.TemporaryDirectory(dir=ROOT) as folder:
        environment = {**os.environ, "GRAMOJI_VAR": str(Path(folder) / "var")}
        command = [sys.executable, "-m", "deployments.cli"]
        process = subprocess.Popen(
            [*command, "serve", "--port", str(PORT)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=environment,
        )

        def add(*limits: str) -> str:
            made = [*command, "keys", "add", "acme", *limits]
            return subprocess.run(made, env=environment, capture_output=True, text=True, check=True).stdout

        try:
            figures = asyncio.run(_measure(calls, add))
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(90)
    out.write_text(json.dumps(figures, indent=2) + "\n")
    print(json.dumps(figures, indent=2))


async def _measure(calls: int, add: Any) -> dict[str, dict[str, float]]:
    times: dict[str, list[float]] = {}
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{PORT}", timeout=60) as client:
        await until_ready(client)
        await _calls(client, calls // 2, None)
        times["no keys"] = await _calls(client, calls, None)
        tokens = {
            "a key": add().strip(),
            "a key with limits": add("--per-minute", "1000000", "--per-day", "100000000").strip(),
        }
        await asyncio.sleep(FOLLOWED_WITHIN_S)
        for _ in range(ROUNDS):
            for name, token in tokens.items():
                times.setdefault(name, []).extend(await _calls(client, calls // ROUNDS, token))
    return {name: _summary(each, times["no keys"]) for name, each in times.items()}


async def _calls(client: httpx.AsyncClient, number: int, token: str | None) -> list[float]:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    times = []
    for call in range(number):
        body = {"n_gram_string": QUERIES[call % len(QUERIES)], "user_id": "u-1", "generate": "never"}
        started = time.perf_counter()
        answer = await client.post("/v1/suggest", json=body, headers=headers)
        times.append(1000 * (time.perf_counter() - started))
        answer.raise_for_status()
    return times


def _summary(times: list[float], base: list[float]) -> dict[str, float]:
    p50 = statistics.median(times)
    return {
        "p50_ms": round(p50, 2),
        "p99_ms": round(statistics.quantiles(times, n=100)[98], 2),
        "ratio_p50": round(p50 / statistics.median(base), 3),
    }


if __name__ == "__main__":
    typer.run(main)
