"""A `gramoji serve` of a benchmark's own, with a store of its own."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil

from benchmarks.serving import until_ready


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
    process = psutil.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ | (environment or {})
    )
    try:
        asyncio.run(_until_ready(f"http://127.0.0.1:{port}"))
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


async def _until_ready(url: str) -> None:
    async with httpx.AsyncClient(base_url=url, timeout=60) as client:
        await until_ready(client)
