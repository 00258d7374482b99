import pytest
from hypothesis import given
from hypothesis import strategies as st

from ranking.candidates import Candidate
from ranking.novelty import Seen
from ranking.scores import Scores, evidence, gme_relevance, score
from ranking.taste import Taste, recall
from ranking.weights import RankingWeights
from tests.ranking import strategies as s

STRANGER = recall(Taste(), None, now_s=0.0, half_life_s=1.0, prior=1.0)


def score_of(candidate: Candidate, weights: RankingWeights = s.SHIPPED) -> Scores:
    return score(candidate, STRANGER, Seen(), weights, now_s=0.0)


@given(s.candidates, s.weights)
def test_every_score_lies_between_0_and_1(candidate: Candidate, weights: RankingWeights) -> None:
    scores = score_of(candidate, weights)
    assert all(0.0 <= each <= 1.0 for each in (scores.user_preference, scores.novelty, scores.total))
    assert (scores.index_match, scores.gme_relevance) == (candidate.index_match, candidate.gme_relevance)


@given(s.scores, s.scores, s.unit_interval, s.weights)
def test_more_relevance_never_lowers_the_total(
    index_match: float | None, relevance: float | None, more: float, weights: RankingWeights
) -> None:
    before = score_of(Candidate("a", "image", "index", index_match, relevance), weights).total
    for better in (
        Candidate("a", "image", "index", max(more, index_match or 0.0), relevance),
        Candidate("a", "image", "index", index_match, max(more, relevance or 0.0)),
    ):
        assert score_of(better, weights).total >= before - 1e-12


@given(s.unit_interval)
def test_a_score_that_was_not_judged_costs_nothing(fit: float) -> None:
    as_found = evidence(fit, None, s.SHIPPED)
    assert as_found == evidence(fit, 0.0, s.SHIPPED)
    assert as_found == pytest.approx(s.SHIPPED.index_trust * fit)
    assert evidence(None, fit, s.SHIPPED) == pytest.approx(s.SHIPPED.gme_trust * fit)


def test_two_witnesses_are_stronger_than_either() -> None:
    assert evidence(0.6, 0.6, s.SHIPPED) > max(
        evidence(0.6, None, s.SHIPPED), evidence(None, 0.6, s.SHIPPED)
    )


@given(st.floats(-1.0, 1.0), st.floats(-1.0, 1.0), s.weights)
def test_gme_relevance_rises_with_the_cosine(low: float, high: float, weights: RankingWeights) -> None:
    low, high = sorted((low, high))
    assert 0.0 <= gme_relevance(low, weights) <= gme_relevance(high, weights) <= 1.0


def test_gme_relevance_is_even_at_the_midpoint() -> None:
    assert gme_relevance(s.SHIPPED.relevance_midpoint, s.SHIPPED) == pytest.approx(0.5)
    cosine = s.SHIPPED.relevance_midpoint + s.SHIPPED.relevance_scale
    assert gme_relevance(cosine, s.SHIPPED) == pytest.approx(0.731, abs=1e-3)


def test_a_perfect_unseen_favourite_scores_almost_one_and_an_unrelated_one_far_less() -> None:
    assert score_of(Candidate("a", "image", "index", 1.0)).total == pytest.approx(0.875)
    assert score_of(Candidate("b", "image", "index", 0.0)).total == pytest.approx(0.275)
