"""What the sticker deployment makes of a generator: stickers a second against the same pipeline in a plain loop.

    python -m benchmarks.engine

In one run on one machine, and with the same number of threads: a process that makes one sticker after another, each
sampled, encoded and rated, as a loop would; the server with one user and with eight, each waiting for one sticker at a
time (`POST /v1/generate`, stored and indexed as always); and the loop again, whose rate is the mean of both times.
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
from multiprocessing import get_context
from pathlib import Path
from typing import Annotated, Any

import httpx
import psutil
import typer

from benchmarks.serving import QUERIES, until_ready

ROOT = Path(__file__).resolve().parent.parent
PORT = 8104
USERS = 8
DEADLINES_S = (0.5, 1, 2, 4)
NUM_SLATES = 6
LEAST_MS = 0.5  # of CPU a sticker, from which a process is named


def main(
    seconds: Annotated[float, typer.Option(help="How long each is measured.")] = 12,
    out: Annotated[Path, typer.Option(help="Where the figures go.")] = ROOT
    / "benchmarks/results/engine.json",
) -> None:
    """Measure throughput, overhead and freshness."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    before = _apart(_loop, seconds)
    command = [sys.executable, "-m", "deployments.cli", "serve", "--port", str(PORT)]
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ
    )
    try:
        served = asyncio.run(_measure(f"http://127.0.0.1:{PORT}", seconds))
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(90)
    loop = statistics.mean((before, _apart(_loop, seconds)))
    figures = {
        "stickers a second": {"plain loop": round(loop, 2)} | served["stickers a second"],
        "ratio, 8 users": round(served["stickers a second"]["8 users"] / loop, 2),
        "overhead, 1 user": round(loop / served["stickers a second"]["1 user"] - 1, 3),
        "ms a sticker": _apart(_parts, 0),
        "CPU ms a sticker, 8 users": served["CPU ms a sticker, 8 users"],
        "share of both cores busy, 8 users": served["share of both cores busy, 8 users"],
        "slates with something fresh": served["slates with something fresh"],
    }
    out.write_text(json.dumps(figures, indent=2) + "\n")
    print(json.dumps(figures, indent=2))


def _apart(work: Callable[[float], Any], seconds: float) -> Any:
    """Run in a process of its own, which leaves nothing behind."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(work, seconds).result()


def _load() -> tuple[Any, Any]:
    import torch

    from deployments.settings import DEFAULT_CONFIG, AppSettings
    from deployments.sticker import load_generator
    from models.safety import SafetyClassifier

    settings = AppSettings.load(DEFAULT_CONFIG).sticker
    torch.set_num_threads(settings.threads)
    return load_generator(settings), SafetyClassifier()


def _loop(seconds: float) -> float:
    """Stickers a second, one after the other."""
    from models.generation import Prompt

    generator, safety = _load()
    assert generator.generate([Prompt("warm up", 0)]).media
    started, done = time.perf_counter(), 0
    while time.perf_counter() - started < seconds:
        made = generator.generate([Prompt(QUERIES[done % len(QUERIES)], done)])
        safety.rate(made.pictures[0])
        assert made.media
        done += 1
    return done / (time.perf_counter() - started)


def _parts(_: float) -> dict[str, dict[str, float]]:
    """Milliseconds a sticker of each part, alone and in a batch of eight."""
    from models.generation import Prompt
    from models.sticker import to_image, to_webp

    generator, safety = _load()
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


async def _measure(url: str, seconds: float) -> dict[str, Any]:
    async with httpx.AsyncClient(base_url=url, timeout=60) as client:
        await until_ready(client)
        await _rate(client, USERS, 3)
        alone = await _rate(client, 1, seconds)
        before, _ = _cpu_s(), psutil.cpu_percent()
        together = await _rate(client, USERS, seconds)
        busy, after = psutil.cpu_percent() / 100, _cpu_s()
        spent = {
            name: round(1000 * (after[name] - before.get(name, 0)) / (together * seconds), 1)
            for name in after
        }
        fresh = {f"{deadline} s": await _fresh(client, deadline) for deadline in DEADLINES_S}
    return {
        "stickers a second": {"1 user": round(alone, 2), f"{USERS} users": round(together, 2)},
        "CPU ms a sticker, 8 users": {name: ms for name, ms in spent.items() if ms >= LEAST_MS},
        "share of both cores busy, 8 users": round(busy, 2),
        "slates with something fresh": fresh,
    }


def _cpu_s() -> dict[str, float]:
    """Seconds of CPU that each kind of process has had so far: replicas by their deployment."""
    spent: Counter[str] = Counter()
    for process in psutil.process_iter(["cmdline", "cpu_times", "name"]):
        title, times = " ".join(process.info["cmdline"] or ()), process.info["cpu_times"]
        replica = re.search(r"gramoji[:#](\w+)", title) if title.startswith("ray::") else None
        if times is not None:
            spent[replica[1] if replica else process.info["name"]] += times.user + times.system
    return dict(spent)


async def _rate(client: httpx.AsyncClient, users: int, seconds: float) -> float:
    """Stickers a second of users who each wait for one before they ask for the next."""
    until = time.perf_counter() + seconds

    async def one(user: int) -> int:
        done = 0
        while time.perf_counter() < until:
            text = QUERIES[(user + done) % len(QUERIES)]
            body = {
                "n_gram_string": text,
                "user_id": f"u-{user}",
                "media_type": "sticker",
                "generation_count": 1,
            }
            (await client.post("/v1/generate", json=body)).raise_for_status()
            done += 1
        return done

    started = time.perf_counter()
    done = sum(await asyncio.gather(*(one(user) for user in range(users))))
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
