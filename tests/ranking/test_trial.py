import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ranking.trial import LEAST_PEOPLE, Difference, Group, compare

EFFECT = 0.03
LOOKS = 40
PEOPLE = 150  # of each group


def looks(rng: np.random.Generator, drop: float, base: float = 0.3) -> list[Difference | None]:
    """What a watcher sees at each look of a trial: people differ, come when they like, and come again and again."""
    groups = []
    for rate in (base * (1.0 - drop), base):
        tastes_P = rng.beta(4 * rate, 4 * (1.0 - rate), PEOPLE)
        visits_LP = rng.poisson(rng.gamma(1.0, 2.0, PEOPLE), (LOOKS, PEOPLE))
        taken_LP = rng.binomial(visits_LP, tastes_P)
        groups.append((visits_LP.cumsum(axis=0), taken_LP.cumsum(axis=0)))
    seen = []
    for look in range(LOOKS):
        of_look = [
            Group.of({str(p): (int(v[look, p]), int(t[look, p])) for p in np.flatnonzero(v[look])})
            for v, t in groups
        ]
        seen.append(compare(*of_look, EFFECT))
    return seen


def test_who_looks_all_the_time_is_wrong_about_equal_policies_in_five_of_a_hundred_trials_at_most() -> None:
    rng = np.random.default_rng(0)
    trials = 400
    wrong = [
        any(each is not None and not each.lower <= 0.0 <= each.upper for each in looks(rng, 0.0))
        for _ in range(trials)
    ]
    assert np.mean(wrong) <= 0.05


def test_the_interval_that_is_right_at_one_time_only_would_be_wrong_far_more_often() -> None:
    """So the test above can fail: the usual interval, looked at as often, does."""
    rng = np.random.default_rng(1)
    alarms = 0
    for _ in range(100):
        z = rng.normal(size=LOOKS).cumsum() / np.sqrt(np.arange(1, LOOKS + 1))
        alarms += bool((np.abs(z) > 1.96).any())
    assert alarms > 20


def test_a_real_drop_is_found() -> None:
    rng = np.random.default_rng(2)
    found = [any(each is not None and each.upper < 0.0 for each in looks(rng, 0.5)) for _ in range(40)]
    assert np.mean(found) > 0.9


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
