"""The one call that turns candidates into a ranked slate."""

# N: candidates, D: embedding dimension

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ranking.candidates import Candidate
from ranking.diversity import cosines, find_duplicates, penalties
from ranking.novelty import Seen
from ranking.scores import Scores, score
from ranking.slate import draw_noise, sample_slate
from ranking.taste import Taste, recall
from ranking.weights import RankingWeights


@dataclass(frozen=True, slots=True)
class RankedItem:
    """A candidate in its place, with the probability of that placement given the places above."""

    candidate: Candidate
    scores: Scores
    position: int
    propensity: float


@dataclass(frozen=True, slots=True)
class ScoredCandidate:
    """A candidate as it was considered; `duplicate_of` names the item that kept it off the slate."""

    candidate: Candidate
    scores: Scores
    duplicate_of: str | None


@dataclass(frozen=True, slots=True)
class RankedSlate:
    """What is shown, and everything that could have been, best total first, for the log."""

    items: tuple[RankedItem, ...]
    considered: tuple[ScoredCandidate, ...]


def rank(
    candidates: Sequence[Candidate],
    taste: Taste,
    seen: Seen,
    interests_embedding: NDArray[np.float32] | None,
    weights: RankingWeights,
    limit: int,
    now_s: float,
    rng: np.random.Generator,
    composition: str | None = None,
) -> RankedSlate:
    """Score merged candidates, drop near-duplicates and draw a diverse slate of at most `limit`.

    Pure: the same arguments and `rng` state give the same slate, in whatever order candidates come.
    `composition` names the message being typed, whose own showings don't make an item less novel.
    """
    candidates = _in_order_of_id(candidates)
    ideal = recall(taste, interests_embedding, now_s, weights.taste_half_life_s, weights.taste_prior)
    scores = [score(candidate, ideal, seen, weights, now_s, composition) for candidate in candidates]
    totals_N = np.array([each.total for each in scores], dtype=np.float64)

    cosines_NN = cosines(candidates)
    duplicate_of = find_duplicates(candidates, totals_N, cosines_NN, weights.duplicate_cosine)
    unique = [i for i, original in enumerate(duplicate_of) if original is None]
    shown = [candidates[i] for i in unique]

    size = min(limit, len(shown))
    noise_N = draw_noise([candidate.item_id for candidate in shown], rng)
    penalise = penalties(
        shown,
        cosines_NN[np.ix_(unique, unique)],
        size,
        weights.diversity,
        weights.type_share,
        weights.source_share,
        weights.source_penalty,
    )
    slate = sample_slate(totals_N[unique], size, weights.temperature, noise_N, penalise)

    items = tuple(
        RankedItem(shown[i], scores[unique[i]], position, propensity)
        for position, (i, propensity) in enumerate(zip(slate.order, slate.propensities, strict=True))
    )
    considered = tuple(
        ScoredCandidate(candidates[i], scores[i], None if j is None else candidates[j].item_id)
        for i in np.argsort(-totals_N, kind="stable").tolist()
        for j in [duplicate_of[i]]
    )
    return RankedSlate(items, considered)


def _in_order_of_id(candidates: Sequence[Candidate]) -> list[Candidate]:
    ordered = sorted(candidates, key=lambda candidate: candidate.item_id)
    for first, second in pairwise(ordered):
        if first.item_id == second.item_id:
            raise ValueError(f"item_id {first.item_id} comes twice; merge candidates before ranking")
    return ordered
