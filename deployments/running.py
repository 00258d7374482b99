"""Run the application on this machine until it is told to stop."""

import asyncio
import os
import signal
import threading
from collections.abc import Sequence
from pathlib import Path

import ray
from ray import serve

from catalog.schema import DATA_DIR
from deployments.app import build
from deployments.first_start import import_catalog
from deployments.live import LiveState
from deployments.receipts import Signer
from deployments.settings import AppSettings, server_address_file, traces_are_wanted
from deployments.sleepers import Sleepers
from deployments.tracing import tracing_config

APP = "gramoji"
SWAP_WITHIN_S = 600
LOGGING = {"encoding": "JSON"}  # with the id of the request, and never what people type


def start(settings: AppSettings) -> None:
    """Bring up Ray and the deployments; the first start imports the catalogue."""
    _prepare(settings)
    if not ray.is_initialized():
        ray.init(num_cpus=max(2, os.cpu_count() or 2), include_dashboard=False, log_to_driver=False)
    _start_serve(settings)
    server_address_file().parent.mkdir(parents=True, exist_ok=True)
    server_address_file().write_text(ray.get_runtime_context().gcs_address)
    serve.run(build(settings), name=APP, logging_config=LOGGING)


def deploy(settings: AppSettings) -> dict[str, LiveState | None]:
    """Bring a running server, or a cluster that runs nothing yet, to these settings.

    Replicas start anew only if more than their model changed. Returns every model's state once it is swapped, or
    refused; None for those that sleep.
    """
    _prepare(settings)
    if not ray.is_initialized():
        address = server_address_file().read_text() if server_address_file().exists() else "auto"
        try:
            ray.init(address=address, log_to_driver=False)
        except ConnectionError as error:
            raise ValueError(f"no server runs here ({error}); start one with `gramoji serve`") from None
    _start_serve(settings)
    serve.run(build(settings), name=APP, logging_config=LOGGING)
    names = ["Suggest", "Sticker"]
    names += [name for name in ("Image", "Video", "Audio") if getattr(settings, name.lower())]
    return asyncio.run(_settled(names, [name.capitalize() for name in settings.may_sleep]))


def _prepare(settings: AppSettings) -> None:
    """What every replica expects to be there; ValueError if the signing key is not, and may not be made."""
    Signer(Path(settings.store.receipt_key_file), is_shared=settings.store.is_shared)
    asyncio.run(import_catalog(settings.store, DATA_DIR))


def _start_serve(settings: AppSettings) -> None:
    serve.start(
        http_options={"host": settings.host, "port": settings.port},
        logging_config=LOGGING,
        tracing_config=tracing_config() if traces_are_wanted() else None,
    )


async def _settled(names: Sequence[str], may_sleep: Sequence[str]) -> dict[str, LiveState | None]:
    """In a loop, because with `RAY_SERVE_THROUGHPUT_OPTIMIZED` handles work on the loop of their caller."""
    asleep = await Sleepers(APP, {name: name for name in may_sleep}).asleep()
    awake = [name for name in names if name not in asleep]
    handles = [serve.get_deployment_handle(name, APP) for name in awake]
    states = asyncio.gather(*(handle.state.remote(settled=True) for handle in handles))
    found = dict(zip(awake, await asyncio.wait_for(states, SWAP_WITHIN_S), strict=True))
    return {name: found.get(name) for name in names}


def run_forever(settings: AppSettings) -> None:
    """Start, say where, and wait for Ctrl-C or SIGTERM."""
    start(settings)
    print(f"Gramoji is ready at http://{settings.host}:{settings.port}", flush=True)
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    stopped.wait()
    print("Stopping…", flush=True)
    ray.shutdown()
