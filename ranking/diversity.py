"""Keeping a slate free of near-duplicates, and its types and contents mixed."""

# N: candidates, D: embedding dimension

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from ranking.candidates import Candidate

Floats = NDArray[np.float64]
Bytes = NDArray[np.uint8]


def cosines(candidates: Sequence[Candidate]) -> Floats:
    """Cosines of all pairs, [N, N]; 0 where an embedding is missing."""
    known = next((c.embedding for c in candidates if c.embedding is not None), None)
    if known is None:
        return np.zeros((len(candidates), len(candidates)))
    zero_D = np.zeros_like(known)
    embeddings_ND = np.stack([zero_D if c.embedding is None else c.embedding for c in candidates])
    return (embeddings_ND @ embeddings_ND.T).astype(np.float64)


def quantise(cosines_NN: Floats) -> Bytes:
    """Likeness in [0, 1] in steps of 1/255: what the penalties see is what the log can keep, so replays are exact."""
    likeness_NN: Bytes = np.rint(np.clip(cosines_NN, 0.0, 1.0) * 255.0).astype(np.uint8)
    return likeness_NN


def find_duplicates(
    candidates: Sequence[Candidate], totals_N: Floats, cosines_NN: Floats, threshold: float
) -> list[int | None]:
    """For each candidate, the better one that it nearly repeats, or None if it may be shown.

    Best total first (the earlier of equals), each that is still kept drops those of its media type
    that have its label or a cosine above `threshold` to it.
    """
    labels = [f"#{i}" if c.label is None else f"={c.label}" for i, c in enumerate(candidates)]
    same_NN = _equal([c.media_type for c in candidates]) & (_equal(labels) | (cosines_NN > threshold))
    np.fill_diagonal(same_NN, False)
    repeated_N: NDArray[np.bool_] = np.any(same_NN, axis=1)
    duplicate_of: list[int | None] = [None] * len(candidates)
    for i in np.argsort(-totals_N, kind="stable").tolist():
        if repeated_N[i] and duplicate_of[i] is None:
            for j in np.flatnonzero(same_NN[i]).tolist():
                same_NN[j] = same_NN[:, j] = False  # one that is dropped drops no others
                duplicate_of[j] = i
    return duplicate_of


def penalties(
    candidates: Sequence[Candidate],
    likeness_NN: Bytes,
    size: int,
    diversity: float,
    type_share: float,
    source_share: float,
    source_penalty: float,
) -> Callable[[Sequence[int]], Floats]:
    """What each candidate loses, given those above it: a function from their places to [N] penalties.

    Maximal marginal relevance (Carbonell & Goldstein 1998): `diversity` · max over j above of
    (½·[same type] + ½·likeness / 255). Once a type fills ceil(`type_share` · `size`) places, the rest
    of it loses `diversity` again. Once a source (index or generated) fills ceil(`source_share` · `size`),
    the rest of it loses `source_penalty`: what is new must be shown to be learned about. All are
    finite: no placement is ever impossible, as off-policy evaluation needs.
    """
    types_N = _codes([c.media_type for c in candidates])
    similar_NN = 0.5 * (types_N[:, None] == types_N) + likeness_NN / 510.0
    groups = (
        (types_N, max(1, math.ceil(type_share * size)), diversity),
        (_codes([c.source for c in candidates]), max(1, math.ceil(source_share * size)), source_penalty),
    )

    def penalise(above: Sequence[int]) -> Floats:
        if not above:
            return np.zeros(len(types_N))
        rows = list(above)
        nearest_N = similar_NN[rows].max(axis=0)
        penalties_N: Floats = diversity * nearest_N
        for codes_N, crowd, loss in groups:
            penalties_N += loss * (np.bincount(codes_N[rows], minlength=len(codes_N))[codes_N] >= crowd)
        return penalties_N

    return penalise


def _equal(names: Sequence[str]) -> NDArray[np.bool_]:
    codes_N = _codes(names)
    equal_NN: NDArray[np.bool_] = codes_N[:, None] == codes_N
    return equal_NN


def _codes(names: Sequence[str]) -> NDArray[np.int64]:
    """The same number for the same name, [N], counted from 0."""
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(name, len(numbers)) for name in names], dtype=np.int64)
