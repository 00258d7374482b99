"""The one call that turns candidates into a ranked slate."""

# N: candidates, D: embedding dimension, F: features

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ranking.candidates import Candidate
from ranking.diversity import cosines, find_duplicates, penalties, quantise
from ranking.features import features
from ranking.lift import Habits
from ranking.network import ScoringNetwork
from ranking.novelty import Seen
from ranking.scores import Scores, score
from ranking.slate import draw_noise, sample_slate
from ranking.taste import Taste, recall
from ranking.weights import RankingWeights

NO_HABITS = Habits()


@dataclass(frozen=True, slots=True)
class RankedItem:
    """A candidate in its place, with the probability of that placement given the places above."""

    candidate: Candidate
    scores: Scores
    position: int
    propensity: float


@dataclass(frozen=True, slots=True)
class ScoredCandidate:
    """A candidate as it was considered; `duplicate_of` names the item that kept it off the slate.

    `features` and `likeness` are all that a replay under another policy needs: its features [F] in half precision, and
    its likeness to each candidate before it that may be shown, a byte each; empty for duplicates.
    """

    candidate: Candidate
    scores: Scores
    duplicate_of: str | None
    features: bytes
    likeness: bytes


@dataclass(frozen=True, slots=True)
class RankedSlate:
    """What is shown, and everything that could have been, best first, for the log."""

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
    n_gram: str = "",
    network: ScoringNetwork | None = None,
    habits: Habits = NO_HABITS,
) -> RankedSlate:
    """Score merged candidates, drop near-duplicates and draw a diverse slate of at most `limit`.

    Pure: the same arguments and `rng` state give the same slate, in whatever order candidates come.
    `composition` names the message being typed, whose own showings don't make an item less novel. Without a
    `network` an item is worth its total.
    """
    candidates = _in_order_of_id(candidates)
    ideal = recall(taste, interests_embedding, now_s, weights.taste_half_life_s, weights.taste_prior)
    scores = [score(candidate, ideal, seen, weights, now_s, composition) for candidate in candidates]
    features_NF = features(candidates, scores, ideal, habits, n_gram, now_s)
    if network is None:
        utilities_N = np.array([each.total for each in scores], dtype=np.float64)
    else:
        utilities_N = network.utilities(features_NF)

    cosines_NN = cosines(candidates)
    duplicate_of = find_duplicates(candidates, utilities_N, cosines_NN, weights.duplicate_cosine)
    best_first = np.argsort(-utilities_N, kind="stable").tolist()
    unique = [i for i in best_first if duplicate_of[i] is None]
    shown = [candidates[i] for i in unique]
    likeness_NN = quantise(cosines_NN[np.ix_(unique, unique)])

    size = min(limit, len(shown))
    noise_N = draw_noise([candidate.item_id for candidate in shown], rng)
    penalise = penalties(
        shown,
        likeness_NN,
        size,
        weights.diversity,
        weights.type_share,
        weights.source_share,
        weights.source_penalty,
    )
    slate = sample_slate(utilities_N[unique], size, weights.temperature, noise_N, penalise)

    items = tuple(
        RankedItem(shown[i], scores[unique[i]], position, propensity)
        for position, (i, propensity) in enumerate(zip(slate.order, slate.propensities, strict=True))
    )
    rows = {i: likeness_NN[place, :place].tobytes() for place, i in enumerate(unique)}
    considered = tuple(
        ScoredCandidate(
            candidates[i],
            scores[i],
            None if j is None else candidates[j].item_id,
            features_NF[i].tobytes(),
            rows.get(i, b""),
        )
        for i in best_first
        for j in [duplicate_of[i]]
    )
    return RankedSlate(items, considered)


def _in_order_of_id(candidates: Sequence[Candidate]) -> list[Candidate]:
    ordered = sorted(candidates, key=lambda candidate: candidate.item_id)
    for first, second in pairwise(ordered):
        if first.item_id == second.item_id:
            raise ValueError(f"item_id {first.item_id} comes twice; merge candidates before ranking")
    return ordered
