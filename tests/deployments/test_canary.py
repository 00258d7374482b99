"""What was learned is tried out, promoted and taken back on a real server while calls go on: none fails, and no replica
starts anew.
"""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from models.transformer import FlowTransformer
from ranking.live_policy import POLICY
from ranking.policy import RankingPolicy, to_safetensors
from store.registries import generator_registry
from store.registry import Registry
from tests.conftest import serving
from tests.deployments.test_policy import gramoji
from tests.deployments.test_swap import ROW, STICKER, Load, replicas, stickers
from tests.deployments.test_tuned import SETTINGS, register
from tests.keyed import write_config
from tests.ranking import strategies as s
from tests.ranking.networks import random_network

pytestmark = pytest.mark.slow
USERS = [f"u-{i}" for i in range(24)]


@pytest.fixture(scope="module")
def folder(new_folder: Callable[[str], Path]) -> Path:
    return new_folder("canary")


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[str]:
    with serving(folder, "--config", str(write_config(folder))) as url:
        yield url


def policies(url: str) -> dict[str, str]:
    """The policy of each person."""
    with httpx.Client(base_url=url, timeout=60) as client:
        return {
            user: client.post("/v1/suggest", json=ROW | {"user_id": user}).json()["policy_version"]
            for user in USERS
        }


def models(url: str, name: str = "ranker") -> dict[str, dict[str, Any]]:
    found = httpx.get(f"{url}/v1/models", timeout=60).json()["models"]
    return {each["status"]: each for each in found if each["name"] == name}


def painters(url: str) -> dict[str, str]:
    """The version that makes stickers for each person."""
    with httpx.Client(base_url=url, timeout=60) as client:
        answers = {
            user: client.post("/v1/generate", json=STICKER | {"user_id": user}).json()
            for user in USERS[:12]
        }
    return {user: answer["items"][0]["model_version"] for user, answer in answers.items()}


def until(condition: Callable[[], bool], within_s: float = 30.0) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.5)


def test_a_canary_a_promotion_and_a_rollback_reach_the_server_by_themselves(
    server: str, folder: Path
) -> None:
    var, policy = folder / "var", RankingPolicy(s.SHIPPED, random_network())
    version, registry = policy.version, Registry(str(folder / "var" / "registry"))
    about = {"data": {"slates": 10}, "settings": {"held_out": 0.3, "seed": 0}}
    registry.add(version, {POLICY: to_safetensors(policy)}, about)
    unseen = RankingPolicy(s.SHIPPED, random_network(seed=1))
    registry.add(unseen.version, {POLICY: to_safetensors(unseen)}, about)
    assert gramoji(var, "promote", unseen.version, "--shadow", "1").returncode == 0
    processes = replicas(server)
    with Load(server, "/v1/suggest", ROW, lambda slate: slate["policy_version"]) as load:
        assert models(server)["candidate"]["version"] == version
        tried = gramoji(var, "promote", version, "--canary", "0.5")
        assert tried.returncode == 0, tried.stderr
        assert f"{version} is a canary: for 50% of the people" in tried.stdout
        until(lambda: "canary" in models(server))
        assert models(server)["canary"]["share"] == 0.5
        before = policies(server)
        assert set(before.values()) == {version, s.SHIPPED.version}
        assert policies(server) == before, "a person stays with one policy"
        assert "slates: likes the same best in " in models(server)["shadow"]["detail"]
        assert models(server)["shadow"]["detail"].endswith(" 0 errors")
        assert unseen.version not in before.values(), "nobody sees a shadow"

        registry.promote(version, control=0.2)
        until(lambda: models(server)["live"]["version"] == version)
        assert models(server)["control"]["version"] == s.SHIPPED.version
        after = policies(server)
        assert all(after[user] == version for user in USERS if before[user] == version)

        assert gramoji(var, "rollback").returncode == 0
        until(lambda: models(server)["live"]["version"] == s.SHIPPED.version)
        assert models(server)["taken back"]["detail"] == "asked for"
        assert set(policies(server).values()) == {s.SHIPPED.version}
    assert set(load.statuses) == {200}, "no call may fail"
    assert replicas(server) == processes, "no replica starts anew"


def test_a_tuned_generator_paints_for_some_then_for_all_and_is_taken_back_without_a_command(
    server: str, folder: Path
) -> None:
    url = str(folder / "var" / "registry")
    registry, version = generator_registry(url, "sticker"), "sticker-rl-new"
    register(url, FlowTransformer.from_pretrained(SETTINGS.weights / "transformer").float(), version)
    shipped, processes = models(server, "sticker")["live"]["version"], replicas(server)
    with stickers(server) as load:
        registry.try_out(version, 0.5)
        until(lambda: "canary" in models(server, "sticker"))
        canary = models(server, "sticker")["canary"]
        assert canary["version"].startswith(f"{version}-")
        assert (canary["share"], canary["detail"]) == (0.5, "too few people so far to compare")
        before = painters(server)
        assert set(before.values()) == {canary["version"], shipped}
        assert painters(server) == before, "a person stays with one generator"

        registry.promote(version, control=0.2)
        until(lambda: models(server, "sticker")["live"]["version"] == canary["version"])
        assert models(server, "sticker")["control"]["version"] == shipped
        after = painters(server)
        assert all(after[user] == canary["version"] for user in before if before[user] != shipped)

        done = gramoji(folder / "var", "rollback", "--of", "sticker")
        assert done.returncode == 0, done.stderr
        until(lambda: models(server, "sticker")["live"]["version"] == shipped)
        assert models(server, "sticker")["taken back"]["version"] == version
        assert set(painters(server).values()) == {shipped}
    assert set(load.statuses) == {200}, "no call may fail"
    assert replicas(server) == processes, "no replica starts anew"
