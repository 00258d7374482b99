import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ranking.trial import LEAST_PEOPLE, Group, compare
from rl.simulation.trial import Trial, looks

EFFECT = 0.03


@pytest.mark.parametrize("past", [0, 40], ids=["strangers", "known people"])
def test_who_looks_all_the_time_is_wrong_in_five_of_a_hundred_trials_at_most(past: int) -> None:
    rng, trials = np.random.default_rng(0), 200
    wrong = usual = 0
    for _ in range(trials):
        found = looks(Trial(0.0, 300, past_looks=past), rng)
        wrong += any(not each.lower <= 0.0 <= each.upper for each in found)
        usual += any(abs(each.value) > 1.96 * each.error for each in found)
    assert wrong / trials <= 0.05
    assert usual / trials > 0.08, "so this test can fail: the interval of a single look does"


def test_a_real_drop_is_found_and_sooner_of_people_who_are_known() -> None:
    rng = np.random.default_rng(2)
    found = {
        past: np.mean(
            [
                any(each.upper < 0.0 for each in looks(Trial(0.3, 300, past_looks=past), rng))
                for _ in range(40)
            ]
        )
        for past in (0, 40)
    }
    assert found[40] > 0.8
    assert found[40] > found[0] + 0.2


def test_the_difference_is_the_one_that_was_simulated() -> None:
    rng = np.random.default_rng(3)
    last = [looks(Trial(0.3, 300), rng)[-1] for _ in range(100)]
    assert np.mean([each.value for each in last]) == pytest.approx(-0.09, abs=0.006)
    assert np.std([each.value for each in last]) == pytest.approx(
        np.mean([each.error for each in last]), rel=0.25
    )


def test_people_count_and_not_their_slates() -> None:
    rng = np.random.default_rng(3)
    taken_P = rng.binomial(10, 0.3, 100).astype(float)
    once, often = (Group(np.full(100, 10.0) * many, taken_P * many, np.zeros(100)) for many in (1, 50))
    assert often.variance() == pytest.approx(once.variance())


def test_nothing_is_said_of_few_people_or_of_people_without_any_difference() -> None:
    few = Group.of({str(p): (5, 1 + p % 2) for p in range(LEAST_PEOPLE - 1)})
    many = Group.of({str(p): (5, 1 + p % 2) for p in range(LEAST_PEOPLE)})
    same = Group.of({str(p): (5, 1) for p in range(LEAST_PEOPLE)})
    assert compare(few, many, EFFECT) is None
    assert compare(many, many, EFFECT) is not None
    assert compare(same, same, EFFECT) is None


@given(
    st.lists(st.tuples(st.integers(1, 50), st.integers(0, 50)), min_size=31, max_size=60), st.integers(0, 9)
)
def test_the_interval_is_around_the_difference_and_turns_around_with_the_groups(
    counted: list[tuple[int, int]], more: int
) -> None:
    first = Group.of({str(i): each for i, each in enumerate(counted)})
    second = Group.of({str(i): (s, t + (more if i % 2 else 0)) for i, (s, t) in enumerate(counted)})
    one, other = compare(first, second, EFFECT), compare(second, first, EFFECT)
    assert (one is None) == (other is None)
    if one is not None and other is not None:
        assert one.lower < one.value < one.upper
        assert one.value == pytest.approx(-other.value)
        assert one.lower == pytest.approx(-other.upper)
