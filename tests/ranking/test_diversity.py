import numpy as np
import pytest
from hypothesis import given

from catalog.items import MediaType
from ranking.candidates import Candidate, Source
from ranking.diversity import cosines, find_duplicates, penalties, quantise
from tests.ranking import strategies as s

X, Y = np.eye(2, dtype=np.float32)


def item(
    item_id: str,
    media_type: MediaType = "image",
    embedding: object = None,
    label: str | None = None,
    source: Source = "index",
) -> Candidate:
    return Candidate(item_id, media_type, source, 0.5, embedding=embedding, label=label)  # type: ignore[arg-type]


def duplicates(candidates: list[Candidate], totals: list[float]) -> list[int | None]:
    return find_duplicates(candidates, np.array(totals), cosines(candidates), threshold=0.95)


def test_the_better_of_two_near_equal_embeddings_stays() -> None:
    near = (X + 0.01 * Y) / np.linalg.norm(X + 0.01 * Y)
    candidates = [item("a", embedding=X), item("b", embedding=near), item("c", embedding=Y)]
    assert duplicates(candidates, [0.4, 0.6, 0.1]) == [1, None, None]


def test_the_same_label_is_a_duplicate_within_one_type_only() -> None:
    candidates = [item("a", label="🎂"), item("b", label="🎂"), item("c", "video", label="🎂")]
    assert duplicates(candidates, [0.5, 0.4, 0.3]) == [None, 0, None]


def test_items_of_which_nothing_is_known_are_not_duplicates() -> None:
    assert duplicates([item("a"), item("b")], [0.5, 0.5]) == [None, None]


def test_one_that_is_dropped_drops_no_others() -> None:
    a, b, c = (np.array([np.cos(t), np.sin(t)], np.float32) for t in (0.0, 0.3, 0.6))
    candidates = [item("a", embedding=a), item("b", embedding=b), item("c", embedding=c)]
    assert duplicates(candidates, [0.9, 0.8, 0.7]) == [None, 0, None]


@given(s.candidate_lists)
def test_no_two_that_are_kept_are_duplicates_and_each_dropped_has_a_kept_better(
    candidates: list[Candidate],
) -> None:
    totals_N = np.array([candidate.index_match or 0.0 for candidate in candidates])
    duplicate_of = find_duplicates(candidates, totals_N, cosines(candidates), threshold=0.95)
    kept = [i for i, original in enumerate(duplicate_of) if original is None]
    labels = [(candidates[i].media_type, candidates[i].label) for i in kept if candidates[i].label]
    assert len(labels) == len(set(labels))
    for i, original in enumerate(duplicate_of):
        if original is not None:
            assert duplicate_of[original] is None
            assert totals_N[original] >= totals_N[i]


def test_the_first_place_is_free_and_the_like_of_those_above_pays() -> None:
    candidates = [
        item("a", "image", X),
        item("b", "image", X),
        item("c", "image", Y),
        item("d", "audio", Y),
    ]
    penalise = penalties(
        candidates,
        quantise(cosines(candidates)),
        size=4,
        diversity=0.2,
        type_share=1.0,
        source_share=1.0,
        source_penalty=0.2,
    )
    assert penalise([]).tolist() == [0.0] * 4
    assert penalise([0]).tolist()[1:] == pytest.approx([0.2, 0.1, 0.0])


def test_a_type_that_fills_its_share_pays_again() -> None:
    candidates = [item(name) for name in "abc"] + [item("d", "audio")]
    penalise = penalties(
        candidates,
        quantise(cosines(candidates)),
        size=4,
        diversity=0.2,
        type_share=0.5,
        source_share=1.0,
        source_penalty=0.2,
    )
    assert penalise([0]).tolist()[1:] == pytest.approx([0.1, 0.1, 0.0])
    assert penalise([0, 1]).tolist()[2:] == pytest.approx([0.3, 0.0])


def test_existing_items_that_fill_their_share_make_room_for_a_new_one() -> None:
    candidates = [item(name) for name in "abc"] + [item("d", source="generated")]
    penalise = penalties(
        candidates,
        quantise(cosines(candidates)),
        size=4,
        diversity=0.2,
        type_share=1.0,
        source_share=0.5,
        source_penalty=0.4,
    )
    assert penalise([0, 1]).tolist()[2:] == pytest.approx([0.5, 0.1])
