import numpy as np
import pytest

from ranking.candidates import Candidate, merge


def test_an_item_found_both_ways_keeps_both_scores() -> None:
    found = Candidate("a", "sticker", "index", index_match=0.7, label="🎂")
    made = Candidate("a", "sticker", "generated", gme_relevance=0.6, model_version="v1", style="3d")
    (merged,) = merge([found], [made])
    assert (merged.index_match, merged.gme_relevance) == (0.7, 0.6)
    assert (merged.source, merged.model_version, merged.style) == ("generated", "v1", "3d")
    assert merged.label is None


def test_the_higher_of_two_scores_of_one_kind_is_kept() -> None:
    matches = [Candidate("a", "image", "index", index_match=score) for score in (0.2, 0.9, 0.4)]
    assert [candidate.index_match for candidate in merge(matches, [])] == [0.9]


def test_an_embedding_is_kept_wherever_it_comes_from() -> None:
    embedding = np.array([1.0, 0.0], np.float32)
    known = Candidate("a", "image", "index", index_match=0.5, embedding=embedding)
    unknown = Candidate("a", "image", "generated", gme_relevance=0.5)
    assert merge([known], [unknown])[0].embedding is embedding


def test_items_come_in_the_order_of_their_ids_whatever_order_they_arrive_in() -> None:
    matches = [Candidate(item_id, "image", "index", index_match=0.5) for item_id in "cab"]
    assert [candidate.item_id for candidate in merge(matches, [])] == ["a", "b", "c"]
    assert [candidate.item_id for candidate in merge(matches[::-1], [])] == ["a", "b", "c"]


@pytest.mark.parametrize("score", [-0.1, 1.1, float("nan")])
@pytest.mark.parametrize("name", ["index_match", "gme_relevance"])
def test_a_score_outside_0_to_1_is_refused_by_name(name: str, score: float) -> None:
    with pytest.raises(ValueError, match=f"{name} of a is {score}"):
        Candidate("a", "image", "index", **{name: score})  # type: ignore[arg-type]


def test_one_item_cannot_have_two_media_types() -> None:
    with pytest.raises(ValueError, match="media_type of a"):
        merge([Candidate("a", "image", "index")], [Candidate("a", "audio", "generated")])
