"""The shipped `configs/gpu.yaml` and `cluster.yaml` on one machine: what Ray's autoscaler and Serve's do with them."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.autoscaler
FAULTS = ("Sticker", "controller", "postgresql")
WITHIN_S = 600


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What the scenario reports; it runs once, in a process of its own."""
    folder = tmp_path_factory.mktemp("c")
    command = [sys.executable, "-m", "tests.cluster.scenario", str(folder), *FAULTS]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=WITHIN_S, env=os.environ, cwd=Path.cwd()
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return json.loads((folder / "report.json").read_text())


def test_large_gpus_are_not_bought_before_somebody_calls(seen: Any) -> None:
    assert seen["machines_at_first"] == {"edge": 1, "gpu_24gb": 1}
    assert seen["asleep_at_first"] == ["Audio", "Image", "Video"]


def test_what_sleeps_is_named_and_the_service_is_ready_all_the_same(seen: Any) -> None:
    said = seen["ready"]
    assert {name for name, state in said.items() if state == "asleep"} == {"image", "video", "audio"}
    assert said["sticker"].startswith("sticker-")


def test_the_first_call_for_a_clip_brings_the_machine_for_it_and_is_answered(seen: Any) -> None:
    for woken in (seen["woken"], seen["woken_again"]):
        assert (woken["status"], woken["items"]) == (200, 1)
        assert woken["machines"]["gpu_80gb"] == 1


def test_a_crowd_gets_a_second_replica_on_a_second_machine_of_the_right_type(seen: Any) -> None:
    assert seen["crowd"]["machines"]["gpu_24gb"] == 2
    assert seen["crowd"]["failed"] == []
    assert set(seen["crowd"]["degraded"]) <= {"sticker: busy"}


def test_machines_go_when_the_crowd_has_gone_and_no_call_fails_for_it(seen: Any) -> None:
    assert seen["calls_while_scaling"] > 100
    assert seen["failed_while_scaling"] == []


def test_nothing_that_was_acknowledged_is_lost(seen: Any) -> None:
    assert seen["acknowledged"] > 50
    assert seen["uploaded"] > 5
    assert seen["lost"] == 0


def test_a_killed_generator_fails_no_call(seen: Any) -> None:
    fault = seen["faults"]["Sticker"]
    assert fault["calls"] > 0
    assert fault["failed"] == []


def test_calls_go_on_without_serves_controller(seen: Any) -> None:
    assert seen["faults"]["controller"]["failed"] == []


def test_a_database_that_is_away_is_named_and_comes_back(seen: Any) -> None:
    fault = seen["faults"]["postgresql"]
    assert any(said.startswith("person: failed") for said in fault["degraded"])
    assert set(fault["failed_how"]) <= {"/v1/feedback: 503", "/v1/media: 503"}
    assert fault["all_well_after_s"] < 60
