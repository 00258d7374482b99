"""What Ray Serve is told of copies, machines and how they come and go."""

import itertools
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError
from ray.serve.config import AutoscalingConfig

from deployments.index_settings import ShardSettings
from deployments.replica_settings import Autoscaling, ReplicaSettings
from deployments.serve_options import serve_options
from deployments.settings import DEFAULT_CONFIG, AppSettings
from deployments.user_config import replica_version

NEEDED: dict[str, Any] = {"num_cpus": 1, "max_ongoing_requests": 4, "max_queued_requests": 8}


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> AppSettings:
    monkeypatch.setenv("GRAMOJI_DATABASE_URL", "postgresql+asyncpg://host/gramoji")
    monkeypatch.setenv("GRAMOJI_STORAGE_URL", "s3://bucket/folder")
    monkeypatch.setenv("GRAMOJI_SECRETS", "/run/secrets")
    return AppSettings.load(DEFAULT_CONFIG.with_name("gpu.yaml"), Path("/data"))


def parts(settings: AppSettings) -> dict[str, ReplicaSettings]:
    return {name: part for name, part in settings if isinstance(part, ReplicaSettings)}


def test_every_part_of_the_cluster_scales_waits_drains_and_is_watched(gpu: AppSettings) -> None:
    assert len(parts(gpu)) == 8
    for part in parts(gpu).values():
        options = serve_options(part)
        scaling = AutoscalingConfig(**options["autoscaling_config"])
        assert scaling.max_replicas > scaling.min_replicas
        assert 0 < options["max_queued_requests"] < 10_000
        assert options["graceful_shutdown_timeout_s"] >= 30
        assert options["health_check_timeout_s"] <= 60


def shard_in_the_comment() -> ShardSettings:
    """The section that the file shows for many items."""
    lines = DEFAULT_CONFIG.with_name("gpu.yaml").read_text().splitlines()
    section = lines[lines.index("# shard:") :]
    told = itertools.takewhile(lambda line: line.startswith("# "), section)
    return ShardSettings(**yaml.safe_load("\n".join(line[2:] for line in told))["shard"])


def test_what_everybody_waits_for_never_sleeps_and_survives_a_lost_machine(gpu: AppSettings) -> None:
    for part in (gpu.api, gpu.suggest, gpu.index, shard_in_the_comment()):
        assert part.autoscaling is not None
        assert part.autoscaling.min_replicas >= 2
        assert part.resources == {"edge": 0.01}
        assert (
            part.max_surge_percent > 0
        )  # so that a change of code begins with a new replica, not without an old one
    assert gpu.may_sleep == ["image", "video", "audio"]


def test_the_kind_of_gpu_is_asked_for_as_the_cluster_names_it(gpu: AppSettings) -> None:
    asked = {name: (part.resources, getattr(part, "num_gpus", 0)) for name, part in parts(gpu).items()}
    assert asked["sticker"] == asked["image"] == ({"gpu_24gb": 1}, 1)
    assert asked["video"] == ({"gpu_80gb": 1}, 1)
    assert asked["audio"] == ({"gpu_24gb": 0.5}, 0.5)


def test_more_replicas_or_another_drain_start_no_replica_anew() -> None:
    one = ReplicaSettings(**NEEDED)
    scaling = Autoscaling(min_replicas=1, max_replicas=4, target_ongoing_requests=2)
    same = ReplicaSettings(**NEEDED, autoscaling=scaling, drain_s=60, max_surge_percent=50)
    assert replica_version(one) == replica_version(same)
    assert replica_version(one) != replica_version(ReplicaSettings(**NEEDED, threads=2))


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (
            {"autoscaling": {"min_replicas": 3, "max_replicas": 2, "target_ongoing_requests": 1}},
            "max_replicas 2",
        ),
        ({"autoscaling": {"min_replicas": 0, "max_replicas": 2}}, "target_ongoing_requests"),
        (
            {
                "num_replicas": 2,
                "autoscaling": {"min_replicas": 0, "max_replicas": 2, "target_ongoing_requests": 1},
            },
            "num_replicas 2",
        ),
        ({"drains_s": 3}, "drains_s"),
    ],
)
def test_a_mistake_is_named(wrong: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        ReplicaSettings(**NEEDED, **wrong)
