"""A `gramoji serve` of a benchmark's own, with a store of its own."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil

START_WITHIN_S = 900


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
        process = psutil.Popen(
            command, stdout=log, stderr=subprocess.STDOUT, env=os.environ | (environment or {})
        )
        try:
            if not _becomes_ready(f"http://127.0.0.1:{port}/readyz", process):
                log.seek(0)
                raise RuntimeError(f"{command}: did not become ready: {log.read().decode()[-4000:]}")
            yield process
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(90)


def free_port() -> int:
    """One that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


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
