import pytest
from hypothesis import given
from hypothesis import strategies as st

from ranking.novelty import CAPACITY, Seen, novelty, select, update

HOUR = 3_600.0
showings = st.lists(st.tuples(st.sampled_from("abc"), st.floats(0.0, 100 * HOUR)), max_size=10)


def shown_at(*times_s: float, item_id: str = "a") -> Seen:
    seen = Seen()
    for at_s in times_s:
        seen = update(seen, [item_id], at_s, HOUR)
    return seen


@given(showings, st.booleans(), st.floats(0.0, 1e10))
def test_novelty_lies_between_0_and_1(
    history: list[tuple[str, float]], selected: bool, now_s: float
) -> None:
    seen = Seen()
    for item_id, at_s in history:
        seen = update(seen, [item_id], at_s, HOUR)
        seen = select(seen, item_id, at_s, HOUR) if selected else seen
    assert 0.0 <= novelty(seen, "a", now_s, HOUR) <= 1.0


def test_what_was_never_shown_is_wholly_new() -> None:
    assert novelty(Seen(), "a", 0.0, HOUR) == 1.0
    assert novelty(shown_at(0.0), "b", 0.0, HOUR) == 1.0


def test_novelty_falls_with_every_showing() -> None:
    assert [novelty(shown_at(*[0.0] * times), "a", 0.0, HOUR) for times in (1, 2, 3)] == [0.5, 0.25, 0.125]


def test_novelty_recovers_by_its_half_life() -> None:
    assert novelty(shown_at(0.0), "a", HOUR, HOUR) == pytest.approx(2**-0.5)
    assert novelty(shown_at(0.0), "a", 100 * HOUR, HOUR) == pytest.approx(1.0)


def test_older_showings_weigh_less() -> None:
    now_s = 5 * HOUR
    assert novelty(shown_at(0.0, 4 * HOUR), "a", now_s, HOUR) > novelty(
        shown_at(3 * HOUR, 4 * HOUR), "a", now_s, HOUR
    )


def test_a_selected_item_becomes_new_again_sooner() -> None:
    ignored = shown_at(0.0)
    chosen = select(ignored, "a", 0.0, HOUR)
    assert novelty(chosen, "a", 0.0, HOUR) == novelty(ignored, "a", 0.0, HOUR)
    assert novelty(chosen, "a", HOUR, HOUR) > novelty(ignored, "a", HOUR, HOUR)


def test_the_keystrokes_of_one_composition_are_one_showing() -> None:
    seen = Seen()
    for at_s in range(5):
        seen = update(seen, ["a"], float(at_s), HOUR, composition="m1")
        assert novelty(seen, "a", float(at_s), HOUR, composition="m1") == 1.0
    assert novelty(seen, "a", 5.0, HOUR, composition="m2") == pytest.approx(0.5, abs=0.01)
    assert novelty(seen, "a", 5.0, HOUR) == pytest.approx(0.5, abs=0.01)


def test_the_memory_is_bounded_and_forgets_the_oldest() -> None:
    seen = Seen()
    for at_s in range(CAPACITY + 3):
        seen = update(seen, [f"item-{at_s}"], float(at_s), HOUR)
    assert len(seen.showings) == CAPACITY
    assert "item-2" not in seen.showings
    assert "item-3" in seen.showings


def test_selecting_what_was_never_shown_changes_nothing() -> None:
    assert select(Seen(), "a", 0.0, HOUR) == Seen()


def test_updating_leaves_the_old_memory_as_it_was() -> None:
    before = shown_at(0.0)
    update(before, ["a", "b"], 1.0, HOUR)
    assert list(before.showings) == ["a"]
    assert before.showings["a"].exposure == 1.0
