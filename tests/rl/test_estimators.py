import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rl.ope.direct import dm
from rl.ope.doubly_robust import dr, sndr, switch_dr
from rl.ope.evaluate import Estimator
from rl.ope.slate_estimators import cascade_dr, iips, rips
from rl.ope.slates import LoggedSlates, Predictions, Probabilities
from rl.ope.weighting import clipped_ips, ips, snips
from rl.simulation.lab import Lab
from rl.simulation.reading import Reading
from tests.rl.worlds import bandit, every_slate, lab

CASCADE, POSITIONS = Reading(cascade_share=1.0), Reading(cascade_share=0.0)
# weights are 2, ½ and 1
THREE = bandit([1.0, 0.0, 1.0], [0.25, 0.5, 0.5], [0.5, 0.25, 0.5], ([0.5, 0.2, 0.1], [0.4, 0.3, 0.2]))


def exact_mean(world: Lab, estimator: Estimator) -> float:
    """The expectation of an estimate, without drawing anything."""
    slates, chances_S = every_slate(world)
    terms = estimator(slates)
    return float(chances_S @ (terms.direct_S + terms.weighted_SJ.sum(axis=1)))


@st.composite
def bandits(draw: st.DrawFn) -> LoggedSlates:
    num = draw(st.integers(1, 20))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    chances = Probabilities(rng.uniform(0.05, 1.0, (num, 1)), rng.uniform(0.01, 1.0, (num, 1)))
    predictions = Predictions(rng.random((num, 1)), rng.random((num, 1)))
    return LoggedSlates(rng.random((num, 1)), chances, predictions=predictions)


@pytest.mark.parametrize(
    ("estimator", "value"),
    [
        (ips, (2.0 * 1 + 0.0 + 1.0) / 3),
        (snips, 3.0 / 3.5),
        (lambda slates: clipped_ips(slates, 1.0), 2.0 / 3),
        (dm, 0.3),
        (dr, 0.3 + (2.0 * 0.5 + 0.5 * -0.2 + 0.9) / 3),
        (sndr, 0.3 + (2.0 * 0.5 + 0.5 * -0.2 + 0.9) / 3.5),
        (lambda slates: switch_dr(slates, 1.0), 0.3 + (0.5 * -0.2 + 0.9) / 3),
    ],
)
def test_single_choices_are_estimated_as_by_hand(estimator: Estimator, value: float) -> None:
    assert estimator(THREE).value() == pytest.approx(value)


def test_clipping_says_how_much_of_the_target_it_lost() -> None:
    assert clipped_ips(THREE, 1.0).lost == pytest.approx(1.0 - 2.5 / 3.5)
    assert clipped_ips(THREE, 2.0).lost == 0.0


@pytest.mark.parametrize(
    ("places", "reading", "estimators"),
    [
        (1, CASCADE, (ips, dr, iips, rips, cascade_dr)),
        (3, CASCADE, (ips, rips, cascade_dr)),
        (3, POSITIONS, (ips, iips, rips, cascade_dr)),
        (3, Reading(), (ips, rips, cascade_dr)),
    ],
)
def test_estimators_are_unbiased_where_people_read_as_they_assume(
    places: int, reading: Reading, estimators: tuple[Estimator, ...]
) -> None:
    world = lab(places, reading)
    truth = world.truth(world.target)
    assert [exact_mean(world, each) for each in estimators] == pytest.approx([truth] * len(estimators))


def test_iips_is_biased_where_people_stop_at_what_they_select() -> None:
    world = lab(3, CASCADE)
    assert abs(exact_mean(world, iips) - world.truth(world.target)) > 1e-3


def test_the_direct_method_is_as_good_as_its_model() -> None:
    for places in (1, 3):
        right, wrong = lab(places, wrong=0.0), lab(places)
        assert exact_mean(right, dm) == pytest.approx(right.truth(right.target))
        assert abs(exact_mean(wrong, dm) - wrong.truth(wrong.target)) > 1e-3


def test_a_right_model_makes_cascade_dr_steadier_than_rips() -> None:
    world = lab(3, wrong=0.0)
    drawn = [world.log(300, np.random.default_rng(seed)) for seed in range(60)]
    assert np.std([cascade_dr(each).value() for each in drawn]) < np.std(
        [rips(each).value() for each in drawn]
    )


@given(bandits())
def test_without_cutting_the_cut_estimators_are_the_whole_ones(slates: LoggedSlates) -> None:
    assert clipped_ips(slates, 1e9).value() == pytest.approx(ips(slates).value())
    assert switch_dr(slates, 1e9).value() == pytest.approx(dr(slates).value())
    assert switch_dr(slates, 0.0).value() == pytest.approx(dm(slates).value())


@given(bandits())
def test_with_one_place_slate_estimators_are_the_bandit_ones(slates: LoggedSlates) -> None:
    assert iips(slates).value() == rips(slates).value() == ips(slates).value()
    assert cascade_dr(slates).value() == pytest.approx(dr(slates).value())


@given(bandits())
def test_snips_stays_within_the_rewards_and_ignores_the_scale_of_propensities(slates: LoggedSlates) -> None:
    value = snips(slates).value()
    assert slates.rewards_SK.min() - 1e-9 <= value <= slates.rewards_SK.max() + 1e-9
    doubled = Probabilities(slates.given_above.logged_SK, slates.given_above.target_SK / 2)
    assert snips(LoggedSlates(slates.rewards_SK, doubled)).value() == pytest.approx(value)


@given(bandits())
def test_the_policy_that_logged_is_worth_its_mean_reward(slates: LoggedSlates) -> None:
    logged = slates.given_above.logged_SK
    same = LoggedSlates(slates.rewards_SK, Probabilities(logged, logged))
    for estimator in (ips, snips, clipped_ips, iips, rips):
        assert estimator(same).value() == pytest.approx(slates.rewards_SK.mean())


def test_what_an_estimator_needs_is_asked_for() -> None:
    slates = lab(3).log(5, np.random.default_rng(0))
    bare = LoggedSlates(slates.rewards_SK, slates.given_above)
    for estimator, missing in ((dm, "predictions"), (cascade_dr, "predictions"), (iips, "marginal")):
        with pytest.raises(ValueError, match=f"{missing} is None"):
            estimator(bare)
    with pytest.raises(ValueError, match="3 places"):
        dr(slates)


def test_a_log_that_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="logged_SK holds 0"):
        bandit([1.0], [0.0], [0.5])
    with pytest.raises(ValueError, match="more than 1"):
        bandit([1.0], [0.5], [1.5])
    with pytest.raises(ValueError, match="not finite"):
        bandit([1.0], [0.5], [float("nan")])
    with pytest.raises(ValueError, match="shape"):
        LoggedSlates(np.zeros((2, 1)), Probabilities(np.ones((2, 1)), np.ones((1, 1))))
