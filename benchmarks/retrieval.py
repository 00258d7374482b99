"""Queries with right answers, and how far down the first right one is found."""

# Q: queries, N: texts, D: dimension of an embedding

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from catalog.items import CatalogItem
from catalog.recipe.archive import members
from catalog.recipe.emoji import emoji_key
from models.text import TextEncoder
from ranking.entries import is_encodable
from ranking.index import HybridIndex, IndexEntry, IndexQuery, index_texts
from ranking.ngrams import normalise

CUTOFF, DEPTH, NUM_BOOTSTRAPS, SEED = 8, 100, 10_000, 0

Answers = dict[str, set[str]]  # query: right item ids
Ranks = NDArray[np.float64]  # of the first right answer, inf beyond DEPTH


class Encoder:
    """The text encoder with a memory, for the same texts are asked for by several methods."""

    def __init__(self) -> None:
        self._encoder = TextEncoder()
        self.vectors: dict[str, NDArray[np.float32]] = {}

    def __call__(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit rows (N, D)."""
        new = [text for text in dict.fromkeys(texts) if text not in self.vectors]
        if new:
            self.vectors.update(zip(new, self._encoder.encode(new), strict=True))
        return np.stack([self.vectors[text] for text in texts])


def load_keywords(archive: Path) -> dict[str, list[str]]:
    """Emojilib's keywords by emoji key."""
    data = json.loads(next(members(archive, "dist/emoji-en-US.json".__eq__))[1])
    return {
        emoji_key("-".join(f"{ord(c):x}" for c in character)): [
            word.replace("_", " ").lower() for word in words
        ]
        for character, words in data.items()
    }


def keyword_answers(stickers: Iterable[CatalogItem], keywords: dict[str, list[str]]) -> Answers:
    """The items of each keyword that has letters or digits."""
    answers: Answers = defaultdict(set)
    for sticker in stickers:
        key = emoji_key("-".join(f"{ord(c):x}" for c in sticker.emoji or ""))
        for word in keywords.get(key, []):
            if is_encodable(normalise(word)):
                answers[word].add(sticker.item_id)
    return dict(sorted(answers.items()))


def without(entry: IndexEntry, held_out: set[str], locale: str) -> IndexEntry:
    """The entry without the locale's terms that are held out."""
    terms = tuple(t for t in entry.terms if t.locale != locale or normalise(t.text) not in held_out)
    return IndexEntry(entry.item_id, entry.media_type, entry.alt_text, terms, entry.rating)


def build(entries: Sequence[IndexEntry], encode: Encoder) -> HybridIndex:
    encode([text for entry in entries for text in index_texts(entry)])
    index = HybridIndex()
    index.add(entries, encode.vectors)
    return index


def search(
    index: HybridIndex, queries: Sequence[str], encode: Encoder, locale: str = "en"
) -> list[list[str]]:
    vectors_QD = encode(queries)
    asked = (
        IndexQuery(query, vector_D, ("sticker",), DEPTH, locale=locale, max_rating="r")
        for query, vector_D in zip(queries, vectors_QD, strict=True)
    )
    return [[match.item_id for match in index.search(query)] for query in asked]


def first_ranks(found: Sequence[Sequence[str]], answers: Answers) -> Ranks:
    def rank(items: Sequence[str], right: set[str]) -> float:
        return next((place for place, item_id in enumerate(items, start=1) if item_id in right), np.inf)

    return np.array([rank(items, right) for items, right in zip(found, answers.values(), strict=True)])


def score(ranks: Ranks) -> dict[str, float]:
    return {"recall_at_8": float((ranks <= CUTOFF).mean()), "mrr": float((1.0 / ranks).mean())}


def bootstrap(ours: Ranks, best: Ranks) -> dict[str, list[float]]:
    """95% intervals of ours / best single method, paired by query."""
    rng = np.random.default_rng(SEED)
    ratios: dict[str, list[float]] = {"recall_at_8": [], "mrr": []}
    hits, gains = [ranks <= CUTOFF for ranks in (ours, best)], [1.0 / ranks for ranks in (ours, best)]
    for _ in range(NUM_BOOTSTRAPS):
        drawn = rng.integers(len(ours), size=len(ours))
        ratios["recall_at_8"].append(hits[0][drawn].sum() / hits[1][drawn].sum())
        ratios["mrr"].append(gains[0][drawn].sum() / gains[1][drawn].sum())
    return {name: [float(np.percentile(values, q)) for q in (2.5, 97.5)] for name, values in ratios.items()}
