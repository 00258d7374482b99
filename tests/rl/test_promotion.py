from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ranking.features import NAMES
from ranking.live_policy import POLICY
from ranking.network import ScoringNetwork
from ranking.policy import RankingPolicy, to_safetensors
from rl.evidence import compared
from rl.judging import judge, propensities
from rl.log import RankingLog, read_log
from rl.ope.evaluate import Estimate
from rl.promote_ranker import promote, try_out
from store.journal import Journal
from store.registry import Registry
from store.serving import Beside
from tests.ranking import strategies as s
from tests.rl.logs import chances, draw_slate, log_rows

WEIGHTS = replace(s.SHIPPED, temperature=0.1)


def leaning_to(feature: str, by: float) -> RankingPolicy:
    """The hand-set ranking, plus a bonus for one feature, in units of the temperature."""
    lift_F1 = np.zeros((len(NAMES), 1), dtype=np.float32)
    lift_F1[NAMES.index(feature)] = by
    layers = ((lift_F1, np.zeros(1, np.float32)),)
    zeros, ones = np.zeros(len(NAMES), np.float32), np.ones(len(NAMES), np.float32)
    return RankingPolicy(WEIGHTS, ScoringNetwork(zeros, ones, WEIGHTS.temperature, layers))


@pytest.fixture(scope="module")
def log() -> RankingLog:
    return read_log(log_rows(3_000, WEIGHTS), WEIGHTS)


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(str(tmp_path))


def register(registry: Registry, policy: RankingPolicy) -> str:
    registry.add(policy.version, {POLICY: to_safetensors(policy)}, {})
    return policy.version


def test_the_policy_that_logged_has_its_own_propensities(log: RankingLog) -> None:
    assert propensities(log, leaning_to("known", 0.0)) == pytest.approx(log.propensities_SK, rel=0.03)


def test_a_better_policy_goes_live(log: RankingLog, registry: Registry) -> None:
    version = register(registry, leaning_to("is_video", 1.0))  # the people of this log love clips
    verdict = promote(registry, version, WEIGHTS.version, log, seed=0)
    assert verdict.promoted
    assert registry.live() == version
    assert "selections a slate" in verdict.reason


def test_a_worse_policy_stays_a_candidate(log: RankingLog, registry: Registry) -> None:
    version = register(registry, leaning_to("is_video", -1.0))
    verdict = promote(registry, version, WEIGHTS.version, log, seed=0)
    assert not verdict.promoted
    assert verdict.reason.startswith("not surely better: -")
    assert registry.live() is None


def test_what_the_log_can_not_tell_is_not_promoted(log: RankingLog, registry: Registry) -> None:
    version = register(
        registry, leaning_to("is_video", 40.0)
    )  # so far from the log that few slates speak of it
    verdict = promote(registry, version, WEIGHTS.version, log, seed=0)
    assert not verdict.promoted
    assert verdict.reason.startswith("the log can't tell: ")


def test_slates_of_other_policies_say_nothing_of_the_live_one(log: RankingLog, registry: Registry) -> None:
    version = register(registry, leaning_to("is_video", 1.0))
    assert "no slate of the live policy ranker-x" in promote(registry, version, "ranker-x", log, 0).reason


def test_the_estimated_gain_is_the_true_one(log: RankingLog) -> None:
    found = judge(log, leaning_to("is_video", 1.0), seed=0)
    assert isinstance(found, Estimate)
    network = leaning_to("is_video", 1.0).network
    gains = [
        sum(chances(draw_slate(10**7 + i, WEIGHTS, network))) - sum(chances(draw_slate(10**7 + i, WEIGHTS)))
        for i in range(2_000)
    ]
    assert found.value == pytest.approx(np.mean(gains), abs=found.interval.upper - found.interval.lower)


def test_a_canary_needs_no_proof_that_it_is_better(log: RankingLog, registry: Registry) -> None:
    version = register(registry, leaning_to("is_video", 40.0))  # the log can't tell
    verdict = try_out(registry, version, WEIGHTS.version, log, 0, share=0.1)
    assert verdict.promoted
    beside = registry.serving().beside
    assert beside is not None
    assert (beside.version, beside.role, beside.share) == (version, "canary", 0.1)
    assert registry.live() is None
    (decision,) = Journal(registry).read()
    assert (decision.what, decision.version) == ("canary", version)
    assert "can't tell" in decision.reason


def test_a_version_that_is_surely_worse_is_not_tried_on_anybody(
    log: RankingLog, registry: Registry
) -> None:
    version = register(registry, leaning_to("is_video", -1.0))
    verdict = try_out(registry, version, WEIGHTS.version, log, 0, share=0.1)
    assert not verdict.promoted
    assert verdict.reason.startswith("surely worse")
    assert registry.serving().beside is None
    (decision,) = Journal(registry).read()
    assert decision.evidence["upper"] < 0


@pytest.mark.parametrize(("rate", "is_better"), [(0.9, True), (0.3, False)])
def test_what_a_canary_earned_may_take_it_live(
    log: RankingLog, registry: Registry, rate: float, is_better: bool
) -> None:
    version = register(registry, leaning_to("is_video", 40.0))
    registry.try_out(version, 0.5)
    beside = replace(registry.serving().beside, since_s=0.0)  # type: ignore[type-var]
    had = log.people_S % 2 == 0
    rewards_SK = np.zeros_like(log.rewards_SK)
    rewards_SK[:, 0] = np.random.default_rng(0).random(len(log)) < np.where(had, rate, 0.3)
    versions = tuple(version if each else WEIGHTS.version for each in had)
    tried = replace(log, rewards_SK=rewards_SK, policy_versions=versions)
    trial = compared(tried, version, WEIGHTS.version, beside, effect=0.1)
    assert trial.surely_better == is_better
    verdict = promote(registry, version, WEIGHTS.version, tried, 0, trial, control=0.05)
    assert verdict.promoted == is_better
    if is_better:
        serving = registry.serving()
        assert serving.live == version
        assert serving.beside is not None
        assert (serving.beside.version, serving.beside.role) == (None, "control")


def test_what_was_logged_before_a_trial_says_nothing_of_it(log: RankingLog) -> None:
    beside = Beside("b", "canary", 0.5, since_s=float(log.at_s_S.max()) + 1.0)
    versions = tuple("b" if each % 2 else "a" for each in range(len(log)))
    assert "too few" in compared(replace(log, policy_versions=versions), "b", "a", beside, 0.1).reason
    assert "no canary" in compared(log, "c", "a", beside, 0.1).reason
