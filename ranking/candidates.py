"""A media item that may be shown for an n-gram, and the merging of found and generated ones."""

# D: embedding dimension (384)

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from catalog.items import MediaType

Source = Literal["index", "generated"]


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """One item with the evidence that it fits the n-gram, each in [0, 1], None where it was not judged.

    `embedding` is of the media itself, never of the prompt (prompts are equal where pictures are not).
    `label` says what an index item shows: its emoji, else its alt text. Two index items of one type
    and label are duplicates. Generated items have none, for their alt text is only the prompt.
    """

    item_id: str
    media_type: MediaType
    source: Source
    index_match: float | None = None
    gme_relevance: float | None = None
    embedding: NDArray[np.float32] | None = None  # [D], unit length, in text space
    model_version: str | None = None
    style: str | None = None
    label: str | None = None
    popularity: float = 0.0  # among everyone, in [0, 1)
    lift: float = 0.0  # of the item, from all who were shown it: ranking/lift.py

    def __post_init__(self) -> None:
        for name, score in (("index_match", self.index_match), ("gme_relevance", self.gme_relevance)):
            if score is not None and not 0.0 <= score <= 1.0:
                raise ValueError(f"{name} of {self.item_id} is {score}; allowed are None and 0 to 1")


def merge(found: Iterable[Candidate], generated: Iterable[Candidate]) -> list[Candidate]:
    """Join matches and fresh generations by `item_id`, in the order of the ids.

    An item that came both ways keeps both scores (the higher of each kind) and counts as generated.
    """
    merged: dict[str, Candidate] = {}
    for candidate in (*generated, *found):
        first = merged.get(candidate.item_id)
        merged[candidate.item_id] = candidate if first is None else _join(first, candidate)
    return [merged[item_id] for item_id in sorted(merged)]


def _join(first: Candidate, second: Candidate) -> Candidate:
    if first.media_type != second.media_type:
        raise ValueError(
            f"media_type of {first.item_id} is both {first.media_type} and {second.media_type}; "
            "an item has one"
        )
    return Candidate(
        item_id=first.item_id,
        media_type=first.media_type,
        source="generated" if "generated" in (first.source, second.source) else "index",
        index_match=_higher(first.index_match, second.index_match),
        gme_relevance=_higher(first.gme_relevance, second.gme_relevance),
        embedding=second.embedding if first.embedding is None else first.embedding,
        model_version=first.model_version or second.model_version,
        style=first.style or second.style,
        label=first.label if first.source == second.source else None,
        popularity=max(first.popularity, second.popularity),
        lift=first.lift or second.lift,
    )


def _higher(first: float | None, second: float | None) -> float | None:
    if first is None or second is None:
        return second if first is None else first
    return max(first, second)
