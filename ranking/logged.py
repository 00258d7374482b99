"""What the log keeps of a slate: what was shown, what was considered; and its numbers read back."""

# N: candidates that may be shown, F: features

import base64
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ranking.features import decode, encode
from ranking.network import Halves
from ranking.rank import RankedItem, ScoredCandidate
from store.impression import Shown

Logged = Mapping[str, str | float | None]


def to_shown(ranked: RankedItem) -> Shown:
    """An item in its place."""
    candidate = ranked.candidate
    return Shown(
        candidate.item_id, candidate.media_type, candidate.source, ranked.propensity, ranked.scores.fit
    )


def to_logged(scored: ScoredCandidate) -> dict[str, str | float | None]:
    """All that learning needs to know of it."""
    candidate, scores = scored.candidate, scored.scores
    return {
        "item_id": candidate.item_id,
        "media_type": candidate.media_type,
        "source": candidate.source,
        "model_version": candidate.model_version,
        "index_match": scores.index_match,
        "gme_relevance": scores.gme_relevance,
        "user_preference": scores.user_preference,
        "novelty": scores.novelty,
        "total": scores.total,
        "duplicate_of": scored.duplicate_of,
        "features": encode(scored.features),
        "likeness": base64.b64encode(scored.likeness).decode(),
    }


def read_features(logged: Sequence[Logged]) -> Halves:
    """The features [N, F]; ValueError if they are of another version."""
    return np.stack([decode(str(each["features"])) for each in logged])


def read_likeness(logged: Sequence[Logged]) -> NDArray[np.uint8]:
    """The likeness of all pairs [N, N] of those that may be shown, in the order of the log."""
    likeness_NN = np.zeros((len(logged), len(logged)), dtype=np.uint8)
    for i, each in enumerate(logged):
        row = np.frombuffer(base64.b64decode(str(each["likeness"])), dtype=np.uint8)
        likeness_NN[i, :i] = likeness_NN[:i, i] = row
    return likeness_NN
