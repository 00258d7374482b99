"""The same application on one core and on two, with one replica and with two, under people who type.

    python -m benchmarks.scaling

Two servers, one after the other: one replica, and then two, of the ingress, the composing deployment and the index. All
threads of each server are put on one core and on both, by turns, while `benchmarks/locustfile.py` types from the second
core: for one core it is free, for two the server shares it, and how much of it Locust took is told. Two loads: many
people who only search, and a few for whom stickers are made. Figures are over all turns.
"""

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Annotated, Any

import psutil
import typer
import yaml
from tqdm import tqdm

from benchmarks.own_server import cpu_s, own_server
from tests.keyed import write_config

ROOT = Path(__file__).resolve().parent.parent
CORES = {"1 core": (0,), "2 cores": (0, 1)}
TYPES_FROM = (1,)
LOADS = {"32 people, search alone": (32, "never"), "8 people, stickers made": (8, "auto")}
REPLICAS = (1, 2)
REPLICATED = ("api", "suggest", "index")


@dataclass(frozen=True, slots=True)
class Typed:
    """What came of people's typing: how often each kind of call took how many milliseconds."""

    seconds: float = 0.0
    server_s: float = 0.0  # of CPU
    locust_s: float = 0.0
    failed: int = 0
    times_ms: Mapping[str, Counter[float]] = field(default_factory=dict)

    def __add__(self, other: "Typed") -> "Typed":
        names = self.times_ms.keys() | other.times_ms.keys()
        return Typed(
            self.seconds + other.seconds,
            self.server_s + other.server_s,
            self.locust_s + other.locust_s,
            self.failed + other.failed,
            {name: self._of(name) + other._of(name) for name in names},
        )

    def figures(self) -> dict[str, float]:
        """Rates, shares and quantiles."""
        answered = (self._of("while typing") + self._of("first slate")).total()
        superseded = self._of("superseded").total()
        figures = {
            "messages": self._of("last slate").total(),
            "failed": self.failed,
            "suggestions a second": answered / self.seconds,
            "share of calls that the next key superseded": superseded / (answered + superseded),
            "CPU ms a call, superseded or not": 1000 * self.server_s / (answered + superseded),
            "share of a core that Locust took": self.locust_s / self.seconds,
        }
        for name in ("first slate", "last slate"):
            times = sorted(self._of(name).elements())
            quantiles = statistics.quantiles(times, n=100, method="inclusive")
            figures |= {f"{name}, p{p} ms": quantiles[p - 1] for p in (50, 95, 99)}
        return {name: round(value, 3) for name, value in figures.items()}

    def _of(self, name: str) -> Counter[float]:
        return self.times_ms.get(name, Counter())


def main(
    seconds: Annotated[int, typer.Option(help="How long a turn of each is.")] = 20,
    turns: Annotated[int, typer.Option(help="How often each is measured.")] = 2,
    var: Annotated[Path, typer.Option(help="The servers' store, kept for the next run.")] = ROOT
    / "var/load",
    out: Annotated[Path, typer.Option(help="Where the figures go.")] = ROOT
    / "benchmarks/results/scaling.json",
) -> None:
    """Measure suggestions a second and latency of each combination, and their ratios."""
    if (os.cpu_count() or 1) < 2:
        raise typer.BadParameter("this machine has one core; two are compared")
    figures: dict[str, dict[str, Any]] = {load: {} for load in LOADS}
    for replicas in REPLICAS:
        with tempfile.TemporaryDirectory() as folder:
            config = _config(Path(folder), replicas)
            with own_server(var, "--config", str(config)) as (port, server):
                url = f"http://127.0.0.1:{port}"
                found = _by_turns(url, server, seconds, turns, f"{replicas} replicas")
        for load, by_cores in found.items():
            figures[load] |= {f"{cores}, replicas: {replicas}": each for cores, each in by_cores.items()}
    for load in LOADS:
        figures[load]["ratios"] = _ratios(figures[load])
    out.write_text(json.dumps(figures, indent=2) + "\n")
    print(json.dumps(figures, indent=2))


def _config(folder: Path, replicas: int) -> Path:
    """The laptop's, with stickers alone; what replicas reserve fits two CPUs with two of each as well."""
    config = write_config(folder)
    settings = yaml.safe_load(config.read_text())
    for section in REPLICATED:
        settings[section] |= {"num_replicas": replicas, "num_cpus": 0.1}
    config.write_text(yaml.safe_dump(settings))
    return config


def _by_turns(
    url: str, server: psutil.Process, seconds: int, turns: int, what: str
) -> dict[str, dict[str, dict[str, float]]]:
    """The figures of every load on each number of cores."""
    for people, generate in LOADS.values():
        _type(url, server, people, generate, seconds=5)
    measured = {key: Typed() for key in product(LOADS, CORES)}
    for load, cores in tqdm([*measured] * turns, desc=what):
        _pin(server, CORES[cores])
        measured[load, cores] += _type(url, server, *LOADS[load], seconds)
    return {load: {cores: measured[load, cores].figures() for cores in CORES} for load in LOADS}


def _pin(server: psutil.Process, cores: Iterable[int]) -> None:
    """Put every thread on these cores, twice: a thread that was begun meanwhile may be on the others."""
    for _ in range(2):
        for process in [server, *server.children(recursive=True)]:
            try:
                for thread in process.threads():
                    os.sched_setaffinity(thread.id, cores)
            except (psutil.NoSuchProcess, ProcessLookupError):
                continue


def _type(url: str, server: psutil.Process, people: int, generate: str, seconds: int) -> Typed:
    """What Locust counted while people typed for so long."""
    server_s, locust_s = cpu_s(server), _children_s()
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [
                sys.executable, "-m", "locust", "-f", str(ROOT / "benchmarks/locustfile.py"), "--host", url,
                "--headless", "--users", str(people), "--spawn-rate", str(people), "--run-time", f"{seconds}s",
                "--generate", generate, "--media-types", "sticker", "--json-file", f"{folder}/typed",
                "--only-summary", "--loglevel", "ERROR",
            ],
            check=True, cwd=ROOT, stdout=subprocess.DEVNULL,
            preexec_fn=lambda: os.sched_setaffinity(0, TYPES_FROM),
        )  # fmt: skip
        entries = json.loads(Path(folder, "typed.json").read_text())
    times = {
        entry["name"].removeprefix("/v1/suggest, "): Counter(
            {float(ms): count for ms, count in entry["response_times"].items()}
        )
        for entry in entries
    }
    used = cpu_s(server) - server_s, _children_s() - locust_s
    return Typed(seconds, *used, sum(entry["num_failures"] for entry in entries), times)


def _children_s() -> float:
    """CPU of the processes that were started here and have ended: Locust's."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _ratios(figures: dict[str, dict[str, float]]) -> dict[str, dict[str, float]]:
    """Two cores against one, and two replicas against one, of what can be compared so."""
    pairs = {
        **{f"2 cores / 1 core, replicas: {n}": (f"2 cores, replicas: {n}", f"1 core, replicas: {n}") for n in REPLICAS},
        **{f"replicas: 2 / 1, {cores}": (f"{cores}, replicas: 2", f"{cores}, replicas: 1") for cores in CORES},
    }  # fmt: skip
    compared = [
        "suggestions a second",
        "CPU ms a call, superseded or not",
        *(f"first slate, p{p} ms" for p in (50, 95, 99)),
    ]
    return {
        what: {name: round(figures[one][name] / figures[other][name], 2) for name in compared}
        for what, (one, other) in pairs.items()
    }


if __name__ == "__main__":
    typer.run(main)
