"""The four scores of a candidate and their total, each in [0, 1]."""

import math
from dataclasses import dataclass

from ranking.candidates import Candidate
from ranking.novelty import Seen, novelty
from ranking.taste import Ideal, preference
from ranking.weights import RankingWeights


@dataclass(frozen=True, slots=True)
class Scores:
    """What the answer shows and the log keeps; None means that the item was not judged that way."""

    index_match: float | None
    gme_relevance: float | None
    user_preference: float
    novelty: float
    total: float
    fit: float  # the evidence for the n-gram


def gme_relevance(cosine: float, weights: RankingWeights) -> float:
    """Calibrate a relevance model's cosine in text space: 1 / (1 + exp(-(cosine - midpoint) / scale))."""
    logit = (cosine - weights.relevance_midpoint) / weights.relevance_scale
    return 0.5 * (1.0 + math.tanh(0.5 * logit))  # the logistic, without overflow


def evidence(index_match: float | None, gme_relevance: float | None, weights: RankingWeights) -> float:
    """How surely the item fits the n-gram: a noisy-or (Pearl 1988), 1 - (1 - t_i·i)·(1 - t_g·g).

    A judgement that is missing drops out, so neither source is punished for lacking the other's;
    one that is there can only add. The trusts t make the two scales comparable.
    """
    missed_by_index = 1.0 - weights.index_trust * (index_match or 0.0)
    missed_by_gme = 1.0 - weights.gme_trust * (gme_relevance or 0.0)
    return 1.0 - missed_by_index * missed_by_gme


def total(fit: float, user_preference: float, novelty: float, weights: RankingWeights) -> float:
    """The mean of evidence, preference and novelty, weighted and normalised."""
    weighted = (
        weights.evidence * fit + weights.user_preference * user_preference + weights.novelty * novelty
    )
    mean = weighted / (weights.evidence + weights.user_preference + weights.novelty)
    return min(1.0, mean)  # rounding may exceed 1 by an ulp


def score(
    candidate: Candidate,
    ideal: Ideal,
    seen: Seen,
    weights: RankingWeights,
    now_s: float,
    composition: str | None = None,
) -> Scores:
    """Judge one candidate for one user at one moment."""
    fit = evidence(candidate.index_match, candidate.gme_relevance, weights)
    preferred = preference(ideal, candidate)
    new = novelty(seen, candidate.item_id, now_s, weights.novelty_half_life_s, composition)
    return Scores(
        index_match=candidate.index_match,
        gme_relevance=candidate.gme_relevance,
        user_preference=preferred,
        novelty=new,
        total=total(fit, preferred, new, weights),
        fit=fit,
    )
