"""Several servers on one machine."""

import socket

import pytest

from deployments import ray_environment


def test_a_server_takes_no_ports_that_the_replicas_of_another_listen_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ray_environment, "REPLICA_PORTS", range(19_000, 19_200))
    with socket.socket() as other:  # as a replica listens
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind(("127.0.0.1", 19_000))
        other.listen()
        told = ray_environment.ray_environment()
    assert told["RAY_SERVE_DIRECT_INGRESS_MIN_HTTP_PORT"] == "19100"
    assert told["RAY_SERVE_DIRECT_INGRESS_MAX_HTTP_PORT"] == "19199"


def test_two_servers_have_no_port_in_common() -> None:
    first, second = (ray_environment.ray_environment() for _ in range(2))
    assert all(first[name] != second[name] for name in ray_environment.PROXY_PORTS)


def test_no_free_ports_are_a_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray_environment, "REPLICA_PORTS", range(19_300, 19_400))
    with socket.socket() as other:
        other.bind(("127.0.0.1", 19_300))
        other.listen()
        with pytest.raises(OSError, match="every block of ports from 19300 to 19400 is taken"):
            ray_environment.ray_environment()
