"""Several servers on one machine."""

import socket

import pytest

from deployments import ray_environment
from deployments.ray_environment import PROXY_PORTS


@pytest.mark.parametrize("taken", range(19_000, 19_001 + len(PROXY_PORTS)))
def test_a_server_takes_no_ports_that_another_listens_on(
    taken: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ray_environment, "PORTS", range(19_000, 19_200))
    with socket.socket() as other:  # as a replica listens
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind(("127.0.0.1", taken))
        other.listen()
        told = ray_environment.ray_environment()
    assert [int(told[name]) for name in PROXY_PORTS] == [19_100, 19_101, 19_102, 19_103]
    assert told["RAY_SERVE_DIRECT_INGRESS_MIN_HTTP_PORT"] == "19104"
    assert told["RAY_SERVE_DIRECT_INGRESS_MAX_HTTP_PORT"] == "19199"


def test_no_free_ports_are_a_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray_environment, "PORTS", range(19_300, 19_400))
    with socket.socket() as other:
        other.bind(("127.0.0.1", 19_300))
        other.listen()
        with pytest.raises(OSError, match="every block of ports from 19300 to 19400 is taken"):
            ray_environment.ray_environment()
