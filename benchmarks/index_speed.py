"""How long the index takes, beside one bare FAISS search of as many vectors in the same run."""

# D: dimension of an embedding

import time
from collections.abc import Callable, Sequence

import faiss
import numpy as np

from benchmarks.retrieval import Encoder, build
from ranking.index import IndexEntry, IndexQuery, index_texts


def speed_report(
    entries: Sequence[IndexEntry], queries: Sequence[str], encode: Encoder
) -> dict[str, dict[str, float]]:
    """Milliseconds a call on one thread, all media types and locales asked, the query's vector given.

    "add" and "remove" are of entries with all their terms, "add owned" of entries with 8 English terms.
    """
    faiss.omp_set_num_threads(1)
    index, vectors_QD = build(entries, encode), encode(queries)
    flat = faiss.IndexFlatIP(vectors_QD.shape[1])
    flat.add(encode([text for entry in entries for text in dict.fromkeys(index_texts(entry))]))
    english = [(entry, tuple(t for t in entry.terms if t.locale == "en")[:8]) for entry in entries[::8]]
    owned = [
        IndexEntry(f"u-{e.item_id}", e.media_type, e.alt_text, terms, "g", "u") for e, terms in english
    ]
    encode([text for entry in owned for text in index_texts(entry)])
    times: dict[str, list[float]] = {}

    def timed(name: str, call: Callable[[], object]) -> None:
        start = time.perf_counter()
        call()
        times.setdefault(name, []).append((time.perf_counter() - start) * 1000.0)

    for query, vector_D in zip(queries, vectors_QD, strict=True):
        asked, query_1D = IndexQuery(query, vector_D), vector_D[None]
        timed("search", lambda asked=asked: index.search(asked))  # type: ignore[misc]
        timed("one bare FAISS search", lambda query_1D=query_1D: flat.search(query_1D, 64))  # type: ignore[misc]
    for entry in entries[::8]:
        timed("remove", lambda entry=entry: index.remove([entry.item_id]))  # type: ignore[misc]
        timed("add", lambda entry=entry: index.add([entry], encode.vectors))  # type: ignore[misc]
    for entry in owned:
        timed("add owned", lambda entry=entry: index.add([entry], encode.vectors))  # type: ignore[misc]
    return {
        name: {f"p{q}_ms": float(np.percentile(each, q)) for q in (50, 99)} for name, each in times.items()
    }
