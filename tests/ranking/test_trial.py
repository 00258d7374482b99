import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ranking.trial import LEAST_PEOPLE, Difference, Group, compare
from rl.simulation.trial import looks

EFFECT = 0.03


def seen(rng: np.random.Generator, drop: float) -> list[Difference]:
    """Forty looks at a trial with 300 people."""
    return [each for each in looks(rng, drop, 0.3, 150, 40, EFFECT) if each is not None]


def test_who_looks_all_the_time_is_wrong_in_five_of_a_hundred_trials_at_most() -> None:
    rng, trials = np.random.default_rng(0), 400
    wrong = usual = 0
    for _ in range(trials):
        found = seen(rng, 0.0)
        wrong += any(not each.lower <= 0.0 <= each.upper for each in found)
        usual += any(abs(each.value) > 1.96 * each.error for each in found)
    assert wrong / trials <= 0.05
    assert usual / trials > 0.1, "so this test can fail: the interval of a single look does"


def test_a_real_drop_is_found() -> None:
    rng = np.random.default_rng(2)
    assert np.mean([any(each.upper < 0.0 for each in seen(rng, 0.5)) for _ in range(40)]) > 0.75


def test_people_count_and_not_their_slates() -> None:
    rng = np.random.default_rng(3)
    taken_P = rng.binomial(10, 0.3, 100).astype(float)
    once, often = (Group(np.full(100, 10.0) * many, taken_P * many) for many in (1, 50))
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
