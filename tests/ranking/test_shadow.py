from dataclasses import replace

import numpy as np
import pytest

from ranking.features import NAMES
from ranking.network import ScoringNetwork
from ranking.policy import RankingPolicy
from ranking.shadow import compare_slate
from tests.ranking import strategies as s
from tests.ranking.networks import random_network
from tests.rl.logs import draw_slate

WEIGHTS = replace(s.SHIPPED, temperature=0.1)
HAND_SET = RankingPolicy(WEIGHTS)


def upside_down() -> ScoringNetwork:
    """u = -total."""
    lift_F1 = np.zeros((len(NAMES), 1), dtype=np.float32)
    lift_F1[NAMES.index("total")] = -2.0
    zeros, ones = np.zeros(len(NAMES), np.float32), np.ones(len(NAMES), np.float32)
    return ScoringNetwork(zeros, ones, 1.0, ((lift_F1, np.zeros(1, np.float32)),))


@pytest.mark.parametrize("network", [None, random_network()], ids=["hand-set", "learned"])
def test_a_policy_agrees_with_itself_and_gives_what_it_gave(network: ScoringNetwork | None) -> None:
    policy = RankingPolicy(WEIGHTS, network)
    for seed in range(20):
        slate = draw_slate(seed, WEIGHTS, network)
        found = compare_slate(slate, policy, policy)
        assert found.same_top
        assert found.tau == pytest.approx(1.0)
        given = np.mean([item.propensity for item in slate.items])
        assert found.propensity == pytest.approx(given, rel=0.05)  # totals are logged in half precision


def test_the_opposite_policy_agrees_in_nothing() -> None:
    slate = draw_slate(0, WEIGHTS)
    found = compare_slate(slate, HAND_SET, RankingPolicy(WEIGHTS, upside_down()))
    assert not found.same_top
    assert found.tau == pytest.approx(-1.0)
    assert found.propensity < np.mean([item.propensity for item in slate.items])


def test_a_policy_that_always_takes_the_best_gives_all_or_nothing() -> None:
    cold = RankingPolicy(replace(WEIGHTS, temperature=0.0))
    slate = draw_slate(0, cold.weights)
    assert compare_slate(slate, cold, cold).propensity == pytest.approx(1.0)


def test_of_candidates_that_are_all_alike_no_order_is_made_up() -> None:
    slate = draw_slate(0, WEIGHTS, candidates=1)
    assert compare_slate(slate, HAND_SET, HAND_SET).tau is None
