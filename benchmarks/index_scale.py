"""The index at 10 thousand, 100 thousand and a million items, beside plain FAISS in the same run.

The vectors are made from the catalogue's own: each is one of its texts, mixed with a second one and with noise, so that
they lie in clusters as the real ones do; queries are made in the same way. "ours" is `ranking.nearest`, which compares
few vectors one by one and puts many in cells; a "whole search" is `HybridIndex.search` over items with a vector of their
own and three of the catalogue's English terms each, words and fusion included.
"""

# D: dimension of an embedding, N: items, Q: queries

import gc
import json
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import faiss
import numpy as np
import psutil
import typer
from numpy.typing import NDArray

from catalog.items import Term
from catalog.text_vectors import TEXT_WIDTH, read_text_vectors
from ranking.entries import IndexEntry, IndexQuery, index_texts, is_encodable
from ranking.index import HybridIndex
from ranking.nearest import NearestVectors

SIZES = (10_000, 100_000, 1_000_000)
GRAPH_AT_MOST = 100_000  # building a graph of a million takes this machine half an hour
WHOLE_AT_MOST = 100_000  # and loading the words of a million as long
NUM_QUERIES, DEPTH, PART = 300, 10, 50_000
RESULTS = Path(__file__).parent / "results" / "index_scale.json"

Vectors = NDArray[np.float32]


def vectors_like(real_ND: Vectors, count: int, draw: np.random.Generator) -> Vectors:
    """Unit vectors (count, D) about real ones."""
    made_ND = np.empty((count, TEXT_WIDTH), dtype=np.float32)
    for start in range(0, count, PART):
        size = min(PART, count - start)
        first_ND, second_ND = (real_ND[draw.integers(len(real_ND), size=size)] for _ in range(2))
        noise_ND = draw.standard_normal((size, TEXT_WIDTH), dtype=np.float32) / np.sqrt(TEXT_WIDTH)
        mixed_ND = first_ND + 0.6 * second_ND + 0.5 * noise_ND
        made_ND[start : start + size] = mixed_ND / np.linalg.norm(mixed_ND, axis=1, keepdims=True)
    return made_ND


def timed(call: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    answer = call()
    return time.perf_counter() - start, answer


def asked(
    search: Callable[[Vectors], NDArray[np.int64]], queries_QD: Vectors
) -> tuple[dict[str, float], Any]:
    times_s, found = zip(*(timed(lambda query=query: search(query)) for query in queries_QD), strict=True)
    return {f"p{q}_ms": 1000 * float(np.percentile(times_s, q)) for q in (50, 99)}, found


def recall(found: Any, exact: Any) -> float:
    return float(np.mean([len(set(a) & set(b)) / DEPTH for a, b in zip(found, exact, strict=True)]))


def plain(index: faiss.Index, vectors_ND: Vectors, queries_QD: Vectors) -> tuple[dict[str, float], Any]:
    """Build and ask an index of FAISS as it is."""
    build_s, _ = timed(lambda: index.add(vectors_ND))
    times, found = asked(lambda query_D: index.search(query_D[None], DEPTH)[1][0], queries_QD)
    data = faiss.serialize_index(index)
    load_s, _ = timed(lambda: faiss.deserialize_index(data))
    return {
        **times,
        "build_s": build_s,
        "load_s": load_s,
        "bytes_an_item": len(data) / len(vectors_ND),
    }, found


def ours(vectors_ND: Vectors, queries_QD: Vectors) -> tuple[dict[str, float], Any]:
    index = NearestVectors(TEXT_WIDTH)

    def build() -> None:
        index.add(range(len(vectors_ND)), vectors_ND)
        index.settle()

    build_s, _ = timed(build)
    times, found = asked(lambda query_D: index.search(query_D, DEPTH)[0], queries_QD)
    data = faiss.serialize_index(index._index)
    load_s, _ = timed(lambda: faiss.deserialize_index(data))
    removed = list(range(0, len(vectors_ND), len(vectors_ND) // 200))
    remove_s, _ = timed(lambda: [index.remove([key]) for key in removed])
    return {
        **times,
        "build_s": build_s,
        "load_s": load_s,
        "bytes_an_item": len(data) / len(vectors_ND),
        "remove_ms": 1000 * remove_s / len(removed),
    }, found


def whole_search(words: list[str], real: dict[str, Vectors], vectors_ND: Vectors) -> dict[str, float]:
    """Load items one by one, as the server does, and look words of the catalogue up."""
    draw, process = random.Random(0), psutil.Process()
    gc.collect()
    before = process.memory_info().rss
    index = HybridIndex(TEXT_WIDTH)

    def load() -> None:
        for at, vector_D in enumerate(vectors_ND):
            terms = tuple(Term(word, "en", "upload") for word in draw.sample(words, 3))
            entry = IndexEntry(f"item-{at}", "sticker", f"item {at}", terms)
            item, *others = index_texts(entry)
            index.add([entry], {item: vector_D, **{text: real[text] for text in others}})
        index.settle()

    load_s, _ = timed(load)
    queries = draw.sample(words, NUM_QUERIES)
    times_s = [timed(lambda q=q: index.search(IndexQuery(q, real[q], ("sticker",))))[0] for q in queries]
    return {
        **{f"p{q}_ms": 1000 * float(np.percentile(times_s, q)) for q in (50, 99)},
        "load_s": load_s,
        "bytes_an_item": (process.memory_info().rss - before) / len(vectors_ND),
    }


def measure(size: int, real: dict[str, Vectors]) -> dict[str, dict[str, float]]:
    draw = np.random.default_rng(0)
    words = [text for text in real if ":" not in text and is_encodable(text)]
    real_ND = np.stack(list(real.values()))
    vectors_ND, queries_QD = vectors_like(real_ND, size, draw), vectors_like(real_ND, NUM_QUERIES, draw)
    report, found = {}, {}
    report["FAISS, flat"], found["FAISS, flat"] = plain(
        faiss.IndexFlatIP(TEXT_WIDTH), vectors_ND, queries_QD
    )
    report["ours"], found["ours"] = ours(vectors_ND, queries_QD)
    if size <= GRAPH_AT_MOST:
        graph = faiss.IndexHNSWFlat(TEXT_WIDTH, 32, faiss.METRIC_INNER_PRODUCT)
        graph.hnsw.efSearch = 128
        report["FAISS, HNSW"], found["FAISS, HNSW"] = plain(graph, vectors_ND, queries_QD)
    for name in report:
        report[name]["recall_at_10"] = recall(found[name], found["FAISS, flat"])
    if size <= WHOLE_AT_MOST:
        report["a whole search"] = whole_search(words, real, vectors_ND)
    return report


def main(
    sizes: Annotated[list[int], typer.Argument(help="Numbers of items.")] = list(SIZES),  # noqa: B006
) -> None:
    """Measure on one thread: prints Markdown, writes results/index_scale.json after each size."""
    faiss.omp_set_num_threads(1)
    real = read_text_vectors()
    report = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    print(
        "| items | | recall@10 | p50 ms | p99 ms | bytes an item | build s | load s |\n" + "|---" * 8 + "|"
    )
    for size in sizes:
        report[str(size)] = measure(size, real)
        RESULTS.write_text(json.dumps(report, indent=1) + "\n")
        for name, each in report[str(size)].items():
            cells = (
                each.get(key)
                for key in ("recall_at_10", "p50_ms", "p99_ms", "bytes_an_item", "build_s", "load_s")
            )
            print(
                f"| {size} | {name} | " + " | ".join("" if c is None else f"{c:.4g}" for c in cells) + " |"
            )


if __name__ == "__main__":
    typer.run(main)
