"""What cancellation, reuse and foresight spare while people type, and how soon something new is there.

    python -m benchmarks.typing_trace

Replays phrases that three people type key by key (`benchmarks.keystrokes` says when) against the real server: every key is
a streamed call of the same message, as the page makes it, without its wait of 120 ms. Each phrase is typed twice. Two runs
on one server: `auto` as shipped, and `always`, which neither reuses nor foresees. The figures: the share of the
transformer's evaluations that were planned and not run; the evaluations run for each phrase; and the share of phrases that
had a new sticker, made for this person, within a deadline after the last key.
"""

import asyncio
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Annotated

import httpx
import typer
from httpx_sse import aconnect_sse
from tqdm import tqdm

from benchmarks.keystrokes import PHRASES, READS_S, keystrokes
from benchmarks.serving import until_ready

ROOT = Path(__file__).resolve().parent.parent
PORT = 8103
DEADLINES_S = (0.5, 1, 2, 4)


def main(
    out: Annotated[Path, typer.Option(help="Where the figures go.")] = ROOT
    / "benchmarks/results/typing_trace.json",
) -> None:
    """Replay the trace against a server that this starts."""
    command = [sys.executable, "-m", "deployments.cli", "serve", "--port", str(PORT)]
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ
    )
    try:
        figures = asyncio.run(_measure(f"http://127.0.0.1:{PORT}"))
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(90)
    out.write_text(json.dumps(figures, indent=2) + "\n")
    print(json.dumps(figures, indent=2))


async def _measure(url: str) -> dict[str, dict[str, float]]:
    async with httpx.AsyncClient(base_url=url, timeout=60) as client:
        await until_ready(client)
        await _type(client, "warm up", "warm", "always", random.Random(1))
        return {mode: await _replay(client, mode) for mode in ("always", "auto")}


async def _replay(client: httpx.AsyncClient, mode: str) -> dict[str, float]:
    draw, waits = random.Random(0), []
    run_before, saved_before = await _evaluations(client)
    typed = [(phrase, f"{mode}-{number % 3}") for number, phrase in enumerate(PHRASES)] * 2
    for phrase, user in tqdm(typed, desc=mode):
        waits.append(await _type(client, phrase, user, mode, draw))
        await asyncio.sleep(READS_S)
    await asyncio.sleep(3)
    run, saved = await _evaluations(client)
    run, saved = run - run_before, saved - saved_before
    return {
        "evaluations a phrase": round(run / len(typed), 1),
        "share of planned evaluations not run": round(saved / max(1.0, run + saved), 3),
    } | {
        f"new sticker within {deadline} s": round(sum(wait <= deadline for wait in waits) / len(waits), 2)
        for deadline in DEADLINES_S
    }


async def _type(client: httpx.AsyncClient, phrase: str, user: str, mode: str, draw: random.Random) -> float:
    """Type a phrase; seconds from its last key until something new was there, infinite if nothing came."""
    message = f"{user}-{phrase}-{draw.random()}"
    calls: list[asyncio.Task[float]] = []
    for typed, pause_s in keystrokes(phrase, draw):
        if calls:
            calls[-1].cancel()
        calls.append(asyncio.create_task(_call(client, typed, user, mode, message)))
        await asyncio.sleep(pause_s)
    return await calls[-1]


async def _call(client: httpx.AsyncClient, typed: str, user: str, mode: str, message: str) -> float:
    body = {
        "n_gram_string": typed, "user_id": user, "generate": mode, "media_types": ["sticker"],
        "limit": 20, "deadline_ms": 4500,
    }  # fmt: skip
    headers = {"Accept": "text/event-stream", "X-Composition-Id": message}
    started = time.perf_counter()
    async with aconnect_sse(client, "POST", "/v1/suggest", json=body, headers=headers) as events:
        async for event in events.aiter_sse():
            items = json.loads(event.data)["items"] if event.event == "slate" else []
            # A model's item that was not shown before: just made, or made earlier and not seen yet.
            if any(item["model_version"] and item["scores"]["novelty"] == 1.0 for item in items):
                return time.perf_counter() - started
    return float("inf")


async def _evaluations(client: httpx.AsyncClient) -> tuple[float, float]:
    """The sticker's evaluations run and spared so far; the exporter is a few seconds behind."""
    await asyncio.sleep(6)
    text = (await client.get("/metrics")).text

    def read(name: str) -> float:
        lines = re.findall(
            rf'^ray_{name}_total{{[^}}]*media_type="sticker"[^}}]*}} (\S+)$', text, re.MULTILINE
        )
        return sum(map(float, lines))

    return read("gramoji_sampling_steps"), read("gramoji_sampling_steps_saved")


if __name__ == "__main__":
    typer.run(main)
