"""Run the application on this machine until it is told to stop."""

import asyncio
import os
import signal
import threading

import ray
from ray import serve

from catalog.schema import DATA_DIR
from deployments.app import build
from deployments.first_start import import_catalog
from deployments.settings import AppSettings


def start(settings: AppSettings) -> None:
    """Import the catalogue if this is the first start, then bring up Ray and the deployments."""
    asyncio.run(import_catalog(settings.store, DATA_DIR))
    if not ray.is_initialized():
        ray.init(num_cpus=max(2, os.cpu_count() or 2), include_dashboard=False, log_to_driver=False)
    serve.start(http_options={"host": settings.host, "port": settings.port})
    serve.run(build(settings), name="gramoji")


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
