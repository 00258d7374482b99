"""What `gramoji learn` decides, on logs of simulated people and a real registry."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from ranking.live_policy import POLICY
from ranking.policy import from_safetensors, to_safetensors
from rl.learn import Learning
from rl.learn_settings import LearnSettings
from store.database import connect, migrate
from store.journal import Decision, Journal
from store.registry import Registry
from store.serving import Beside
from tests.ranking import strategies as s
from tests.rl.logs import log_rows
from tests.rl.test_drift import GREETINGS, SPORTS, by_hash, typed
from tests.rl.test_promotion import leaning_to
from tests.rl.test_training import TINY

WEIGHTS = replace(s.SHIPPED, temperature=0.1)
DAY_S = 86_400.0


@pytest.fixture
def learning(tmp_path: Path) -> Learning:
    (tmp_path / "ranking.yaml").write_text(
        Path("configs/ranking.yaml").read_text().replace("temperature: 0.03", "temperature: 0.1")
    )
    (tmp_path / "training.yaml").write_text(yaml.safe_dump(TINY.model_dump(mode="json")))
    settings = LearnSettings.load(Path("configs/rl/learn.yaml")).model_copy(
        update={
            "training": tmp_path / "training.yaml",
            "new_slates": 1_500,
            "drifted_slates": 400,
            "effect": 0.1,
        }
    )
    registry = Registry(str(tmp_path / "registry"))
    return Learning(settings, registry, tmp_path / "ranking.yaml", tmp_path / "runs", by_hash)


def decisions(learning: Learning) -> list[Decision]:
    return Journal(learning.registry).read()


def register(learning: Learning, by: float, to_s: float = 0.0) -> str:
    policy = leaning_to("is_video", by)
    about = {"data": {"from_s": 0.0, "to_s": to_s}, "settings": {"held_out": 0.3, "seed": 0}}
    learning.registry.add(policy.version, {POLICY: to_safetensors(policy)}, about)
    return policy.version


def tried(rows: Sequence[dict[str, Any]], version: str, rate: float) -> list[dict[str, Any]]:
    """Half of the people get the version, and take the first item of a slate at this rate; the others at 0.3."""
    rng, changed = np.random.default_rng(0), []
    for row in rows:
        has_it = int(row["user_id"].split("-")[1]) % 2 == 0
        taken = rng.random() < (rate if has_it else 0.3)
        feedback = [{"item_id": row["shown"][0]["item_id"], "action": "select"}] if taken else []
        named = version if has_it else row["policy_version"]
        changed.append(row | {"policy_version": named, "feedback": feedback})
    return changed


def test_too_little_that_is_new_is_waited_out_and_the_reason_is_kept(learning: Learning) -> None:
    learning.look(typed(log_rows(200, WEIGHTS), GREETINGS), 1_000.0)
    learning.look([], 1_000.0)
    first, second = decisions(learning)
    assert (first.by, first.what, first.version) == ("learn", "waiting", None)
    assert first.reason == "200 new slates; wanted are 1500"
    assert first.evidence["drift"]["slates"] == [101, 99]
    assert second.reason == "0 new slates; wanted are 1500"


def test_drift_asks_for_less_and_is_named(learning: Learning) -> None:
    version = register(learning, 0.5, to_s=499.0)
    learning.registry.promote(version)
    rows = log_rows(900, WEIGHTS)
    learning.look(typed(rows[:500], GREETINGS) + typed(rows[500:880], SPORTS), 1_000.0)
    (decision,) = decisions(learning)
    assert decision.reason.startswith("380 new slates, drifted: n-grams ")
    assert decision.reason.endswith("wanted are 400")


@pytest.mark.parametrize(
    ("rate", "days", "what"),
    [(0.9, 1, "promoted"), (0.02, 1, "taken back"), (0.3, 1, "waiting"), (0.3, 15, "taken back")],
)
def test_a_canary_is_promoted_taken_back_or_waited_for(
    learning: Learning, rate: float, days: float, what: str
) -> None:
    version = register(learning, 40.0)  # too far from the log to be judged by it
    learning.registry.try_out(version, 0.5)
    now_s = learning.registry.serving().beside.since_s + days * DAY_S  # type: ignore[union-attr]
    rows = [
        row | {"at": row["at"].fromtimestamp(now_s - 60, row["at"].tzinfo)}
        for row in log_rows(1_000, WEIGHTS)
    ]
    learning.look(tried(rows, version, rate), now_s)
    (decision,) = decisions(learning)
    assert (decision.by, decision.what, decision.version) == ("learn", what, version)
    serving = learning.registry.serving()
    if what == "promoted":
        assert serving.live == version
        assert serving.beside == Beside(None, "control", 0.05, serving.beside.since_s)  # type: ignore[union-attr]
    elif what == "taken back":
        assert serving.beside is None
        assert serving.taken_back is not None
        assert serving.taken_back.reason == decision.reason
    else:
        assert serving.beside is not None


@pytest.mark.slow
@pytest.mark.usefixtures("cluster")
def test_enough_that_is_new_is_learned_from_and_tried_on_some(learning: Learning) -> None:
    rows = typed(log_rows(2_200, WEIGHTS), GREETINGS)
    learning.look(rows, 3_000.0)
    trained, tried_out = decisions(learning)
    assert trained.what == "trained"
    assert trained.reason.startswith("2200 new slates; learned from ")
    assert (tried_out.what, tried_out.version) == ("canary", trained.version)
    version = trained.version or ""
    about = learning.registry.about(version)
    assert about["parent"] is None
    assert about["data"]["to_s"] <= 2_199.0
    curves = learning.registry.read(version, "curves.jsonl").decode().splitlines()
    assert len(curves) == TINY.iterations
    assert from_safetensors(learning.registry.read(version, POLICY)).version == version
    beside = learning.registry.serving().beside
    assert beside is not None
    assert (beside.version, beside.share) == (version, 0.1)


@pytest.mark.slow
async def test_one_look_from_the_command_line_exports_the_log_and_says_why_it_waits(tmp_path: Path) -> None:
    database_url = f"sqlite+aiosqlite:///{tmp_path}/gramoji.db"
    await migrate(database_url)
    await (await connect(database_url)).dispose()
    command = [sys.executable, "-m", "deployments.cli", "learn", "--once"]
    environment = {**os.environ, "GRAMOJI_VAR": str(tmp_path)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "waiting:  0 new slates; wanted are 20000"
    assert (tmp_path / "log" / "_watermark.json").exists()
    (decision,) = Journal(Registry(str(tmp_path / "registry"))).read()
    assert decision.at_s < time.time()
