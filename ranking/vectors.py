"""Embeddings of items and of their terms, searched with FAISS."""

# D: dimension of an embedding, K: hits of a search, R: rows of the collection, A: rows asked for

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ranking.nearest import FLAT_AT_MOST, Held, NearestVectors

MAX_ITEM_HITS = 128
MAX_TERM_HITS = 64


@dataclass(frozen=True, slots=True, eq=False)
class Meaning:
    """Cosines in [0, 1]: of the hits each row's own [R], of all beyond them the last hit's."""

    item_R: NDArray[np.float64]  # 0 beyond the hits, and so is `term_R`
    term_R: NDArray[np.float64]  # of its best term
    term_after_R: NDArray[np.int64]  # that term's id plus one, else 0
    item_beyond: float
    term_beyond: float
    hits: NDArray[np.int64]  # rows that are hits

    def items(self, rows_A: NDArray[np.int64]) -> NDArray[np.float64]:
        """Cosines of rows as items."""
        return np.maximum(self.item_R[rows_A], self.item_beyond)

    def terms(self, rows_A: NDArray[np.int64]) -> NDArray[np.float64]:
        """Cosines of rows' best terms."""
        return np.maximum(self.term_R[rows_A], self.term_beyond)

    def best_term(self, row: int) -> int:
        """The id of the term that speaks most for a row; -1 if none is a hit."""
        return int(self.term_after_R[row]) - 1


Vectors = Mapping[str, NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class Nearest:
    """Cosines of the hits of one search, of which a shard's may not be among those of all shards together."""

    items: tuple[float, ...]  # best first
    terms: Mapping[str, float]  # by text, for shards may share one; best first
    has_more_items: bool
    has_more_terms: bool

    @property
    def item_floor(self) -> float:
        """Below it an item is no hit."""
        return self.items[-1] if self.items and self.has_more_items else -math.inf

    @property
    def term_floor(self) -> float:
        """Below it a term is no hit."""
        return min(self.terms.values()) if self.terms and self.has_more_terms else -math.inf


def merge_nearest(parts: Sequence[Nearest]) -> Nearest:
    """The hits of one shelf that had what these have."""
    items = sorted((cosine for part in parts for cosine in part.items), reverse=True)
    by_text = {text: cosine for part in parts for text, cosine in part.terms.items()}
    terms = sorted(by_text.items(), key=lambda pair: -pair[1])
    return Nearest(
        tuple(items[:MAX_ITEM_HITS]),
        dict(terms[:MAX_TERM_HITS]),
        len(items) > MAX_ITEM_HITS or any(part.has_more_items for part in parts),
        len(terms) > MAX_TERM_HITS or any(part.has_more_terms for part in parts),
    )


@dataclass(frozen=True, slots=True, eq=False)
class HeldShelf:
    """What a shelf holds, but for which rows have which terms, which the entries say."""

    items: Held
    terms: Held
    term_texts: Mapping[int, str]


class VectorShelf:
    """One vector an item, one a distinct term; inner products of unit vectors, so cosines."""

    def __init__(self, dimension: int, flat_at_most: int = FLAT_AT_MOST) -> None:
        self._items = NearestVectors(dimension, flat_at_most)
        self._terms = NearestVectors(dimension, flat_at_most)
        self._term_ids: dict[str, int] = {}
        self._term_rows: dict[int, list[int]] = {}
        self._term_texts: dict[int, str] = {}
        self._next_term_id = 0

    def add(self, row: int, item_text: str, terms: Iterable[str], vectors: Vectors) -> None:
        """Add one item and those of its terms that no other item has brought yet."""
        self._items.add([row], [vectors[item_text]])
        new_terms = []
        for term in terms:
            term_id = self._term_ids.get(term)
            if term_id is None:
                term_id = self._term_ids[term] = self._next_term_id
                self._next_term_id += 1
                self._term_texts[term_id] = term
                self._term_rows[term_id] = []
                new_terms.append(term)
            self._term_rows[term_id].append(row)
        self._terms.add([self._term_ids[term] for term in new_terms], [vectors[term] for term in new_terms])

    def remove(self, row: int, terms: Iterable[str]) -> None:
        """Remove one item and the terms that only it had."""
        unused = []
        for term in terms:
            term_id = self._term_ids[term]
            self._term_rows[term_id].remove(row)
            if not self._term_rows[term_id]:
                del self._term_rows[term_id], self._term_texts[term_id], self._term_ids[term]
                unused.append(term_id)
        self._items.remove([row])
        self._terms.remove(unused)

    def held(self) -> HeldShelf:
        """What is here; nobody may change it."""
        return HeldShelf(self._items.held(), self._terms.held(), self._term_texts)

    def restore(self, held: HeldShelf) -> None:
        """Hold what another shelf held, instead of nothing; `restore_row` says whose the terms are."""
        self._items.restore(held.items)
        self._terms.restore(held.terms)
        self._term_texts = dict(held.term_texts)
        self._term_ids = {text: term_id for term_id, text in held.term_texts.items()}
        self._term_rows = {term_id: [] for term_id in held.term_texts}
        self._next_term_id = max(held.term_texts, default=-1) + 1

    def restore_row(self, row: int, terms: Iterable[str]) -> None:
        """Let a row have terms that are there; KeyError if one is not."""
        for term in terms:
            self._term_rows[self._term_ids[term]].append(row)

    def __len__(self) -> int:
        return len(self._items)

    def settle(self) -> None:
        """Wait until what is being rebuilt is."""
        self._items.settle()
        self._terms.settle()

    def nearest(self, query_D: NDArray[np.float32]) -> Nearest:
        """How near the hits are, for shards to find out which of them are hits of all together."""
        _, items_K = self._items.search(query_D, MAX_ITEM_HITS)
        terms_K, cosines_K = self._terms.search(query_D, MAX_TERM_HITS)
        texts = (self._term_texts[term_id] for term_id in terms_K.tolist())
        return Nearest(
            tuple(items_K.tolist()),
            dict(zip(texts, cosines_K.tolist(), strict=True)),
            len(items_K) < len(self._items),
            len(terms_K) < len(self._terms),
        )

    def score(
        self, query_D: NDArray[np.float32] | None, num_rows: int, of_all: Nearest | None = None
    ) -> Meaning:
        """Compare the query with the items and terms; `of_all` shards, if there are others.

        Arrays of zeros cost nothing where nobody looks.
        """
        item_R, term_R = np.zeros(num_rows), np.zeros(num_rows)
        term_after_R = np.zeros(num_rows, dtype=np.int64)
        if query_D is None:
            return Meaning(item_R, term_R, term_after_R, 0.0, 0.0, np.zeros(0, dtype=np.int64))
        rows_K, items_K = self._items.search(query_D, MAX_ITEM_HITS)
        item_floor = of_all.item_floor if of_all else _floor(items_K, len(self._items))
        rows_K, items_K = rows_K[items_K >= item_floor], items_K[items_K >= item_floor]
        item_R[rows_K] = np.clip(items_K, 0.0, 1.0)
        hits = [rows_K]
        terms_K, cosines_K = self._terms.search(query_D, MAX_TERM_HITS)
        term_floor = of_all.term_floor if of_all else _floor(cosines_K, len(self._terms))
        terms_K, cosines_K = terms_K[cosines_K >= term_floor], cosines_K[cosines_K >= term_floor]
        for term_id, cosine in zip(terms_K[::-1].tolist(), cosines_K[::-1].tolist(), strict=True):
            rows = self._term_rows[term_id]
            term_R[rows] = min(max(cosine, 0.0), 1.0)  # the best term of a row comes last and stays
            term_after_R[rows] = term_id + 1
            hits.append(np.array(rows, dtype=np.int64))
        return Meaning(
            item_R,
            term_R,
            term_after_R,
            min(max(item_floor, 0.0), 1.0),
            min(max(term_floor, 0.0), 1.0),
            np.unique(np.concatenate(hits)),
        )

    def term_text(self, term_id: int) -> str:
        """The text of a term that `score` named."""
        return self._term_texts[term_id]


def _floor(cosines_K: NDArray[np.float32], count: int) -> float:
    return float(cosines_K[-1]) if 0 < len(cosines_K) < count else -math.inf
