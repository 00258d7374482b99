"""What Ray and its proxy are told when they start."""

import random
import socket

ALWAYS = {
    "RAY_SERVE_THROUGHPUT_OPTIMIZED": "1",
    "RAY_SERVE_ENABLE_HA_PROXY": "1",
    "RAY_SERVE_REQUEST_PATH_LOG_BUFFER_SIZE": "1",  # lines; optimized, Serve keeps back a thousand, warnings too
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_metrics_report_interval_ms": "2000",
    # A laptop does other things too: Ray's 15 starves the replicas, and 5 s are too short for their first sign.
    "RAY_worker_niceness": "0",
    "RAY_SERVE_PROXY_HEALTH_CHECK_PERIOD_S": "3",  # s; a dead proxy is replaced after three
    "RAY_SERVE_PROXY_READY_CHECK_TIMEOUT_S": "30",
    "RAY_SERVE_PROXY_HEALTH_CHECK_TIMEOUT_S": "30",
    "HF_HUB_OFFLINE": "1",
    "TOKENIZERS_PARALLELISM": "false",
}
PROXY_PORTS = (
    "RAY_SERVE_HAPROXY_METRICS_PORT",
    "RAY_SERVE_HAPROXY_STATS_PORT",
    "RAY_SERVE_FALLBACK_PROXY_HTTP_PORT",  # who answers while no replica is up: else the server that came first
    "RAY_SERVE_FALLBACK_PROXY_GRPC_PORT",
)
PORTS = range(20_000, 30_000)  # below those that systems give to outgoing connections
PORTS_EACH = 100


def ray_environment() -> dict[str, str]:
    """Environment variables, with a block of ports for each server, so that several fit on one machine."""
    first = _free_block()
    replicas = first + len(PROXY_PORTS)
    return (
        ALWAYS
        | {name: str(first + number) for number, name in enumerate(PROXY_PORTS)}
        | {
            "RAY_SERVE_DIRECT_INGRESS_MIN_HTTP_PORT": str(replicas),
            "RAY_SERVE_DIRECT_INGRESS_MAX_HTTP_PORT": str(first + PORTS_EACH - 1),
        }
    )


def _free_block() -> int:
    """The first port of a block whose ports of the proxy, and the first of the replicas behind it, are free.

    Replicas are given ports from the lowest on, and listen with SO_REUSEPORT: two servers that began at Ray's 30,000 would
    get each other's calls. Minutes may pass until the proxy starts, so any free port won't do: another process may get it.
    """
    blocks = PORTS[::PORTS_EACH]
    for first in random.sample(blocks, len(blocks)):
        if all(map(_is_free, range(first, first + len(PROXY_PORTS) + 1))):
            return first
    raise OSError(f"every block of ports from {PORTS.start} to {PORTS.stop} is taken")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("", port))
        except OSError:
            return False
    return True
