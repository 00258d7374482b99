"""What the sticker deployment makes of a generator: stickers a second against the same pipeline in a plain loop.

    python -m benchmarks.engine

On one machine, by turns, and with the same number of threads: a process that makes one sticker after another, as the
server is asked for them, each sampled, encoded and rated; the server with one user; the server with eight, each
waiting for one sticker at a time (`POST /v1/generate`, stored and indexed as always). Figures are medians of the turns.
Then where the time of a sticker goes, which processes the eight users keep busy, and the share of slates that hold
something just made within a deadline.
"""

import asyncio
import json
import os
import re
import signal
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Annotated, Any

import httpx
import psutil
import typer

from benchmarks.serving import QUERIES, until_ready
from benchmarks.waiting_users import answer_times_s

ROOT = Path(__file__).resolve().parent.parent
PORT = 8104
URL = f"http://127.0.0.1:{PORT}"
USERS = 8
DEADLINES_S = (0.5, 1, 2, 4)
NUM_SLATES = 6
LEAST_MS = 0.5  # of CPU a sticker, from which a process is named


def main(
    seconds: Annotated[float, typer.Option(help="How long a turn of each is.")] = 4,
    turns: Annotated[int, typer.Option(help="How often each is measured.")] = 5,
    out: Annotated[Path, typer.Option(help="Where the figures go.")] = ROOT
    / "benchmarks/results/engine.json",
) -> None:
    """Measure throughput, overhead and freshness."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    command = [sys.executable, "-m", "deployments.cli", "serve", "--port", str(PORT)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        asyncio.run(_until_ready())
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as apart:
            figures = _by_turns(apart, seconds, turns) | {"ms a sticker": apart.submit(_parts).result()}
        figures["slates with something fresh"] = asyncio.run(_fresh_by_deadline())
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(90)
    out.write_text(json.dumps(figures, indent=2) + "\n")
    print(json.dumps(figures, indent=2))


def _by_turns(apart: ProcessPoolExecutor, seconds: float, turns: int) -> dict[str, Any]:
    """Rates of the loop, of one user and of eight; what the eight kept busy."""
    apart.submit(_loop, 1).result()
    _rate(USERS, 3)
    rates: list[tuple[float, float, float]] = []
    spent: Counter[str] = Counter()
    busy = []
    for _ in range(turns):
        loop, one = apart.submit(_loop, seconds).result(), _rate(1, seconds)
        before, _ = _cpu_s(), psutil.cpu_percent()
        rates.append((loop, one, _rate(USERS, seconds)))
        busy.append(psutil.cpu_percent() / 100)
        spent.update(_cpu_s())
        spent.subtract(before)
    made = seconds * sum(eight for _, _, eight in rates)
    loops, alone, together = zip(*rates, strict=True)
    return {
        "stickers a second": {
            "plain loop": round(statistics.median(loops), 2),
            "1 user": round(statistics.median(alone), 2),
            f"{USERS} users": round(statistics.median(together), 2),
        },
        "overhead, 1 user": _spread([loop / one - 1 for loop, one, _ in rates]),
        f"ratio, {USERS} users": _spread([eight / loop for loop, _, eight in rates]),
        f"CPU ms a sticker, {USERS} users": {
            name: ms for name, s in spent.items() if (ms := round(1000 * s / made, 1)) >= LEAST_MS
        },
        f"share of both cores busy, {USERS} users": round(statistics.median(busy), 2),
    }


def _spread(values: list[float]) -> dict[str, float]:
    found = {"median": statistics.median(values), "least": min(values), "most": max(values)}
    return {name: round(value, 3) for name, value in found.items()}


@cache
def _work() -> Any:
    from benchmarks.sticker_work import StickerWork

    return StickerWork()


def _loop(seconds: float) -> float:
    """Stickers a second, one after the other."""
    from benchmarks.sticker_work import Asked

    work = _work()
    started, done = time.perf_counter(), 0
    while time.perf_counter() - started < seconds:
        assert work.make([Asked(QUERIES[done % len(QUERIES)])])
        done += 1
    return done / (time.perf_counter() - started)


def _body(number: int, user: int) -> dict[str, Any]:
    return {
        "n_gram_string": QUERIES[number % len(QUERIES)], "user_id": f"u-{user}",
        "media_type": "sticker", "generation_count": 1,
    }  # fmt: skip


def _parts() -> dict[str, dict[str, float]]:
    """Milliseconds a sticker of each part, alone and in a batch of eight."""
    from models.generation import Prompt
    from models.sticker import to_image, to_webp

    generator, safety = _work().generator, _work().safety
    figures = {}
    for size in (1, USERS):
        prompts = [Prompt(QUERIES[number], number) for number in range(size)]
        painting = generator.paint(prompts)
        images = [to_image(picture) for picture in painting.pictures_BCHW]
        parts: dict[str, Callable[[], object]] = {
            "text encoder": lambda texts=[prompt.text for prompt in prompts]: generator.encoder.encode(
                texts
            ),
            "text encoder to decoder": lambda prompts=prompts: generator.paint(prompts),
            "decoder": lambda latents=painting.latents_BCHW: generator.pipeline.vae.decode(latents),
            "judge": lambda pictures=painting.pictures_BCHW: generator.judge(pictures),
            "WebP": lambda images=images: [to_webp(image) for image in images],
            "safety": lambda images=images: list(map(safety.rate, images)),
        }
        times = {name: 1000 * _median_s(part) / size for name, part in parts.items()}
        around = times["text encoder"] + times["decoder"]
        times = {"flow transformer": times.pop("text encoder to decoder") - around} | times
        figures[f"in a batch of {size}"] = {name: round(value, 1) for name, value in times.items()}
    return figures


def _median_s(part: Callable[[], object]) -> float:
    import torch

    times = []
    with torch.inference_mode():
        for _ in range(5):
            started = time.perf_counter()
            part()
            times.append(time.perf_counter() - started)
    return statistics.median(times)


async def _until_ready() -> None:
    async with httpx.AsyncClient(base_url=URL, timeout=60) as client:
        await until_ready(client)


async def _fresh_by_deadline() -> dict[str, float]:
    async with httpx.AsyncClient(base_url=URL, timeout=60) as client:
        return {f"{deadline} s": await _fresh(client, deadline) for deadline in DEADLINES_S}


def _cpu_s() -> dict[str, float]:
    """Seconds of CPU that each kind of process has had so far: replicas by their deployment."""
    spent: Counter[str] = Counter()
    for process in psutil.process_iter(["cmdline", "cpu_times", "name"]):
        title, times = " ".join(process.info["cmdline"] or ()), process.info["cpu_times"]
        replica = re.search(r"gramoji[:#](\w+)", title) if title.startswith("ray::") else None
        name = replica[1] if replica else process.info["name"].partition(".")[0]  # without what it does now
        if times is not None:
            spent[name] += times.user + times.system
    return dict(spent)


def _rate(users: int, seconds: float) -> float:
    """Stickers a second of users who each wait for one before they ask for the next."""
    started = time.perf_counter()
    done = len(answer_times_s(PORT, "/v1/generate", _body, users, seconds))
    return done / (time.perf_counter() - started)


async def _fresh(client: httpx.AsyncClient, deadline_s: float) -> float:
    """The share of slates, of all four media types, with an item that was made for this very call."""
    found = 0
    for number, text in enumerate(QUERIES[:NUM_SLATES]):
        body = {
            "n_gram_string": text, "user_id": f"fresh-{deadline_s}-{number}", "generate": "always",
            "generation_count": 1, "deadline_ms": round(1000 * deadline_s), "limit": 12,
        }  # fmt: skip
        slate = (await client.post("/v1/suggest", json=body)).json()
        found += any(item["source"] == "generated" for item in slate["items"])
        await asyncio.sleep(1.5)  # what is still pending is finished
    return round(found / NUM_SLATES, 2)


if __name__ == "__main__":
    typer.run(main)
