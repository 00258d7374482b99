"""A `gramoji serve` of a benchmark's own, with a store of its own."""

import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import httpx
import psutil

LISTENED = range(30_000, 32_000)  # below those that systems give to outgoing connections
START_WITHIN_S = 900
STARTS = 3


@contextmanager
def own_server(var: Path, *options: str) -> Iterator[tuple[int, psutil.Process]]:
    """Its port and its process until the block ends; ready to answer."""
    port = free_port()
    command = [sys.executable, "-m", "deployments.cli", "serve", "--port", str(port), *options]
    with running(command, port, {"GRAMOJI_VAR": str(var)}) as process:
        yield port, process


@contextmanager
def running(
    command: Sequence[str], port: int, environment: dict[str, str] | None = None
) -> Iterator[psutil.Process]:
    """A server that listens on the port and says at `/readyz` when it is ready, until the block ends."""
    with tempfile.TemporaryFile() as log:
        process = _started(command, port, os.environ | (environment or {}), log)
        try:
            yield process
        finally:
            _stop(process)


def _started(
    command: Sequence[str], port: int, environment: dict[str, str], log: IO[bytes]
) -> psutil.Popen:
    """The process once it answers; tried again, for on a busy machine Ray's agent is at times too slow for Ray."""
    for _ in range(STARTS):
        process = psutil.Popen(command, stdout=log, stderr=subprocess.STDOUT, env=environment)
        ready = False
        try:
            ready = _becomes_ready(f"http://127.0.0.1:{port}/readyz", process)
        finally:
            if not ready:
                _stop(process)
        if ready:
            return process
    log.seek(0)
    raise RuntimeError(f"{' '.join(command)} did not become ready: {log.read().decode()[-4000:]}")


def _stop(process: psutil.Popen) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        process.wait(90)


def free_port() -> int:
    """One that no outgoing connection gets until a server listens on it."""
    for port in random.SystemRandom().sample(LISTENED, len(LISTENED)):  # whatever a test seeds
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise OSError(f"no free port in {LISTENED}")


def cpu_s(server: psutil.Process) -> float:
    """Seconds of CPU that its processes have had so far."""
    spent = 0.0
    for process in [server, *server.children(recursive=True)]:
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        spent += times.user + times.system
    return spent


def _becomes_ready(url: str, process: psutil.Popen) -> bool:
    """Whether it answers before it ends, or before a first start would have imported the catalogue."""
    deadline = time.monotonic() + START_WITHIN_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(url, timeout=10).status_code == 200:
                return True
        except httpx.TransportError:
            pass
        time.sleep(0.5)
    return False
