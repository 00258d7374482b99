"""Ray's real autoscaler on one machine: it adds and takes away the node types of `cluster.yaml`, as processes."""

import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

import psutil
import yaml

from deployments.ray_environment import ray_environment

ROOT = Path(__file__).parents[2]
FAKE_HEAD = "ray.head.default"  # what Ray's fake provider calls its head
STARTED_WITHIN_S = 60


def environment() -> dict[str, str]:
    """What every process of a cluster of its own is told; as on a real one, Ray wants a token."""
    return ray_environment() | {
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": secrets.token_hex(32),
        "RAY_FAKE_CLUSTER": "1",
        "AUTOSCALER_UPDATE_INTERVAL_S": "1",
        "RAY_SERVE_REPLICA_AUTOSCALING_METRIC_PUSH_INTERVAL_S": "1",
        "RAY_SERVE_HANDLE_AUTOSCALING_METRIC_PUSH_INTERVAL_S": "1",
    }


class FakeCluster:
    """A head in a process group of its own; `with` starts it, and ends all that it started."""

    def __init__(self, folder: Path, min_workers: Mapping[str, int]) -> None:
        from ray.util import (
            get_node_ip_address,
        )  # after `environment` was set, for Ray reads its token once

        self.folder = folder
        self.ip = get_node_ip_address()
        self.min_workers = min_workers
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]

    @property
    def address(self) -> str:
        """Where `ray.init` finds it."""
        return f"{self.ip}:{self.port}"

    def __enter__(self) -> Self:
        config = self.folder / "autoscaling.yaml"
        config.write_text(yaml.safe_dump(self._config()))
        command = [
            str(Path(sys.executable).with_name("ray")), "start", "--head", "--block", f"--port={self.port}",
            "--num-cpus=0", "--include-dashboard=false", f"--temp-dir={self._temp()}",
            "--dashboard-agent-listen-port=0", f"--autoscaling-config={config}", "--object-store-memory=100000000",
        ]  # fmt: skip
        with (self.folder / "ray.log").open("wb") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env=os.environ)
        deadline = time.monotonic() + STARTED_WITHIN_S
        while time.monotonic() < deadline and self.process.poll() is None:
            with suppress(OSError), socket.create_connection((self.ip, self.port), 1):
                return self
            time.sleep(0.5)
        raise RuntimeError((self.folder / "ray.log").read_text())

    def __exit__(self, *_: object) -> None:
        with suppress(psutil.NoSuchProcess):
            everything = psutil.Process(self.process.pid).children(recursive=True)
            self.process.terminate()
            _, left = psutil.wait_procs(everything, 10)
            for process in left:
                with suppress(psutil.NoSuchProcess):
                    process.kill()
        self.process.wait()

    def processes_of(self, title: str) -> set[int]:
        """Those, on any machine, of this name, or whose title begins so."""
        found = set[int]()
        for process in psutil.Process(self.process.pid).children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                named = process.name() == title or " ".join(process.cmdline()).startswith(title)
                if named and process.status() != psutil.STATUS_ZOMBIE:
                    found.add(process.pid)
        return found

    def machines(self, node_type: str) -> set[int]:
        """The processes of Ray's own on the machines of this type: without its own a machine is lost."""
        found = set[int]()
        for process in psutil.Process(self.process.pid).children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                if process.name() == "raylet" and process.environ().get("RAY_NODE_TYPE_NAME") == node_type:
                    found.add(process.pid)
        return found

    def _temp(self) -> str:
        """Short, for the paths of sockets may not be long."""
        return f"/tmp/gramoji-{self.port}"

    def _config(self) -> dict[str, Any]:
        """`cluster.yaml` with machines that are processes here, and gone after seconds without work."""
        shipped = yaml.safe_load((ROOT / "cluster.yaml").read_text())
        types = {
            FAKE_HEAD if name == shipped["head_node_type"] else name: {
                "resources": told["resources"] | {"object_store_memory": 100_000_000},
                "min_workers": self.min_workers.get(name, 0),
                "max_workers": told.get("max_workers", 0),
                "node_config": {},
            }
            for name, told in shipped["available_node_types"].items()
        }
        empty: dict[str, Any] = {
            name: []
            for name in ("initialization_commands", "setup_commands", "head_setup_commands", "worker_setup_commands",
                         "head_start_ray_commands", "worker_start_ray_commands", "cluster_synced_files",
                         "rsync_exclude", "rsync_filter")
        }  # fmt: skip
        return empty | {
            "cluster_name": "fake",
            "max_workers": shipped["max_workers"],
            "idle_timeout_minutes": 0.1,
            "upscaling_speed": 20,
            "provider": {
                "type": "fake_multinode",
                "gcs_address": self.address,
                "use_node_id_as_ip": True,  # the machines share their address
                "disable_node_updaters": True,
                "disable_launch_config_check": True,
            },
            "head_node_type": FAKE_HEAD,
            "available_node_types": types,
            "auth": {},
            "docker": {},
            "file_mounts": {},
            "file_mounts_sync_continuously": False,
        }


def alive() -> dict[str, int]:
    """How many machines of each type are in the cluster now, by the custom resource that names the type."""
    import ray

    counts: dict[str, int] = {}
    for node in ray.nodes():
        if node["Alive"]:
            for name in node["Resources"].keys() & {"edge", "gpu_24gb", "gpu_80gb"}:
                counts[name] = counts.get(name, 0) + 1
    return counts
