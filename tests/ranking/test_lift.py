from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ranking.lift import Habits, ItemLifts, lift, select, show
from store.impression import Shown
from tests.ranking import strategies as s

DAY = 86_400.0
counts = st.floats(0.0, 1e6)
slates = st.lists(
    st.builds(Shown, st.sampled_from("abcd"), s.media_types, s.sources, st.just(0.5), s.unit_interval),
    max_size=8,
)


def row(*kinds: tuple[str, str], fit: float = 0.5) -> list[Shown]:
    return [Shown(f"{i}-{t}", t, source, 0.5, fit) for i, (t, source) in enumerate(kinds)]  # type: ignore[arg-type]


CLIP_FIRST = row(("video", "index"), ("audio", "index"))
SOUND_FIRST = row(("audio", "index"), ("video", "index"))


def habits_of(slates: Sequence[Sequence[Shown]], selected: Sequence[str], every_s: float = 0.0) -> Habits:
    """Each slate shown, then the first item of each selected type selected, a next message ending it all."""
    habits = Habits()
    for number, slate in enumerate(slates):
        habits = show(habits, slate, number * every_s, 30 * DAY)
        for media_type in selected:
            habits = select(habits, media_type, "index", number * every_s, 30 * DAY)  # type: ignore[arg-type]
    return show(habits, (), len(slates) * every_s, 30 * DAY)


@given(counts, counts)
def test_a_lift_lies_within_1_and_has_the_sign_of_the_surplus(selected: float, expected: float) -> None:
    assert -1.0 < lift(selected, expected) < 1.0
    assert lift(selected, expected) == -lift(expected, selected)
    assert (lift(selected, expected) > 0.0) == (selected > expected)


def test_the_same_surplus_means_more_where_more_was_tried() -> None:
    assert 0.0 == lift(0.0, 0.0) < lift(2.0, 1.0) < lift(200.0, 100.0)


@given(st.lists(slates, max_size=5), st.floats(0.0, 1e9))
def test_lifts_of_any_history_lie_within_1(history: list[list[Shown]], at_s: float) -> None:
    habits = Habits()
    for slate in history:
        habits = show(habits, slate, at_s, DAY)
        for item in slate[:1]:
            habits = select(habits, item.media_type, item.source, at_s, DAY)
    assert all(-1.0 <= value <= 1.0 for value in habits.lifts().values())


def test_what_is_shown_and_never_selected_sinks() -> None:
    lifts = [habits_of([CLIP_FIRST, SOUND_FIRST] * n, ["video"]).lifts() for n in (1, 5, 25)]
    sounds, clips = ([each[kind] for each in lifts] for kind in ("audio", "video"))
    assert sounds == sorted(sounds, reverse=True)
    assert clips == sorted(clips)
    assert sounds[-1] < -0.5 < 0.0 < clips[-1]
    assert lifts[-1]["index"] == pytest.approx(0.0)  # all there is has the user's own rate


def test_a_low_place_is_less_of_a_chance_than_a_high_one() -> None:
    above, below = (
        habits_of([slate] * 9, ["video"]).lifts()["audio"] for slate in (SOUND_FIRST, CLIP_FIRST)
    )
    assert above < below < 0.0


def test_a_poor_match_is_less_of_a_chance_than_a_good_one() -> None:
    def sounds(fit: float) -> float:
        slate = row(("video", "index"), fit=0.5) + row(("audio", "index"), fit=fit)
        return habits_of([slate] * 9, ["video"]).lifts()["audio"]

    assert sounds(0.9) < sounds(0.1) < 0.0


def test_the_slates_of_one_message_count_as_its_last_one_and_not_before_the_next() -> None:
    habits = Habits()
    for slate in (CLIP_FIRST, CLIP_FIRST, SOUND_FIRST):
        habits = show(habits, slate, 0.0, DAY, "message")
        assert habits.kinds == {}
    once = show(show(Habits(), SOUND_FIRST, 0.0, DAY, "message"), (), 0.0, DAY, "next")
    assert show(habits, (), 0.0, DAY, "next").kinds == once.kinds


def test_habits_fade() -> None:
    young = habits_of([CLIP_FIRST] * 9, ["video"]).lifts()["audio"]
    old = habits_of([CLIP_FIRST] * 9, ["video"], every_s=100 * DAY).lifts()["audio"]
    assert young < old < 0.0


def shown_to(people: int, selecting: int) -> ItemLifts:
    lifts, slate = ItemLifts(), row(("sticker", "index"), ("image", "index"))
    for number in range(people):
        lifts.add(f"u-{number}", slate, {slate[0].item_id} if number < selecting else set())
        lifts.add(f"u-{number}", slate[1:], {slate[1].item_id})
    return lifts


def test_an_item_that_many_pass_over_sinks() -> None:
    assert shown_to(20, 1).of("0-sticker") < shown_to(20, 10).of("0-sticker")
    assert shown_to(20, 1).of("0-sticker") < 0.0 < shown_to(20, 1).of("1-image")


def test_what_fewer_than_three_people_were_shown_says_nothing() -> None:
    assert shown_to(2, 2).of("0-sticker") == 0.0 != shown_to(3, 3).of("0-sticker")
    assert ItemLifts().of("unknown") == 0.0
