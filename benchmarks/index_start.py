"""The whole index at 10 thousand, 100 thousand and a million items: loading, starting from a snapshot, and searching.

An item has a vector of its own and three of the catalogue's English terms; queries are such terms, a tenth of them with
two letters swapped. "four shards" is four such indexes, asked one after the other as `deployments.fan_out` asks them at
once: `p50_ms` counts the slowest shard's counting and searching and the merging, `p50_sum_ms` all four.
"""

# D: dimension of an embedding, N: items

import gc
import json
import random
import tempfile
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated

import faiss
import numpy as np
import psutil
import typer
from tqdm import tqdm

from benchmarks.index_scale import NUM_SHARDS, PART, Row, Vectors, percentiles, timed, vectors_like
from catalog.items import Term
from catalog.text_vectors import TEXT_WIDTH, read_text_vectors
from ranking.entries import IndexEntry, IndexQuery, index_texts, is_encodable
from ranking.index import HybridIndex, best_matches
from ranking.index_files import read_index, write_index
from ranking.survey import merge

SIZES = (10_000, 100_000, 1_000_000)
NUM_QUERIES, CHANGED = 200, 500
RESULTS = Path(__file__).parent / "results" / "index_start.json"
COLUMNS = (
    "same_items",
    "p50_ms",
    "p99_ms",
    "load_s",
    "write_s",
    "read_s",
    "bytes_an_item",
    "disk_bytes_an_item",
    "adds_s",
    "removes_s",
)


class Town:
    """Items and queries made from the catalogue's own words and vectors."""

    def __init__(self, size: int) -> None:
        self.real = read_text_vectors()
        self.words = [text for text in self.real if ":" not in text and is_encodable(text)]
        self.vectors_ND = vectors_like(np.stack(list(self.real.values())), size, np.random.default_rng(0))

    def entries(self, numbers: Sequence[int]) -> Iterator[tuple[IndexEntry, dict[str, Vectors]]]:
        """Entries with the vectors of their texts."""
        for at in numbers:
            words = random.Random(at).sample(self.words, 3)  # the same whichever index holds it
            terms = tuple(Term(word, "en", "upload") for word in words)
            entry = IndexEntry(f"item-{at}", "sticker", f"item {at}", terms)
            item, *others = index_texts(entry)
            yield (
                entry,
                {
                    item: self.vectors_ND[at % len(self.vectors_ND)],
                    **{text: self.real[text] for text in others},
                },
            )

    def load(self, index: HybridIndex, numbers: Sequence[int]) -> None:
        """Add entries part by part, and wait for the cells."""
        for start in tqdm(range(0, len(numbers), PART), desc=f"loading {len(numbers)}", unit="part"):
            pairs = list(self.entries(numbers[start : start + PART]))
            vectors = {text: vector for _, each in pairs for text, vector in each.items()}
            index.add([entry for entry, _ in pairs], vectors)
        index.settle()

    def queries(self) -> list[IndexQuery]:
        """Words of the items, some misspelled."""
        asked = []
        for number, word in enumerate(random.Random(1).sample(self.words, NUM_QUERIES)):
            middle = len(word) // 2
            typed = word[: middle - 1] + word[middle] + word[middle - 1] + word[middle + 1 :]
            swapped = number % 10 == 0 and len(word) > 5
            asked.append(IndexQuery(typed if swapped else word, self.real[word], ("sticker",)))
        return asked


def whole(town: Town, size: int) -> tuple[Row, list[list[str]]]:
    """One index: loaded, searched, changed, written and read again."""
    process, index = psutil.Process(), HybridIndex(TEXT_WIDTH)
    gc.collect()
    before = process.memory_info().rss
    load_s, _ = timed(lambda: town.load(index, range(size)))
    gc.collect()
    row = {"load_s": load_s, "bytes_an_item": (process.memory_info().rss - before) / size}
    queries = town.queries()
    index.search(queries[0])
    times_s, found = zip(
        *(timed(lambda query=query: index.search(query)) for query in queries), strict=True
    )
    row |= percentiles(times_s)
    with tempfile.TemporaryDirectory() as folder:
        write_s, _ = timed(lambda: write_index(index, Path(folder)))
        disk = sum(path.stat().st_size for path in Path(folder).iterdir()) / size
        read_s, read = timed(lambda: read_index(Path(folder)))
    assert len(read) == size
    del read
    new = list(town.entries(range(size, size + CHANGED)))
    add_s, _ = timed(lambda: [index.add([entry], vectors) for entry, vectors in new])
    remove_s, _ = timed(lambda: [index.remove([entry.item_id]) for entry, _ in new])
    row |= {"write_s": write_s, "read_s": read_s, "disk_bytes_an_item": disk}
    row |= {"adds_s": CHANGED / add_s, "removes_s": CHANGED / remove_s}
    return row, [[match.item_id for match in each] for each in found]


def ask_together(shards: Sequence[HybridIndex], query: IndexQuery) -> tuple[float, float, list[str]]:
    """Seconds if the shards worked at once, seconds of all work, and what was found."""
    counts = [timed(partial(shard.survey, query)) for shard in shards]
    merge_s, counted = timed(partial(merge, [surveyed for _, surveyed in counts]))
    parts = [timed(partial(shard.search, query, counted)) for shard in shards]
    best_s, best = timed(partial(best_matches, [match for _, part in parts for match in part], query))
    phases = [[seconds for seconds, _ in phase] for phase in (counts, parts)]
    joining_s = merge_s + best_s
    at_once_s, all_s = (joining_s + sum(map(together, phases)) for together in (max, sum))
    return at_once_s, all_s, [match.item_id for match in best]


def sharded(town: Town, size: int) -> tuple[Row, list[list[str]]]:
    """Four indexes that count words together."""
    shards = [HybridIndex(TEXT_WIDTH) for _ in range(NUM_SHARDS)]
    numbers = [range(number, size, NUM_SHARDS) for number in range(NUM_SHARDS)]
    loads_s = [timed(partial(town.load, *each))[0] for each in zip(shards, numbers, strict=True)]
    queries = town.queries()
    ask_together(shards, queries[0])
    at_once_s, all_s, found = zip(*(ask_together(shards, query) for query in queries), strict=True)
    row = {**percentiles(at_once_s), "p50_sum_ms": percentiles(all_s)["p50_ms"], "load_s": max(loads_s)}
    return row, list(found)


def main(
    sizes: Annotated[list[int], typer.Argument(help="Numbers of items.")] = list(SIZES),  # noqa: B006
) -> None:
    """Measure on one thread: writes results/index_start.json after each size, prints Markdown."""
    faiss.omp_set_num_threads(1)
    report = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    print(f"| items | | {' | '.join(COLUMNS)} |\n{'|---' * (2 + len(COLUMNS))}|")
    for size in sizes:
        town = Town(size)
        one, expected = whole(town, size)
        gc.collect()
        four, found = sharded(town, size)
        same = np.mean(
            [len(set(a) & set(b)) / max(len(b), 1) for a, b in zip(found, expected, strict=True)]
        )
        four["same_items"] = float(same)
        report[str(size)] = {"one index": one, "four shards": four}
        RESULTS.write_text(json.dumps(report, indent=1) + "\n")
        for name, row in report[str(size)].items():
            cells = (f"{row[column]:.4g}" if column in row else "" for column in COLUMNS)
            print(f"| {size:,} | {name} | {' | '.join(cells)} |")


if __name__ == "__main__":
    typer.run(main)
