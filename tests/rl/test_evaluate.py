import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rl.ope.direct import dm
from rl.ope.evaluate import Estimate, evaluate, evaluate_gain
from rl.ope.interval import bootstrap_t
from rl.ope.overlap import Refusal
from rl.ope.slate_estimators import rips
from rl.ope.slates import LoggedSlates, Probabilities
from rl.ope.terms import Terms
from rl.ope.weighting import clipped_ips, ips, snips
from tests.rl.worlds import bandit, lab


def log(num: int = 2000, seed: int = 0) -> LoggedSlates:
    return lab(3).log(num, np.random.default_rng(seed))


def estimate(slates: LoggedSlates, estimator=rips, seed: int = 1) -> Estimate:
    result = evaluate(slates, estimator, np.random.default_rng(seed))
    assert isinstance(result, Estimate)
    return result


def test_the_estimate_lies_within_its_interval_which_holds_the_truth() -> None:
    world, found = lab(3), estimate(log())
    assert found.interval.lower < found.value < found.interval.upper
    assert found.interval.lower < world.truth(world.target) < found.interval.upper


def test_the_same_seed_gives_the_same_interval() -> None:
    assert estimate(log()) == estimate(log())
    assert estimate(log()) != estimate(log(), seed=2)


def test_four_times_the_slates_halve_the_interval() -> None:
    few, many = (estimate(log(num)).interval for num in (2000, 8000))
    assert (few.upper - few.lower) / (many.upper - many.lower) == pytest.approx(2.0, rel=0.15)


def test_slates_of_one_unit_count_as_one() -> None:
    slates = log(500)

    def thrice(part: np.ndarray) -> np.ndarray:
        return np.repeat(part, 3, axis=0)

    copied = LoggedSlates(
        thrice(slates.rewards_SK),
        Probabilities(thrice(slates.given_above.logged_SK), thrice(slates.given_above.target_SK)),
        units_S=np.repeat(np.arange(500) + 7, 3),
    )
    for estimator in (rips, snips):
        apart, together = estimate(slates, estimator), estimate(copied, estimator)
        assert together.interval.lower == pytest.approx(apart.interval.lower)
        assert together.interval.upper == pytest.approx(apart.interval.upper)


def test_the_gain_of_the_logging_policy_over_itself_is_exactly_nothing() -> None:
    slates = log()
    itself = LoggedSlates(
        slates.rewards_SK, Probabilities(slates.given_above.logged_SK, slates.given_above.logged_SK)
    )
    found = evaluate_gain(itself, rips, np.random.default_rng(0))
    assert isinstance(found, Estimate)
    assert (found.value, found.interval.lower, found.interval.upper) == pytest.approx((0.0, 0.0, 0.0))


def test_a_gain_is_known_better_than_a_value() -> None:
    slates = log()
    gain = evaluate_gain(slates, rips, np.random.default_rng(0))
    assert isinstance(gain, Estimate)
    value = estimate(slates).interval
    assert gain.interval.upper - gain.interval.lower < value.upper - value.lower
    assert gain.value == pytest.approx(rips(slates).value() - slates.rewards_SK.sum(axis=1).mean())


@given(st.integers(0, 2**32 - 1), st.sampled_from([0.5, 0.8, 0.95]))
def test_intervals_move_and_stretch_with_the_rewards(seed: int, level: float) -> None:
    rng = np.random.default_rng(seed)
    rewards_S1, weights_S1 = rng.random((30, 1)), rng.exponential(size=(30, 1))

    def interval(scale: float, shift: float):
        terms = Terms(np.full(30, shift), scale * weights_S1 * rewards_S1, weights_S1, normalised=True)
        return bootstrap_t(terms, None, np.random.default_rng(seed), level)

    plain, moved = interval(1.0, 0.0), interval(3.0, 5.0)
    assert moved.lower == pytest.approx(3.0 * plain.lower + 5.0)
    assert moved.upper == pytest.approx(3.0 * plain.upper + 5.0)


def refusal(slates: LoggedSlates, estimator=ips) -> str:
    result = evaluate(slates, estimator, np.random.default_rng(0))
    assert isinstance(result, Refusal)
    return result.reason


def test_few_effective_slates_are_refused() -> None:
    assert "effective slates are 50.0" in refusal(bandit([1.0] * 50, [0.5] * 50, [0.5] * 50))


def test_a_slate_with_a_tenth_of_the_weight_is_refused_however_many_there_are() -> None:
    slates = bandit([1.0] * 2001, [0.5] * 2000 + [0.002], [0.5] * 2000 + [0.5])
    assert "effective slates are 78.5" in refusal(slates)


def test_items_that_were_never_logged_are_refused() -> None:
    """The target shows a third item, with half of its probability, that the logging policy never shows."""
    rng = np.random.default_rng(0)
    first = rng.random(3000) < 0.5
    slates = bandit(first.astype(float).tolist(), [0.5] * 3000, np.where(first, 0.3, 0.2).tolist())
    assert "never logged" in refusal(slates)
    assert "never logged" in refusal(slates, snips)


def test_wrong_propensities_are_refused() -> None:
    slates = log()
    wrong = Probabilities(np.minimum(1.0, 1.3 * slates.given_above.logged_SK), slates.given_above.target_SK)
    assert "propensities are wrong" in refusal(LoggedSlates(slates.rewards_SK, wrong))


def test_cutting_away_much_of_the_target_is_refused() -> None:
    assert "cutting weights drops" in refusal(log(), lambda slates: clipped_ips(slates, 1.0))


def test_a_target_that_shows_nothing_of_the_log_is_refused() -> None:
    assert "effective slates are 0.0" in refusal(bandit([1.0] * 200, [0.5] * 200, [0.0] * 200), snips)


def test_the_direct_method_has_no_weights_to_object_to() -> None:
    assert estimate(log(), dm).overlap.effective_slates == 2000
