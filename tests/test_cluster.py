"""The machines: as Ray's launcher reads them for two clouds, and as KubeRay's operator does."""

import re
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import ray
import yaml
from jsonschema import ValidationError  # type: ignore[import-untyped]
from ray.autoscaler._private.util import prepare_config, validate_config
from ray.serve.schema import ServeDeploySchema

from deployments.ray_environment import ALWAYS
from deployments.settings import DEFAULT_CONFIG

ROOT = Path(__file__).parents[1]
AWS, GCP, KUBERAY = "cluster.yaml", "configs/cluster/gcp.yaml", "configs/cluster/kuberay.yaml"
MENTION = re.compile(r"\$\{|secretKeyRef|~/")  # where a secret is, instead of what it is
ON_A_LAPTOP = {"HF_HUB_OFFLINE", "RAY_metrics_report_interval_ms",
               "RAY_SERVE_PROXY_READY_CHECK_TIMEOUT_S", "RAY_SERVE_PROXY_HEALTH_CHECK_TIMEOUT_S"}  # fmt: skip


def read(name: str) -> Any:
    return yaml.safe_load((ROOT / name).read_text())


@pytest.fixture(params=[AWS, GCP])
def cluster(request: pytest.FixtureRequest) -> Any:
    return read(request.param)


def environment() -> dict[str, str]:
    lines = (ROOT / "configs/cluster/environment").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if not line.startswith("#"))


def test_ray_up_accepts_the_cluster_file(cluster: Any) -> None:
    validate_config(prepare_config(deepcopy(cluster)))


def test_a_key_that_ray_does_not_know_would_be_refused(cluster: Any) -> None:
    with pytest.raises(ValidationError, match="max_wrokers"):
        validate_config(prepare_config({**cluster, "max_wrokers": 1}))


def test_the_head_has_no_gpu_and_no_replica(cluster: Any) -> None:
    assert cluster["available_node_types"][cluster["head_node_type"]]["resources"] == {"CPU": 0}


@pytest.mark.parametrize("name", ["gpu_24gb", "gpu_80gb"])
def test_gpus_start_at_none_are_spot_and_can_be_asked_for_by_size(cluster: Any, name: str) -> None:
    worker = cluster["available_node_types"][name]
    assert worker["min_workers"] == 0
    assert worker["resources"]["GPU"] == worker["resources"][name] == 1
    told = worker["node_config"]
    spot = [told.get("InstanceMarketOptions"), *told.get("scheduling", ())]
    assert {"MarketType": "spot"} in spot or {"preemptible": True} in spot


def test_two_machines_that_are_not_spot_hold_what_everybody_waits_for(cluster: Any) -> None:
    edge = cluster["available_node_types"]["edge"]
    assert edge["min_workers"] == 2
    assert edge["resources"]["edge"] == 1
    assert "InstanceMarketOptions" not in edge["node_config"]
    assert "scheduling" not in edge["node_config"]


def test_the_images_hold_the_ray_that_is_tested_here(cluster: Any) -> None:
    edge = cluster["available_node_types"]["edge"]
    for image in (
        cluster["docker"]["head_image"],
        cluster["docker"]["worker_image"],
        edge["docker"]["worker_image"],
    ):
        assert image.startswith(f"rayproject/ray:{ray.__version__}-py311-")


def test_rays_own_api_wants_a_token_and_its_dashboard_is_on_loopback(cluster: Any) -> None:
    assert environment()["RAY_AUTH_MODE"] == "token"
    assert "~/.ray/auth_token" in cluster["file_mounts"]
    (started,) = [line for line in cluster["head_start_ray_commands"] if "--head" in line]
    assert "--dashboard-host=127.0.0.1" in started


def test_a_cluster_is_told_what_a_laptop_is() -> None:
    wanted = {name: value for name, value in ALWAYS.items() if name not in ON_A_LAPTOP}
    assert environment() == wanted | {"RAY_AUTH_MODE": "token"}


def test_what_gpu_yaml_asks_for_is_what_the_machines_have() -> None:
    application = yaml.safe_load(DEFAULT_CONFIG.with_name("gpu.yaml").read_text())
    asked = {
        name
        for part in application.values()
        if isinstance(part, dict)
        for name in part.get("resources", ())
    }
    has = {name for told in read(AWS)["available_node_types"].values() for name in told["resources"]}
    assert asked == has - {"CPU", "GPU"}


def test_both_clouds_have_the_same_machines() -> None:
    first, second = (
        {name: (told["resources"], told.get("min_workers"), told.get("max_workers"))
         for name, told in read(cloud)["available_node_types"].items()}
        for cloud in (AWS, GCP)
    )  # fmt: skip
    assert first == second


@pytest.fixture
def spec() -> Any:
    manifest = read(KUBERAY)
    assert (manifest["apiVersion"], manifest["kind"]) == ("ray.io/v1", "RayService")
    return manifest["spec"]


def test_kuberay_runs_the_same_application(spec: Any) -> None:
    told = yaml.safe_load(spec["serveConfigV2"])
    schema = ServeDeploySchema.model_validate(told)
    (application,) = schema.applications
    assert application.import_path == "deployments.app:build_from_file"
    assert told["applications"][0].keys() <= type(application).model_fields.keys()
    assert told.keys() <= ServeDeploySchema.model_fields.keys()
    settings = yaml.safe_load((DEFAULT_CONFIG.parent / application.args["config"]).read_text())  # type: ignore[index]
    assert (told["http_options"]["host"], told["http_options"]["port"]) == (
        settings["host"],
        settings["port"],
    )


def test_kuberay_has_the_same_machines(spec: Any) -> None:
    types = read(AWS)["available_node_types"]
    for group in spec["rayClusterConfig"]["workerGroupSpecs"]:
        told = types[group["groupName"]]
        (container,) = group["template"]["spec"]["containers"]
        limits = container["resources"]["limits"]
        assert (
            limits == container["resources"]["requests"]
        )  # Ray counts the limits, Kubernetes places by the requests
        assert (group["minReplicas"], group["maxReplicas"]) == (told["min_workers"], told["max_workers"])
        assert int(limits["cpu"]) == told["resources"]["CPU"]
        assert int(limits.get("nvidia.com/gpu", 0)) == told["resources"].get("GPU", 0)
        custom = dict.fromkeys(told["resources"].keys() - {"CPU", "GPU"}, 1)
        assert yaml.safe_load(yaml.safe_load(group["rayStartParams"]["resources"])) == custom
    assert spec["rayClusterConfig"]["headGroupSpec"]["rayStartParams"]["num-cpus"] == "0"


def test_kuberay_has_a_token_a_head_that_comes_back_and_the_same_environment(spec: Any) -> None:
    told = spec["rayClusterConfig"]
    assert told["rayVersion"] == ray.__version__
    assert told["authOptions"] == {"mode": "token"}
    assert told["gcsFaultToleranceOptions"]["redisAddress"]
    pods = [told["headGroupSpec"], *told["workerGroupSpecs"]]
    for container in [each for pod in pods for each in pod["template"]["spec"]["containers"]]:
        given = {each["name"]: each["value"] for each in container["env"]}
        assert {"RAY_AUTH_MODE": "token"} | given == environment() | {
            "GRAMOJI_SECRETS": "/run/secrets/gramoji"
        }


@pytest.mark.parametrize("name", [AWS, GCP, KUBERAY, "configs/gpu.yaml", "configs/cluster/environment"])
def test_no_secret_stands_in_a_file(name: str) -> None:
    lines = [line.partition("#")[0] for line in (ROOT / name).read_text().splitlines()]
    said = [line for line in lines if "://" in line or "assword:" in line or "token:" in line]
    assert [line for line in said if not MENTION.search(line)] == []
