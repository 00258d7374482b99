"""What simulated people type, and what the real index finds for it in the shipped catalogue.

Q: phrases, D: dimension of an embedding.
"""

from dataclasses import dataclass

import numpy as np
import yaml
from numpy.typing import NDArray

from catalog.items import CatalogItem, MediaType, Term
from catalog.reader import read_items
from catalog.recipe.phrases import PHRASES_FILE
from catalog.text_vectors import read_text_vectors
from models.text import TextEncoder
from ranking.candidates import Candidate
from ranking.index import HybridIndex, IndexEntry, IndexMatch, IndexQuery, index_texts

MATCHES_PER_TYPE = 12  # as served: `suggest.candidates_per_type`


@dataclass(frozen=True, slots=True, eq=False)
class Phrasebook:
    """Phrases, the often typed ones first, with their vectors and the candidates that the index finds."""

    phrases: tuple[str, ...]
    vectors_QD: NDArray[np.float32]
    found: tuple[tuple[Candidate, ...], ...]

    def chances(self) -> NDArray[np.float64]:
        """How often each phrase is typed, [Q], by Zipf's law."""
        ranks_Q = 1.0 + np.arange(len(self.phrases))
        return (1.0 / ranks_Q) / (1.0 / ranks_Q).sum()


def read_phrasebook(num_phrases: int = 120, media_types: tuple[MediaType, ...] | None = None) -> Phrasebook:
    """Look up phrases of `catalog/phrases.yaml`, spread over the whole file; takes some seconds."""
    items = {item.item_id: item for item in read_items(media_types=media_types)}
    vectors, index = read_text_vectors(), HybridIndex()
    entries = {item_id: _to_entry(item) for item_id, item in items.items()}
    index.add(entries.values(), vectors)
    written = list(yaml.load(PHRASES_FILE.read_text(), yaml.BaseLoader))  # which reads `yes` as a word
    phrases = [written[i] for i in np.linspace(0, len(written) - 1, num_phrases).astype(int)]
    phrases = [phrases[i] for i in np.random.default_rng(0).permutation(num_phrases)]
    vectors_QD = TextEncoder().encode(phrases)

    def candidate(match: IndexMatch) -> Candidate:
        item = items[match.item_id]
        return Candidate(
            item_id=item.item_id,
            media_type=item.media_type,
            source="index",
            index_match=match.index_match,
            embedding=vectors[index_texts(entries[item.item_id])[0]],
            label=item.emoji or item.alt_text,
        )

    queries = (
        IndexQuery(text, vector, limit=MATCHES_PER_TYPE)
        for text, vector in zip(phrases, vectors_QD, strict=True)
    )
    found = tuple(tuple(candidate(match) for match in index.search(query)) for query in queries)
    return Phrasebook(tuple(phrases), vectors_QD, found)


def _to_entry(item: CatalogItem) -> IndexEntry:
    terms = item.terms if item.emoji is None else (*item.terms, Term(item.emoji, "en", "gramoji"))
    return IndexEntry(item.item_id, item.media_type, item.alt_text, terms, item.rating)
