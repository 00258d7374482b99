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
REPLICA_PORTS = range(20_000, 30_000)  # below those that systems give to outgoing connections
PORTS_EACH = 100


def ray_environment() -> dict[str, str]:
    """Environment variables, with ports of its own for each server, so that several fit on one machine."""
    first = _free_block()
    return (
        ALWAYS
        | {name: str(_free_port()) for name in PROXY_PORTS}
        | {
            "RAY_SERVE_DIRECT_INGRESS_MIN_HTTP_PORT": str(first),
            "RAY_SERVE_DIRECT_INGRESS_MAX_HTTP_PORT": str(first + PORTS_EACH - 1),
        }
    )


def _free_port(number: int = 0) -> int:
    """A port, this one or any; OSError if it is taken."""
    with socket.socket() as probe:
        probe.bind(("", number))
        port: int = probe.getsockname()[1]
    return port


def _free_block() -> int:
    """The first of the ports that the replicas behind the proxy listen on.

    They are given out from the lowest on, and listen with SO_REUSEPORT: two servers that began at Ray's 30,000 would get
    each other's calls.
    """
    blocks = REPLICA_PORTS[::PORTS_EACH]
    for first in random.sample(blocks, len(blocks)):
        try:
            return _free_port(first)
        except OSError:
            continue
    raise OSError(f"every block of ports from {REPLICA_PORTS.start} to {REPLICA_PORTS.stop} is taken")
