"""The entries of one owner (or of the public), with their words and vectors."""

# R: rows of the collection, A: rows allowed in an answer

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from catalog.items import MediaType
from ranking.entries import (
    RATINGS,
    IndexEntry,
    IndexMatch,
    IndexQuery,
    Method,
    english_terms,
    index_texts,
    is_encodable,
)
from ranking.evidence import TypedText, WordEvidence, word_evidence
from ranking.fusion import Fused, fuse
from ranking.lexicon import Lexicon
from ranking.nearest import FLAT_AT_MOST
from ranking.survey import CollectionSurvey
from ranking.vectors import HeldShelf, Meaning, Nearest, Vectors, VectorShelf

MEDIA_TYPES: tuple[MediaType, ...] = get_args(MediaType)
JUDGE_ALL_AT_MOST = 20_000  # rows; of more, only those with evidence of their own are judged


@dataclass(frozen=True, slots=True, eq=False)
class HeldCollection:
    """What a collection holds, but for its words, which the entries say."""

    rows: Mapping[int, IndexEntry]
    shelves: Mapping[MediaType, HeldShelf]


class Collection:
    """Entries in numbered rows; a removed entry's row is used again."""

    def __init__(
        self, dimension: int, flat_at_most: int = FLAT_AT_MOST, judge_all_at_most: int = JUDGE_ALL_AT_MOST
    ) -> None:
        self.lexicon = Lexicon()
        self._dimension = dimension
        self._flat_at_most = flat_at_most
        self._judge_all_at_most = judge_all_at_most
        self._shelves: dict[MediaType, VectorShelf] = {}
        self._entries: list[IndexEntry | None] = []
        self._rows: dict[str, int] = {}
        self._free: list[int] = []
        self._ratings_R = np.zeros(0, dtype=np.int8)
        self._types_R = np.zeros(0, dtype=np.int8)  # -1 for a row not in use

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, entry: IndexEntry, vectors: Vectors) -> None:
        """Add an entry whose id is not there yet."""
        if not self._free:
            self._grow()
        row = self._free.pop()
        self._place(row, entry)
        item, *terms = index_texts(entry)
        self._shelf(entry.media_type).add(row, item, terms, vectors)

    def _place(self, row: int, entry: IndexEntry) -> None:
        self._entries[row], self._rows[entry.item_id] = entry, row
        self._ratings_R[row] = RATINGS.index(entry.rating)
        self._types_R[row] = MEDIA_TYPES.index(entry.media_type)
        self.lexicon.add(row, entry.terms)

    def held(self) -> HeldCollection:
        """What is here; nobody may change it."""
        rows = {row: entry for row, entry in enumerate(self._entries) if entry is not None}
        return HeldCollection(rows, {kind: shelf.held() for kind, shelf in self._shelves.items()})

    def restore(self, held: HeldCollection) -> None:
        """Hold what another collection held, instead of nothing."""
        while len(self._entries) <= max(held.rows, default=-1):
            self._grow()
        for media_type, shelf in held.shelves.items():
            self._shelf(media_type).restore(shelf)
        for row, entry in held.rows.items():
            self._place(row, entry)
            self._shelf(entry.media_type).restore_row(row, english_terms(entry))
        self._free = [row for row in reversed(range(len(self._entries))) if row not in held.rows]

    def _shelf(self, media_type: MediaType) -> VectorShelf:
        if media_type not in self._shelves:
            self._shelves[media_type] = VectorShelf(self._dimension, self._flat_at_most)
        return self._shelves[media_type]

    def _grow(self) -> None:
        size, more = len(self._entries), max(8, len(self._entries))
        self._free = list(range(size + more - 1, size - 1, -1))
        self._entries += [None] * more
        self._ratings_R = np.append(self._ratings_R, np.zeros(more, dtype=np.int8))
        self._types_R = np.append(self._types_R, np.full(more, -1, dtype=np.int8))

    def remove(self, item_id: str) -> None:
        """Remove an entry that is there."""
        row = self._rows.pop(item_id)
        entry = self._entries[row]
        assert entry is not None
        self.lexicon.remove(row, entry.terms)
        self._shelves[entry.media_type].remove(row, english_terms(entry))
        self._entries[row], self._types_R[row] = None, -1
        self._free.append(row)

    def nearest(self, query: IndexQuery) -> dict[MediaType, Nearest]:
        """How near the hits of each media type are; nothing for a text without meaning to the encoder."""
        if query.vector is None or not is_encodable(query.n_gram):
            return {}
        wanted = self._shelves.keys() & set(query.media_types)
        return {media_type: self._shelves[media_type].nearest(query.vector) for media_type in wanted}

    def search(
        self,
        query: IndexQuery,
        typed: TypedText,
        counted: CollectionSurvey,
        nearest: Mapping[MediaType, Nearest],
    ) -> Iterator[IndexMatch]:
        """The best of each media type, and those that equal the last of them; `nearest` of all shards, if any."""
        words = word_evidence(typed, self.lexicon, len(self._entries), counted)
        vector_D = query.vector if is_encodable(query.n_gram) else None
        for media_type in dict.fromkeys(query.media_types):
            if media_type in self._shelves:
                shelf = self._shelves[media_type]
                meaning = shelf.score(vector_D, len(self._entries), nearest.get(media_type))
                rows_A = self._judged(query, media_type, words, meaning)
                fused = fuse(
                    words.gram[rows_A], words.words[rows_A], meaning.items(rows_A), meaning.terms(rows_A)
                )
                for at in _best(fused, query.limit):
                    yield self._match(int(rows_A[at]), at, fused, words, meaning)

    def _judged(
        self, query: IndexQuery, media_type: MediaType, words: WordEvidence, meaning: Meaning
    ) -> NDArray[np.int64]:
        """The rows that may be among the best.

        Without evidence of its own a row counts what is beyond the hits, so no more than any row that has some;
        these alone are enough wherever they fill the answer.
        """
        if len(self._entries) > self._judge_all_at_most:
            rows_A = np.union1d(words.hits, meaning.hits)
            rows_A = rows_A[self._is_allowed(query, media_type, rows_A)]
            if len(rows_A) >= query.limit:
                return rows_A
        return np.flatnonzero(self._is_allowed(query, media_type, slice(None)))

    def _is_allowed(
        self, query: IndexQuery, media_type: MediaType, rows: NDArray[np.int64] | slice
    ) -> NDArray[np.bool_]:
        return (self._types_R[rows] == MEDIA_TYPES.index(media_type)) & (
            self._ratings_R[rows] <= RATINGS.index(query.max_rating)
        )

    def settle(self) -> None:
        """Wait until what is being rebuilt is."""
        for shelf in self._shelves.values():
            shelf.settle()

    def _match(self, row: int, at: int, fused: Fused, words: WordEvidence, meaning: Meaning) -> IndexMatch:
        entry = self._entries[row]
        assert entry is not None
        matched, method = self._reason(entry, row, int(fused.strongest[at]), words, meaning)
        return IndexMatch(
            entry.item_id,
            entry.media_type,
            float(fused.index_match[at]),
            matched,
            method,
            float(fused.meaning[at]),
        )

    def _reason(
        self, entry: IndexEntry, row: int, strongest: int, words: WordEvidence, meaning: Meaning
    ) -> tuple[str, Method]:
        if strongest == 0 and words.source_after[row]:
            return words.sources[int(words.source_after[row]) - 1]
        if strongest == 1:
            return words.text, "lexical"
        if strongest == 3 and (term_id := meaning.best_term(row)) >= 0:
            return self._shelves[entry.media_type].term_text(term_id), "semantic"
        return entry.alt_text, "semantic"


def _best(fused: Fused, limit: int) -> list[int]:
    """Places of the best rows; those that equal the last come too, for the caller to settle by item id."""
    order_A = np.lexsort((-fused.meaning, -fused.index_match))
    if len(order_A) > limit:
        same_A = (fused.index_match == fused.index_match[order_A[limit - 1]]) & (
            fused.meaning == fused.meaning[order_A[limit - 1]]
        )
        order_A = order_A[: max(limit, int(np.flatnonzero(same_A[order_A])[-1]) + 1)]
    return [int(at) for at in order_A if fused.index_match[at] > 0.0]
