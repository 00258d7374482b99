"""The plain methods that the index is compared with: each gives scores of every item for one query."""

# Q: queries, N: items, D: dimension of an embedding, T: terms

from collections.abc import Callable, Sequence

import bm25s
import numpy as np
import Stemmer
from numpy.typing import NDArray

from ranking.entries import english_terms, item_text
from ranking.index import IndexEntry
from ranking.ngrams import normalise

Scores = NDArray[np.float64]
Encode = Callable[[Sequence[str]], NDArray[np.float32]]


def exact(entries: Sequence[IndexEntry], queries: Sequence[str]) -> Scores:
    """1 where an English term is the query, in our normal form; scores (Q, N)."""
    terms = [{normalise(term.text) for term in entry.terms if term.locale == "en"} for entry in entries]
    return np.array([[normalise(query) in each for each in terms] for query in queries], dtype=np.float64)


def bm25(entries: Sequence[IndexEntry], queries: Sequence[str]) -> Scores:
    """BM25 (Lucene's variant, bm25s) over label and English tags, stemmed; scores (Q, N)."""
    stemmer = Stemmer.Stemmer("english")

    def tokens(texts: Sequence[str]) -> list[list[str]]:
        split = bm25s.tokenize(
            list(texts),
            stopwords=[],
            stemmer=stemmer,
            return_ids=False,
            show_progress=False,
            token_pattern=r"\w+",
        )
        return [list(each) for each in split]

    retriever = bm25s.BM25()
    retriever.index(tokens([item_text(entry) for entry in entries]), show_progress=False)
    known = retriever.vocab_dict
    rows = [[token for token in each if token in known] for each in tokens(queries)]
    return np.stack([retriever.get_scores(row) if row else np.zeros(len(entries)) for row in rows])


def item_vectors(entries: Sequence[IndexEntry], queries: Sequence[str], encode: Encode) -> Scores:
    """Cosine of the query and "label: tags"; scores (Q, N)."""
    queries_QD, items_ND = encode(queries), encode([item_text(entry) for entry in entries])
    return (queries_QD @ items_ND.T).astype(np.float64)


def best_term(entries: Sequence[IndexEntry], queries: Sequence[str], encode: Encode) -> Scores:
    """Cosine of the query and the item's nearest English term; scores (Q, N)."""
    terms = [english_terms(entry) or [entry.alt_text] for entry in entries]
    unique = list(dict.fromkeys(term for each in terms for term in each))
    column = {term: at for at, term in enumerate(unique)}
    cosines_QT = encode(queries) @ encode(unique).T
    best = [cosines_QT[:, [column[term] for term in each]].max(axis=1) for each in terms]
    return np.stack(best, axis=1).astype(np.float64)


def fuse_ranks(*methods: Scores) -> Scores:
    """Reciprocal rank fusion with its usual 60 (Cormack et al. 2009); no score gives nothing."""
    fused = np.zeros_like(methods[0])
    for scores_QN in methods:
        places_QN = np.argsort(np.argsort(-scores_QN, axis=1, kind="stable"), axis=1)
        fused += np.where(scores_QN > 0.0, 1.0 / (61.0 + places_QN), 0.0)
    return fused


def order(scores_QN: Scores, at_most: int) -> list[list[int]]:
    """The best items of each query with any score, equal ones in catalogue order."""
    orders_QN = np.argsort(-scores_QN, axis=1, kind="stable")[:, :at_most]
    return [
        [int(n) for n in orders if scores[n] > 0.0]
        for scores, orders in zip(scores_QN, orders_QN, strict=True)
    ]
