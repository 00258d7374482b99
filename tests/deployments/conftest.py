import re
from collections.abc import Callable, Iterator

import httpx
import pytest

Metric = Callable[[str], float]


@pytest.fixture
def client(server: str) -> Iterator[httpx.Client]:
    """A client of the real server."""
    with httpx.Client(base_url=server, timeout=60) as opened:
        yield opened


@pytest.fixture
def metric(client: httpx.Client) -> Metric:
    """The sum of a metric over all replicas, as `/metrics` gives it."""

    def read(name: str) -> float:
        text = client.get("/metrics").text
        return sum(
            float(value) for value in re.findall(rf"^ray_{name}(?:_total)?\{{.*\}} (\S+)$", text, re.M)
        )

    return read
