"""Four kinds of evidence fused into one index match."""

# R: rows judged

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

CEILING = 0.99  # of everything but an exact match of the whole n-gram
GRAM_TRUST, WORDS_TRUST, ITEM_TRUST, TERM_TRUST = 0.95, 0.3, 0.8, 0.7
BACKGROUND = 0.15  # cosine of texts that have nothing to do with each other


@dataclass(frozen=True, slots=True, eq=False)
class Fused:
    """What all evidence together says of each row [R]."""

    index_match: NDArray[np.float64]
    meaning: NDArray[np.float64]  # the same without the gram evidence; orders the exact ones
    strongest: NDArray[np.int64]  # 0 gram, 1 words, 2 item, 3 term


def fuse(
    gram_R: NDArray[np.float64],
    words_R: NDArray[np.float64],
    item_R: NDArray[np.float64],
    term_R: NDArray[np.float64],
) -> Fused:
    """index_match = 1 where gram = 1, else 0.99 · (1 − Π (1 − trust · evidence)), a noisy-or of the four.

    All evidence is in [0, 1]; cosines count by how far they stand above `BACKGROUND`.
    More of any evidence never lowers the match.
    """
    item_R, term_R = (
        np.clip((cosine_R - BACKGROUND) / (1.0 - BACKGROUND), 0.0, 1.0) for cosine_R in (item_R, term_R)
    )
    trusted_4R = np.stack(
        [GRAM_TRUST * gram_R, WORDS_TRUST * words_R, ITEM_TRUST * item_R, TERM_TRUST * term_R]
    )
    doubt_4R = 1.0 - trusted_4R
    fused_R = CEILING * (1.0 - doubt_4R.prod(axis=0))
    return Fused(
        np.where(gram_R >= 1.0, 1.0, fused_R), 1.0 - doubt_4R[1:].prod(axis=0), trusted_4R.argmax(axis=0)
    )
