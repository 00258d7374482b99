import json
import os
import re
import shutil
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
MONITORING = ROOT / "configs" / "monitoring"
DASHBOARD = json.loads((MONITORING / "dashboard.json").read_text())
GROUPS = yaml.safe_load((MONITORING / "alerts.yaml").read_text())["groups"]
RULES = [rule for group in GROUPS for rule in group["rules"]]
SHOWN = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]
# Counters that Ray exports from their first count on, and that nothing counts while all is well.
FAILURES = {"gramoji_impressions_lost", "gramoji_suggestions_degraded"}


def named(expressions: list[str]) -> set[str]:
    """Metrics in PromQL, as the code names them."""
    found = re.findall(r"ray_((?:gramoji|serve)_\w+)", " ".join(expressions))
    return {re.sub(r"_(total|bucket|count)$", "", name) for name in found}


def exported(text: str) -> set[str]:
    return {re.sub(r"_total$", "", name) for name in re.findall(r"^# TYPE ray_(\S+)", text, re.M)}


def leave_while_it_draws(client: httpx.Client) -> None:
    """Close a stream after its first slate, so that evaluations are spared; nothing was drawn for the text yet."""
    asked = {"n_gram_string": f"red balloon {uuid4()}", "user_id": "seen", "generate": "always"}
    with client.stream(
        "POST", "/v1/suggest", json=asked, headers={"Accept": "text/event-stream"}
    ) as stream:
        next(stream.iter_lines())
        time.sleep(0.5)


@pytest.mark.slow
def test_a_running_server_exports_every_metric_that_the_dashboard_and_the_alerts_name(
    client: httpx.Client,
) -> None:
    asked = {"n_gram_string": "happy birthday", "user_id": "seen", "generate": "always"}
    slate = client.post("/v1/suggest", json={**asked, "deadline_ms": 8000}).json()
    client.post("/v1/suggest", json={**asked, "n_gram_string": "see you soon", "deadline_ms": 50})
    taken = {"suggestion_id": slate["suggestion_id"], "item_id": slate["items"][0]["item_id"]}
    at = datetime.now(UTC).isoformat()
    client.post("/v1/feedback", json={"event_id": str(uuid4()), "action": "select", "at": at, **taken})
    wanted = named([*SHOWN, *(rule["expr"] for rule in RULES)]) - FAILURES
    deadline = time.monotonic() + 60
    while missing := wanted - exported(client.get("/metrics").text):
        assert time.monotonic() < deadline, missing
        leave_while_it_draws(client)


def test_what_only_failures_count_has_the_name_that_the_alerts_use() -> None:
    code = "".join(path.read_text() for path in (ROOT / "deployments").glob("*.py"))
    assert {name for name in FAILURES if f'"{name}"' in code} == FAILURES


def test_every_alert_says_how_bad_it_is_and_what_is_wrong_and_is_explained() -> None:
    explained = (ROOT / "docs" / "observability.md").read_text()
    for rule in RULES:
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert rule["annotations"]["summary"]
        assert f"`{rule['alert']}`" in explained


def test_panels_have_ids_of_their_own_and_do_not_overlap() -> None:
    panels = DASHBOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken = [
        (x, y)
        for place in (panel["gridPos"] for panel in panels)
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(set(taken)) == len(taken)


def test_promtool_accepts_the_rules() -> None:
    if shutil.which("promtool") is None:
        if os.environ.get("CI"):
            pytest.fail("promtool is not installed")
        pytest.skip("no promtool: Debian's package prometheus has it")
    subprocess.run(["promtool", "check", "rules", str(MONITORING / "alerts.yaml")], check=True)
