"""The options of `serve.deployment` that follow from a deployment's settings."""

from typing import Any

from deployments.replica_settings import ReplicaSettings
from deployments.settings import GeneratorSettings


def serve_options(settings: ReplicaSettings) -> dict[str, Any]:
    """How many replicas, on which machines, with which environment, and how they come and go."""
    runtime_env: dict[str, Any] = {"env_vars": {"OMP_NUM_THREADS": str(settings.threads)}}
    if isinstance(settings, GeneratorSettings) and settings.python:
        runtime_env["py_executable"] = str(settings.python)
    return _number(settings) | {
        "max_ongoing_requests": settings.max_ongoing_requests,
        "max_queued_requests": settings.max_queued_requests,
        "max_replicas_per_node": settings.max_replicas_per_node,
        "graceful_shutdown_timeout_s": settings.drain_s,
        "max_surge_percent": settings.max_surge_percent,
        "health_check_period_s": settings.health_check_period_s,
        "health_check_timeout_s": settings.health_check_timeout_s,
        "ray_actor_options": {
            "num_cpus": settings.num_cpus,
            "num_gpus": getattr(settings, "num_gpus", 0),
            "resources": settings.resources,
            "runtime_env": runtime_env,
        },
    }


def _number(settings: ReplicaSettings) -> dict[str, Any]:
    if settings.autoscaling is None:
        return {"num_replicas": settings.num_replicas}
    return {"autoscaling_config": settings.autoscaling.model_dump(exclude_none=True)}
