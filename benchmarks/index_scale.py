"""Vectors at 10 thousand, 100 thousand and a million items: ours beside plain FAISS in the same run, whole and in shards.

The vectors are made from the catalogue's own: each is one of its texts, mixed with a second one and with noise, so that
they lie in clusters as the real ones do; queries are made in the same way. "ours" is `ranking.nearest`, which compares
few vectors one by one and puts many in cells; the same cells with 8 bits a number and with product codes show what
compression would cost. "four shards" asks four of ours, one after the other: `p50_ms` is the slowest of each query,
what four machines would take, and `p50_sum_ms` all of them.
"""

# D: dimension of an embedding, N: items, Q: queries, K: hits

import gc
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import faiss
import numpy as np
import typer
from numpy.typing import NDArray
from tqdm import tqdm

from catalog.text_vectors import TEXT_WIDTH, read_text_vectors
from ranking.cells import build_cells
from ranking.nearest import NearestVectors

SIZES = (10_000, 100_000, 1_000_000)
GRAPH_AT_MOST = 100_000  # building a graph of a million takes half an hour
NUM_QUERIES, DEPTH, PART, NUM_SHARDS, CODE_BYTES = 200, 10, 50_000, 4, 48
CHANGED = 2000  # vectors added and removed one by one
RESULTS = Path(__file__).parent / "results" / "index_scale.json"
COLUMNS = ("recall_at_10", "p50_ms", "p99_ms", "bytes_an_item", "build_s", "load_s", "adds_s", "removes_s")

Vectors = NDArray[np.float32]
Row = dict[str, float]


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


def percentiles(times_s: Any) -> Row:
    return {f"p{q}_ms": 1000 * float(np.percentile(times_s, q)) for q in (50, 99)}


def asked(search: Callable[[Vectors], Any], queries_QD: Vectors) -> tuple[list[float], list[Any]]:
    """Seconds and answer of each query."""
    search(queries_QD[0])
    pairs = [timed(lambda query=query: search(query)) for query in queries_QD]
    return [seconds for seconds, _ in pairs], [found for _, found in pairs]


def filed(index: faiss.Index) -> Row:
    """Size on disk, and how long reading it back takes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "index.faiss"
        faiss.write_index(index, str(path))
        load_s, _ = timed(lambda: faiss.read_index(str(path)))
        return {"bytes_an_item": path.stat().st_size / index.ntotal, "load_s": load_s}


def plain(index: faiss.Index, vectors_ND: Vectors, queries_QD: Vectors) -> tuple[Row, list[Any]]:
    """Fill and ask an index of FAISS as it is."""

    def build() -> None:
        if not index.is_trained:
            index.train(vectors_ND[:PART])
        index.add(vectors_ND)

    build_s, _ = timed(build)
    times_s, found = asked(lambda query_D: index.search(query_D[None], DEPTH)[1][0], queries_QD)
    return {**percentiles(times_s), "build_s": build_s, **filed(index)}, found


def with_codes(kind: str, like: faiss.IndexIVF) -> faiss.IndexIVF:
    """The cells of another index, with what they hold compressed; only the codes are left to learn."""
    shape = (like.quantizer, TEXT_WIDTH, like.nlist)
    if kind == "8 bits":
        index = faiss.IndexIVFScalarQuantizer(
            *shape, faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT, False
        )
    else:
        index = faiss.IndexIVFPQ(*shape, CODE_BYTES, 8, faiss.METRIC_INNER_PRODUCT)
        index.by_residual = False
    index.nprobe = like.nprobe
    return index


def filled(vectors_ND: Vectors) -> NearestVectors:
    index = NearestVectors(TEXT_WIDTH)
    index.add(range(len(vectors_ND)), vectors_ND)
    index.settle()
    return index


def ours(vectors_ND: Vectors, queries_QD: Vectors) -> tuple[Row, list[Any], faiss.Index]:
    build_s, index = timed(lambda: filled(vectors_ND))
    times_s, found = asked(lambda query_D: index.search(query_D, DEPTH)[0], queries_QD)
    held = index.held()
    held_index = held.cells or faiss.IndexIDMap2(faiss.IndexFlatIP(TEXT_WIDTH))
    if held.cells is None:
        held_index.add_with_ids(held.vectors_ND, held.ids)
    size = filed(held_index)
    keys = range(len(vectors_ND), len(vectors_ND) + CHANGED)
    add_s, _ = timed(lambda: [index.add([key], [vectors_ND[key - len(vectors_ND)]]) for key in keys])
    flush_s, _ = timed(lambda: index.search(queries_QD[0], 1))
    remove_s, _ = timed(lambda: [index.remove([key]) for key in keys])
    rates = {"adds_s": CHANGED / (add_s + flush_s), "removes_s": CHANGED / remove_s}
    return {**percentiles(times_s), "build_s": build_s, **size, **rates}, found, held.cells


def shards(vectors_ND: Vectors, queries_QD: Vectors) -> tuple[Row, list[Any]]:
    parts = [np.arange(at, len(vectors_ND), NUM_SHARDS) for at in range(NUM_SHARDS)]
    build_s, indexes = zip(
        *(timed(lambda part=part: filled(vectors_ND[part])) for part in parts), strict=True
    )
    times, answers = zip(
        *(
            asked(lambda query_D, index=index: index.search(query_D, DEPTH), queries_QD)
            for index in indexes
        ),
        strict=True,
    )
    found = []
    for each in zip(*answers, strict=True):
        ids = np.concatenate([part[ids_K] for part, (ids_K, _) in zip(parts, each, strict=True)])
        found.append(ids[np.argsort(-np.concatenate([cosines_K for _, cosines_K in each]))[:DEPTH]])
    slowest = percentiles(np.max(times, axis=0))
    return {
        **slowest,
        "p50_sum_ms": percentiles(np.sum(times, axis=0))["p50_ms"],
        "build_s": max(build_s),
    }, found


def measure(size: int, save: Callable[[dict[str, Row]], None]) -> None:
    """Add one row after the other, and save each time; the exact one first."""
    draw, real_ND = np.random.default_rng(0), np.stack(list(read_text_vectors().values()))
    vectors_ND, queries_QD = vectors_like(real_ND, size, draw), vectors_like(real_ND, NUM_QUERIES, draw)
    rows: dict[str, Row] = {}
    progress = tqdm(desc=f"{size} vectors", total=6, unit="index")
    exact: list[Any] = []

    def keep(name: str, row: Row, found: list[Any]) -> None:
        exact.extend(found if not exact else [])
        same = [len(set(a) & set(b)) / DEPTH for a, b in zip(found, exact, strict=True)]
        flat = rows.get("FAISS, flat", row)
        rows[name] = row | {
            "recall_at_10": float(np.mean(same)),
            "p50_to_flat": row["p50_ms"] / flat["p50_ms"],
        }
        save(rows)
        gc.collect()
        progress.update()

    keep("FAISS, flat", *plain(faiss.IndexFlatIP(TEXT_WIDTH), vectors_ND, queries_QD))
    row, found, cells = ours(vectors_ND, queries_QD)
    keep("ours", row, found)
    cells = cells or build_cells(np.arange(size), vectors_ND)
    for kind in ("8 bits", f"{CODE_BYTES} bytes"):
        keep(f"cells, {kind}", *plain(with_codes(kind, cells), vectors_ND, queries_QD))
    keep("ours, four shards", *shards(vectors_ND, queries_QD))
    if size <= GRAPH_AT_MOST:
        graph = faiss.IndexHNSWFlat(TEXT_WIDTH, 32, faiss.METRIC_INNER_PRODUCT)
        graph.hnsw.efSearch = 128
        keep("FAISS, HNSW", *plain(graph, vectors_ND, queries_QD))
    progress.close()


def main(
    sizes: Annotated[list[int], typer.Argument(help="Numbers of items.")] = list(SIZES),  # noqa: B006
) -> None:
    """Measure on one thread: writes results/index_scale.json after each index, prints Markdown."""
    faiss.omp_set_num_threads(1)
    report = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    print(f"| items | | {' | '.join(COLUMNS)} |\n{'|---' * (2 + len(COLUMNS))}|")
    for size in sizes:

        def save(rows: dict[str, Row], size: int = size) -> None:
            report[str(size)] = rows
            RESULTS.write_text(json.dumps(report, indent=1) + "\n")

        measure(size, save)
        for name, row in report[str(size)].items():
            cells = (f"{row[column]:.4g}" if column in row else "" for column in COLUMNS)
            print(f"| {size:,} | {name} | {' | '.join(cells)} |")


if __name__ == "__main__":
    typer.run(main)
