import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.keystrokes import PHRASES
from tests.keyed import KeyedServer

PEOPLE = 4
ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.slow


def type_at(url: str, folder: Path, key: str = "") -> tuple[int, dict[str, dict[str, Any]]]:
    """Locust's exit code and what it counted, by name, while four people typed for some seconds."""
    command = [
        sys.executable, "-m", "locust", "-f", "benchmarks/locustfile.py", "--host", url, "--headless", "--users", str(PEOPLE),
        "--spawn-rate", str(PEOPLE), "--run-time", "12s", "--generate", "never", "--json-file", str(folder / "typed"),
    ]  # fmt: skip
    environment = os.environ | {"GRAMOJI_KEY": key, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    counted = json.loads((folder / "typed.json").read_text())
    return done.returncode, {each["name"].removeprefix("/v1/suggest, "): each for each in counted}


def test_people_type_and_select_without_a_failure(keyed: KeyedServer, tmp_path: Path) -> None:
    code, counted = type_at(keyed.url, tmp_path, keyed.add_key("load"))
    assert code == 0
    messages = counted["first slate"]["num_requests"]
    assert messages >= 4
    assert (
        0 <= messages - counted["last slate"]["num_requests"] <= PEOPLE
    )  # who were stopped between the two
    assert 0 < counted["/v1/feedback"]["num_requests"] <= messages
    calls_before = sum(
        counted[name]["num_requests"] for name in counted.keys() & {"while typing", "superseded"}
    )
    assert messages < calls_before < (messages + PEOPLE) * max(map(len, PHRASES))


def test_without_a_key_every_call_fails_where_keys_are_wanted(keyed: KeyedServer, tmp_path: Path) -> None:
    code, counted = type_at(keyed.url, tmp_path)
    assert code == 1
    failed = [each for each in counted.values() if each["num_failures"]]
    assert failed
    assert all(each["num_failures"] == each["num_requests"] for each in failed)
