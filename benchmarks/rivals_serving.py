"""The same sticker model served by Gramoji, by bare Ray Serve, by LitServe and by BentoML.

    make rivals && python -m benchmarks.rivals_serving

The same weights and steps, one thread for a model, batches of up to eight. Each server runs alone, one after the other,
again and again; one user and then eight each wait for one sticker at a time. Gramoji rates each sticker for safety, and
stores and indexes it; the others answer with the bytes and forget them, and are measured with and without the rating.
Rates are medians of the rounds, quantiles are over all of them. A call that fails takes time and gives no sticker: BentoML
answers some with 500, when its front calls its model over a connection that the model's server closes after 5 idle seconds.
"""

import json
import statistics
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import product
from pathlib import Path
from typing import Annotated, Any

import psutil
import typer
import yaml
from tqdm import tqdm

from benchmarks.own_server import cpu_s, free_port, own_server, running
from benchmarks.serving import QUERIES
from benchmarks.waiting_users import answer_times_s
from tests.keyed import write_config

ROOT = Path(__file__).resolve().parent.parent
BESIDE = ROOT / ".venv-rivals/bin"
OURS = "Gramoji"
RIVALS = ("bare Ray Serve", "LitServe", "BentoML")
USERS = (1, 8)


@dataclass(frozen=True, slots=True)
class Turn:
    """How long each answer took, how many there were a second, CPU of the server for each, and how many failed."""

    times_s: list[float]
    rate: float
    cpu_s: float
    failed: int


def main(
    seconds: Annotated[float, typer.Option(help="How long a turn of each is.")] = 6,
    rounds: Annotated[int, typer.Option(help="How often each server is started.")] = 2,
    workers: Annotated[int, typer.Option(help="Processes with a model, of each server.")] = 1,
    out: Annotated[Path, typer.Option(help="Where the figures go.")] = ROOT
    / "benchmarks/results/rivals_serving.json",
) -> None:
    """Measure stickers a second, latency and CPU of each."""
    if not BESIDE.is_dir():
        raise typer.BadParameter(f"{BESIDE.parent} is missing; `make rivals` makes it")
    measured: dict[tuple[int, str], list[Turn]] = defaultdict(list)
    for _, name in tqdm([*product(range(rounds), (OURS, *RIVALS))], desc="servers"):
        with _server(name, workers) as (port, process):
            _turn(port, process, name, True, max(USERS), 3)
            for users, rated in product(USERS, (True, False) if name in RIVALS else (True,)):
                kind = name if rated else f"{name}, not rated"
                measured[users, kind].append(_turn(port, process, name, rated, users, seconds))
    figures: dict[str, Any] = {"workers": workers}
    for users in USERS:
        ours = measured[users, OURS]
        of_users = {kind: turns for (number, kind), turns in measured.items() if number == users}
        figures[f"users: {users}"] = {kind: _figures(turns, ours) for kind, turns in of_users.items()}
    out.write_text(json.dumps(figures, indent=2) + "\n")
    print(json.dumps(figures, indent=2))


@contextmanager
def _server(name: str, workers: int) -> Iterator[tuple[int, psutil.Process]]:
    """Its port and its process until the block ends."""
    if name == OURS:
        with tempfile.TemporaryDirectory() as folder:
            config = write_config(Path(folder))
            settings = yaml.safe_load(config.read_text())
            settings["sticker"] |= {"num_replicas": workers, "num_cpus": 0.5}
            config.write_text(yaml.safe_dump(settings))
            with own_server(ROOT / "var/load", "--config", str(config)) as server:
                yield server
        return
    port = free_port()
    commands = {
        "bare Ray Serve": [sys.executable, "-m", "benchmarks.stickers_by_serve", str(port), str(workers)],
        "LitServe": [str(BESIDE / "python"), "-m", "benchmarks.stickers_by_litserve", str(port), str(workers)],
        "BentoML": [
            str(BESIDE / "python"), "-m", "bentoml", "serve", "benchmarks.stickers_by_bentoml:Stickers",
            "--host", "127.0.0.1", "--port", str(port),
        ],
    }  # fmt: skip
    quiet = {"WORKERS": str(workers), "BENTOML_DO_NOT_TRACK": "1", "OMP_NUM_THREADS": "1"}
    with running(commands[name], port, quiet) as process:
        yield port, process


def _turn(port: int, server: psutil.Process, name: str, rated: bool, users: int, seconds: float) -> Turn:
    path = "/v1/generate" if name == OURS else "/sticker"
    body = _order if name == OURS else partial(_asked, rated)
    before, failed_s = cpu_s(server), list[float]()
    times_s = answer_times_s(port, path, body, users, seconds, failed_s)
    rate = users * len(times_s) / sum([*times_s, *failed_s])
    return Turn(times_s, rate, (cpu_s(server) - before) / len(times_s), len(failed_s))


def _order(number: int, user: int) -> dict[str, Any]:
    n_gram = QUERIES[number % len(QUERIES)]
    return {"n_gram_string": n_gram, "user_id": f"u-{user}", "media_type": "sticker", "generation_count": 1}


def _asked(rated: bool, number: int, _: int) -> dict[str, Any]:
    return {"text": QUERIES[number % len(QUERIES)], "rated": rated}


def _figures(turns: list[Turn], ours: list[Turn]) -> dict[str, float]:
    quantiles = statistics.quantiles([t for turn in turns for t in turn.times_s], n=100, method="inclusive")
    ratios = [turn.rate / own.rate for turn, own in zip(turns, ours, strict=True)]
    figures: dict[str, float] = {
        "stickers a second": statistics.median(turn.rate for turn in turns),
        "against Gramoji": statistics.median(ratios),
        "against Gramoji, least": min(ratios),
        "against Gramoji, most": max(ratios),
        "p50 ms": 1000 * quantiles[49],
        "p99 ms": 1000 * quantiles[98],
        "CPU ms a sticker": 1000 * statistics.median(turn.cpu_s for turn in turns),
        "failed calls": sum(turn.failed for turn in turns),
    }
    return {name: round(value, 2) for name, value in figures.items()}


if __name__ == "__main__":
    typer.run(main)
