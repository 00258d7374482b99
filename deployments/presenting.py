"""Items on their way into the ranking, and out of it to the wire."""

import time
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from deployments.gathering import Gathering
from deployments.lookup import Match
from deployments.messages import GeneratedItem, ItemScores, SuggestedItem
from deployments.order import Made
from deployments.popular import Choices
from deployments.tracing import span, tell
from ranking.candidates import Candidate, merge
from ranking.logged import to_logged, to_shown
from ranking.policy import RankingPolicy
from ranking.rank import RankedItem, RankedSlate, rank
from ranking.scores import gme_relevance
from store.impression import Impression
from store.media_item import MediaItem


def rank_gathering(gathering: Gathering, policy: RankingPolicy, choices: Choices) -> RankedSlate:
    """Merge what was found and what was made, and rank it for the person."""
    person, weights = gathering.person, policy.weights
    with span("rank", policy_version=policy.version):
        found = [found_candidate(match, choices) for match in gathering.matches]
        generated = [
            generated_candidate(made, gme_relevance(made.cosine, weights)) for made in gathering.made
        ]
        ranked = rank(
            merge(found, generated),
            person.taste,
            person.seen,
            person.interests,
            weights,
            gathering.request.limit,
            time.time(),
            np.random.default_rng(gathering.seed),
            gathering.composition_key,
            gathering.n_gram,
            policy.network,
            person.habits,
        )
        tell(found=len(found), generated=len(generated), items=len(ranked.items))
    return ranked


def found_candidate(match: Match, choices: Choices) -> Candidate:
    """An index match as the ranking sees it."""
    item = match.item
    return Candidate(
        item_id=item.item_id,
        media_type=item.media_type,
        source="index",
        index_match=match.index_match,
        embedding=_float32(item.embedding),
        model_version=item.model_version,
        label=None if item.origin == "generated" else item.emoji or item.alt_text,
        popularity=choices.popularity_of(item.item_id),
        lift=choices.lift_of(item.item_id),
    )


def generated_candidate(made: Made, relevance: float) -> Candidate:
    """A new item as the ranking sees it."""
    return Candidate(
        item_id=made.item.item_id,
        media_type=made.item.media_type,
        source="generated",
        gme_relevance=relevance,
        embedding=_float32(made.item.embedding),
        model_version=made.item.model_version,
    )


def _float32(embedding: NDArray[np.floating] | None) -> NDArray[np.float32] | None:
    """Embeddings travel in half precision, in which NumPy multiplies without BLAS: 17 times slower."""
    return None if embedding is None else embedding.astype(np.float32)


def to_suggested_item(ranked: RankedItem, items: Mapping[str, MediaItem]) -> SuggestedItem:
    """A ranked item with what a client needs to show it."""
    item = items[ranked.candidate.item_id]
    return SuggestedItem(
        item_id=item.item_id,
        media_type=item.media_type,
        source=ranked.candidate.source,
        **urls(item),
        mime_type=item.mime_type,
        width=item.width,
        height=item.height,
        duration_ms=item.duration_ms,
        alt_text=item.alt_text,
        rating=item.rating,
        model_version=item.model_version,
        attribution=item.attribution,
        position=ranked.position,
        scores=ItemScores(
            index_match=ranked.scores.index_match,
            gme_relevance=ranked.scores.gme_relevance,
            user_preference=ranked.scores.user_preference,
            novelty=ranked.scores.novelty,
            total=ranked.scores.total,
        ),
        propensity=ranked.propensity,
    )


def to_impression(gathering: Gathering) -> Impression:
    """The slate that goes out, as the log keeps it; the next one of the same call gets the next number."""
    assert gathering.ranked is not None
    gathering.slates += 1
    request = gathering.request
    return Impression(
        suggestion_id=gathering.suggestion_id,
        slate=gathering.slates - 1,
        user_id=request.user_id,
        composition_id=gathering.composition_key,
        at_s=time.time(),
        n_gram=request.n_gram_string,
        locale=request.locale,
        policy_version=gathering.policy_version,
        latency_ms=round(gathering.latency_ms, 3),
        pending=tuple(gathering.pending),
        degraded=tuple(gathering.degraded),
        shown=tuple(map(to_shown, gathering.ranked.items)),
        candidates=tuple(to_logged(each) for each in gathering.ranked.considered),
    )


def to_generated_item(made: Made, relevance: float) -> GeneratedItem:
    """A new item with the seed that makes it again."""
    item = made.item
    return GeneratedItem(
        item_id=item.item_id,
        media_type=item.media_type,
        **urls(item),
        mime_type=item.mime_type,
        width=item.width,
        height=item.height,
        duration_ms=item.duration_ms,
        alt_text=item.alt_text,
        rating=item.rating,
        model_version=item.provenance,
        seed=made.seed,
        gme_relevance=relevance,
    )


def urls(item: MediaItem) -> dict[str, str]:
    """Where the bytes of an item are served."""
    url = f"/v1/media/{item.item_id}"
    return {"url": url, "preview_url": f"{url}?rendition=preview"}
