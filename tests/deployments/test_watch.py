"""The watcher on real stores and a real registry, with people who select from one policy's slates less than from another's."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from ulid import ULID

from deployments.policies import Policies, load_policies, ranking_config
from deployments.policy_counts import PolicyCounts
from deployments.ranker import Ranker
from deployments.settings import DEFAULT_CONFIG, AppSettings
from deployments.watch import Watch
from deployments.watch_limits import WatchLimits
from ranking.live_policy import POLICY
from ranking.outcomes import ANYTHING, PAINTED
from ranking.painted_trial import PaintedCounts
from ranking.policy import RankingPolicy, to_safetensors
from store.database import connect, migrate
from store.feedback import FeedbackLog
from store.impressions import ImpressionLog
from store.journal import Journal
from store.media import MediaStore
from store.registries import generator_registry
from store.registry import Registry
from store.serving import Serving
from tests.ranking import strategies as s
from tests.ranking.networks import random_network
from tests.store.test_media_store import item
from tests.store.test_people import deed, impression

NOW = WatchLimits(every_s=1e-6, settled_after_s=0.0, effect=0.1)


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    await migrate(database_url)
    opened = await connect(database_url)
    yield opened
    await opened.dispose()


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(AppSettings.load(DEFAULT_CONFIG, tmp_path).store.registry_url)


def register(registry: Registry) -> str:
    policy = RankingPolicy(s.SHIPPED, random_network())
    registry.add(policy.version, {POLICY: to_safetensors(policy)}, {})
    return policy.version


def watch_of(
    engine: AsyncEngine, registry: Registry, policies: Callable[[], Policies], limits: WatchLimits = NOW
) -> Watch:
    return Watch("ranker", registry, limits, PolicyCounts(engine, policies))


def loaded(registry: Registry) -> Policies:
    return load_policies(ranking_config(AppSettings.load(DEFAULT_CONFIG).suggest, registry.root))


async def use(engine: AsyncEngine, policies: Policies, rates: dict[str, float], people: int = 300) -> None:
    """Four slates a person, drawn by the policy that is theirs."""
    rng, shown, done = np.random.default_rng(0), [], []
    for person in range(people):
        version = policies.of(f"u-{person}").version
        for _ in range(4):
            shown.append(
                impression(str(ULID()), user_id=f"u-{person}", policy_version=version, at_s=time.time())
            )
            if rng.random() < rates[version]:
                done.append(deed(shown[-1].suggestion_id, at_s=time.time()))
    await ImpressionLog(engine, "test").add(shown)
    await FeedbackLog(engine, "test").record(done)


async def test_a_canary_that_is_selected_from_less_is_taken_back_and_the_reason_is_kept(
    engine: AsyncEngine, registry: Registry
) -> None:
    version = register(registry)
    registry.try_out(version, 0.4)
    policies = loaded(registry)
    assert policies.beside is not None
    await use(engine, policies, {s.SHIPPED.version: 0.6, version: 0.1})
    found = await watch_of(engine, registry, lambda: policies).look(policies.serving)
    assert found[ANYTHING].upper < 0
    serving = registry.serving()
    assert serving.beside is None
    assert serving.taken_back is not None
    assert serving.taken_back.version == version
    assert "surely selected from less" in serving.taken_back.reason
    (decision,) = Journal(registry).read()
    assert (decision.by, decision.what, decision.version) == ("watch", "taken back", version)
    assert decision.evidence["people"][0] == pytest.approx(120, abs=40)


async def test_a_live_version_that_is_selected_from_less_than_its_control_is_taken_back(
    engine: AsyncEngine, registry: Registry
) -> None:
    version = register(registry)
    registry.promote(version, control=0.3)
    policies = loaded(registry)
    assert policies.version == version
    await use(engine, policies, {s.SHIPPED.version: 0.6, version: 0.1})
    await watch_of(engine, registry, lambda: policies).look(policies.serving)
    assert registry.live() is None


async def test_a_canary_that_does_as_well_or_better_stays(engine: AsyncEngine, registry: Registry) -> None:
    version = register(registry)
    registry.try_out(version, 0.4)
    policies = loaded(registry)
    await use(engine, policies, {s.SHIPPED.version: 0.3, version: 0.5})
    watch = watch_of(engine, registry, lambda: policies)
    found = await watch.look(policies.serving)
    assert found[ANYTHING].value > 0.1
    assert watch.latest == found
    assert registry.serving().beside is not None


async def test_who_only_measures_takes_nothing_back(engine: AsyncEngine, registry: Registry) -> None:
    version = register(registry)
    registry.try_out(version, 0.4)
    policies = loaded(registry)
    await use(engine, policies, {s.SHIPPED.version: 0.6, version: 0.1})
    limits = WatchLimits(every_s=1e-6, settled_after_s=0.0, take_back=False)
    found = await watch_of(engine, registry, lambda: policies, limits).look(policies.serving)
    assert found[ANYTHING].upper < 0
    assert registry.serving().beside is not None


@dataclass(frozen=True)
class Habit:
    """How likely a person takes, of a slate, what was painted for them since the trial began, before it, and the rest."""

    painted: float
    older: float
    catalogue: float


async def use_generators(
    store: MediaStore, serving: Serving, habits: dict[bool, Habit], people: int = 300
) -> None:
    """Four slates a person, each with a new sticker, one from before the trial and one of the catalogue."""
    assert serving.beside is not None
    rng, items, shown, done = np.random.default_rng(0), [item("catalogue")], [], []
    for user_id in (f"u-{number}" for number in range(people)):
        habit = habits[serving.is_beside(user_id)]
        times = {"painted": time.time(), "older": serving.beside.since_s - 1.0}
        items += [
            item(f"{name}-{user_id}", origin="generated", owner_id=user_id, created_at=at_s)
            for name, at_s in times.items()
        ]
        names = {name: f"{name}-{user_id}" for name in times} | {"catalogue": "catalogue"}
        for _ in range(4):
            slate = impression(str(ULID()), tuple(names.values()), user_id=user_id, at_s=time.time())
            shown.append(slate)
            done += [
                deed(slate.suggestion_id, item_id, at_s=time.time())
                for name, item_id in names.items()
                if rng.random() < getattr(habit, name)
            ]
    await store.add(items)
    await ImpressionLog(store.engine, "test").add(shown)
    await FeedbackLog(store.engine, "test").record(done)


@pytest.fixture
def generators(tmp_path: Path) -> Registry:
    """With a tuned version that 40 % of the people get."""
    registry = generator_registry(str(tmp_path / "registry"), "sticker")
    registry.add("sticker-rl-new", {}, {})
    registry.try_out("sticker-rl-new", 0.4)
    return registry


def watch_generators(store: MediaStore, registry: Registry) -> Watch:
    return Watch("sticker", registry, NOW, PaintedCounts(store.engine))


async def test_a_generator_whose_stickers_are_selected_less_is_taken_back(
    store: MediaStore, generators: Registry
) -> None:
    await use_generators(
        store, generators.serving(), {False: Habit(0.5, 0.3, 0.3), True: Habit(0.1, 0.3, 0.6)}
    )
    found = await watch_generators(store, generators).look(generators.serving())
    assert found[PAINTED].upper < 0
    assert found[ANYTHING].upper > 0, "it is no comfort that they take more of the rest"
    serving = generators.serving()
    assert serving.beside is None
    assert serving.taken_back is not None
    assert "surely selected from less often: of what was painted" in serving.taken_back.reason
    (decision,) = Journal(generators).read()
    assert decision.evidence["of"] == PAINTED
    assert decision.evidence["new"] == pytest.approx(0.1, abs=0.05)


async def test_a_generator_is_not_blamed_for_what_was_painted_before_its_trial(
    store: MediaStore, generators: Registry
) -> None:
    await use_generators(
        store, generators.serving(), {False: Habit(0.2, 0.5, 0.2), True: Habit(0.4, 0.3, 0.2)}
    )
    watch = watch_generators(store, generators)
    found = await watch.look(generators.serving())
    assert found[PAINTED].lower > 0
    assert generators.serving().beside is not None
    assert watch.said.startswith("of what was painted: +0.")


async def test_a_generator_that_makes_people_take_less_of_anything_is_taken_back(
    store: MediaStore, generators: Registry
) -> None:
    await use_generators(
        store, generators.serving(), {False: Habit(0.2, 0.2, 0.7), True: Habit(0.2, 0.2, 0.2)}
    )
    found = await watch_generators(store, generators).look(generators.serving())
    assert found[PAINTED].upper > 0
    assert found[ANYTHING].upper < 0
    assert generators.serving().taken_back is not None


async def test_a_ranker_follows_the_registry(engine: AsyncEngine, registry: Registry) -> None:
    version = register(registry)
    ranker = Ranker()
    watch = watch_of(engine, registry, lambda: ranker.live.model)
    await ranker.take(ranking_config(AppSettings.load(DEFAULT_CONFIG).suggest, registry.root))
    changes: list[str] = []
    following = asyncio.create_task(
        ranker.follow(0.01, watch, lambda: changes.append(ranker.live.model.version))
    )
    try:
        registry.try_out(version, 0.5)
        await until(lambda: ranker.live.model.beside is not None)
        assert {ranker.policy_of(f"u-{i}").version for i in range(40)} == {version, s.SHIPPED.version}
        state = await ranker.state(False, watch)
        assert [(each.version, each.status, each.share) for each in state.others] == [
            (version, "canary", 0.5)
        ]
        registry.promote(version)
        await until(lambda: ranker.live.model.version == version)
        registry.rollback("too bold")
        await until(lambda: ranker.live.model.version == s.SHIPPED.version)
        (other,) = (await ranker.state(False, watch)).others
        assert (other.status, other.detail) == ("taken back", "too bold")
        (Path(registry.root) / "live.json").write_text("{")
        await asyncio.sleep(0.1)
        registry_is_back = Registry(registry.root)
        (Path(registry.root) / "live.json").unlink()
        registry_is_back.promote(version)
        await until(lambda: ranker.live.model.version == version)
        assert len(changes) >= 4
    finally:
        following.cancel()
        with suppress(asyncio.CancelledError):
            await following


async def until(condition: object, within_s: float = 10.0) -> None:
    deadline = time.monotonic() + within_s
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)
