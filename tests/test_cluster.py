from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import ray
import yaml
from jsonschema import ValidationError  # type: ignore[import-untyped]
from ray.autoscaler._private.util import prepare_config, validate_config

ROOT = Path(__file__).parents[1]


@pytest.fixture
def cluster() -> Any:
    return yaml.safe_load((ROOT / "cluster.yaml").read_text())


def test_ray_up_accepts_the_cluster_file(cluster: Any) -> None:
    validate_config(prepare_config(deepcopy(cluster)))


def test_a_key_that_ray_does_not_know_would_be_refused(cluster: Any) -> None:
    with pytest.raises(ValidationError, match="max_wrokers"):
        validate_config(prepare_config({**cluster, "max_wrokers": 1}))


def test_the_head_has_no_gpu(cluster: Any) -> None:
    head = cluster["available_node_types"][cluster["head_node_type"]]
    assert head["resources"].get("GPU", 0) == 0


@pytest.mark.parametrize("name", ["gpu_24gb", "gpu_80gb"])
def test_gpus_start_at_none_and_can_be_asked_for_by_size(cluster: Any, name: str) -> None:
    worker = cluster["available_node_types"][name]
    assert worker["min_workers"] == 0
    assert worker["resources"]["GPU"] == worker["resources"][name] == 1


def test_the_images_hold_the_ray_that_is_tested_here(cluster: Any) -> None:
    for image in (cluster["docker"]["head_image"], cluster["docker"]["worker_image"]):
        assert image.startswith(f"rayproject/ray:{ray.__version__}-py311-")
