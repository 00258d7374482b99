import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from deployments.live import Live
from deployments.policies import load_policies, ranking_config, up_to_date
from deployments.settings import DEFAULT_CONFIG, AppSettings
from ranking.live_policy import POLICY
from ranking.policy import RankingPolicy, to_safetensors
from store.registry import Registry
from tests.ranking import strategies as s
from tests.ranking.networks import random_network


def gramoji(var: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "deployments.cli", *arguments]
    environment = {**os.environ, "GRAMOJI_VAR": str(var)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def register(var: Path) -> str:
    policy = RankingPolicy(s.SHIPPED, random_network())
    about = {"data": {"slates": 10}, "settings": {"held_out": 0.3, "seed": 0}}
    Registry(str(var / "registry")).add(policy.version, {POLICY: to_safetensors(policy)}, about)
    return policy.version


async def test_a_promotion_changes_what_the_ranker_is_told_and_a_rollback_changes_it_back(
    tmp_path: Path,
) -> None:
    settings = AppSettings.load(DEFAULT_CONFIG, tmp_path)
    registry, version = Registry(settings.store.registry_url), register(tmp_path)
    live = Live(load_policies)
    await live.take(ranking_config(settings.suggest, registry.root))
    assert live.model.live.network is None
    assert live.model.version == s.SHIPPED.version
    registry.promote(version)
    await live.take(json.loads(json.dumps(ranking_config(settings.suggest, registry.root))))
    assert (await live.settled()).version == version
    registry.rollback()
    await live.take(ranking_config(settings.suggest, registry.root))
    assert (await live.settled()).version == s.SHIPPED.version


async def test_a_version_that_can_not_be_read_leaves_the_one_before_it_serving(tmp_path: Path) -> None:
    settings = AppSettings.load(DEFAULT_CONFIG, tmp_path)
    live = Live(load_policies)
    told = ranking_config(settings.suggest, settings.store.registry_url)
    await live.take(told)
    await live.take(told | {"serving": told["serving"] | {"lives": ["ghost"]}})
    state = await live.settled()
    assert state.version == s.SHIPPED.version
    assert "ghost" in str(state.refused)


@pytest.mark.slow
def test_versions_are_listed_and_taken_back_from_the_command_line(tmp_path: Path) -> None:
    version = register(tmp_path)
    refused = gramoji(tmp_path, "promote", version)
    assert refused.returncode == 1
    assert "the log holds no slate of the live policy" in refused.stdout
    Registry(str(tmp_path / "registry")).promote(version)
    assert f"{version} " in gramoji(tmp_path, "versions").stdout
    assert "live" in gramoji(tmp_path, "versions").stdout
    assert gramoji(tmp_path, "rollback").stdout == "the hand-set weights are live\n"


async def test_what_was_refused_is_tried_again_after_a_while(tmp_path: Path) -> None:
    settings = AppSettings.load(DEFAULT_CONFIG, tmp_path)
    live, tried = Live(load_policies, up_to_date), []
    registry = Registry(settings.store.registry_url)
    await live.take(ranking_config(settings.suggest, registry.root))
    version = register(tmp_path)
    registry.promote(version)
    policy = Path(registry.root) / version / POLICY
    kept = policy.read_bytes()
    policy.unlink()
    assert await live.refresh()
    assert "no " + POLICY in str(live.state.refused)
    policy.write_bytes(kept)
    tried.append(await live.refresh())
    live._again_at = 0.0  # as if the minute were over
    tried.append(await live.refresh())
    assert tried == [False, True]
    assert (live.state.version, live.state.refused) == (version, None)
