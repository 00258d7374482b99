from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from catalog.items import MediaType
from ranking.candidates import Candidate, Source
from ranking.popularity import popularity
from ranking.taste import Taste, dismiss, preference, recall, update
from tests.ranking import strategies as s

DAY = 86_400.0
BIRD, CAR = np.eye(2, dtype=np.float32)
Event = tuple[bool, NDArray[np.float32] | None, MediaType, Source, float]
events = st.lists(
    st.tuples(st.booleans(), st.none() | s.embeddings, s.media_types, s.sources, st.floats(0.0, 100 * DAY)),
    max_size=8,
)


def taste_of(history: list[Event]) -> Taste:
    taste = Taste()
    for liked, embedding, media_type, source, at_s in history:
        taste = (update if liked else dismiss)(taste, embedding, media_type, source, at_s, 30 * DAY)
    return taste


def preference_for(
    candidate: Candidate, taste: Taste, interests: NDArray[np.float32] | None = None, now_s: float = 0.0
) -> float:
    return preference(recall(taste, interests, now_s, half_life_s=30 * DAY, prior=2.0), candidate)


def shown(embedding: NDArray[np.float32], media_type: MediaType = "image") -> Candidate:
    return Candidate("a", media_type, "index", embedding=embedding)


@given(events, st.none() | s.embeddings, s.candidates, st.floats(0.0, 1e10))
def test_preference_lies_between_0_and_1(
    history: list[Event], interests: NDArray[np.float32] | None, candidate: Candidate, now_s: float
) -> None:
    assert 0.0 <= preference_for(candidate, taste_of(history), interests, now_s) <= 1.0


@given(s.candidates)
def test_a_stranger_without_interests_is_neutral(candidate: Candidate) -> None:
    assert preference_for(candidate, Taste()) == 0.5


def test_what_is_popular_pleases_a_stranger_and_counts_less_the_more_is_known_of_a_user() -> None:
    popular = replace(shown(CAR), popularity=popularity(10))
    assert preference_for(popular, Taste()) == pytest.approx(0.5 + 0.5 * 0.5 * 0.5)
    gains = []
    for selections in (0, 1, 10):
        taste = taste_of([(True, BIRD, "image", "index", 0.0)] * selections)
        gains.append(preference_for(popular, taste) - preference_for(shown(CAR), taste))
    assert gains == sorted(gains, reverse=True)
    assert gains[-1] > 0


@given(st.integers(0, 10**9))
def test_popularity_grows_with_people_and_what_a_few_chose_is_not_popular(people: int) -> None:
    assert 0.0 <= popularity(people) <= popularity(people + 1) <= 1.0
    assert (popularity(people) == 0.0) == (people < 3)


def test_a_stranger_with_interests_is_judged_by_them() -> None:
    assert preference_for(shown(BIRD), Taste(), interests=BIRD) == pytest.approx(0.75)
    assert preference_for(shown(CAR), Taste(), interests=BIRD) == pytest.approx(0.5)


def test_selecting_raises_and_dismissing_lowers_the_preference_for_the_like() -> None:
    liked = update(Taste(), BIRD, "image", "index", 0.0, DAY)
    disliked = dismiss(Taste(), BIRD, "image", "index", 0.0, DAY)
    assert preference_for(shown(BIRD), disliked) < 0.5 < preference_for(shown(BIRD), liked)
    assert preference_for(shown(CAR), liked) < preference_for(shown(BIRD), liked)


def test_a_type_that_is_selected_is_preferred_to_one_that_is_not() -> None:
    taste = update(Taste(), None, "sticker", "index", 0.0, DAY)
    assert preference_for(shown(BIRD, "sticker"), taste) > preference_for(shown(BIRD, "audio"), taste)


def test_what_was_done_outweighs_what_was_stated_as_evidence_grows() -> None:
    taste = Taste()
    for at_s in range(20):
        taste = update(taste, CAR, "image", "index", float(at_s), 30 * DAY)
    assert preference_for(shown(CAR), taste, interests=BIRD) > preference_for(
        shown(BIRD), taste, interests=BIRD
    )


def test_a_taste_fades_towards_neutral() -> None:
    taste = update(Taste(), BIRD, "image", "index", 0.0, 30 * DAY)
    fading = [preference_for(shown(BIRD), taste, now_s=age * DAY) for age in (0, 30, 90, 10_000)]
    assert fading == sorted(fading, reverse=True)
    assert fading[-1] == pytest.approx(0.5, abs=1e-6)


@given(events, st.randoms())
def test_late_events_may_come_in_any_order(history: list[Event], random: object) -> None:
    shuffled = list(history)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    first, second = taste_of(history), taste_of(shuffled)
    assert first.evidence == pytest.approx(second.evidence)
    assert first.updated_at_s == second.updated_at_s
    for key, tally in first.by_type.items():
        assert tally.liked == pytest.approx(second.by_type[key].liked)
        assert tally.disliked == pytest.approx(second.by_type[key].disliked)
    if first.embedding is not None and second.embedding is not None:
        np.testing.assert_allclose(first.embedding, second.embedding, atol=1e-5)


def test_updating_leaves_the_old_taste_as_it_was() -> None:
    before = update(Taste(), BIRD, "image", "index", 0.0, DAY)
    copy = replace(before, by_type=dict(before.by_type))
    dismiss(before, BIRD, "image", "index", DAY, DAY)
    assert before.by_type == copy.by_type
    np.testing.assert_array_equal(before.embedding, BIRD)
