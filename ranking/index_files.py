"""An index in files, so that a start need not make it anew: entries and terms as Parquet, cells as FAISS writes them.

Words are not among them: reading an entry's terms again is quick. Owners may be many and small, so their vectors share
two files; only what is large enough for cells has files of its own.
"""

# D: dimension of an embedding, N: vectors

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from catalog.items import MediaType, Term
from ranking.collection import HeldCollection
from ranking.entries import IndexEntry
from ranking.index import HybridIndex
from ranking.nearest import Held
from ranking.vectors import HeldShelf

FORMAT = 1  # another one whenever the files change, or which texts of an entry have vectors
ENTRIES, TERMS, ABOUT = "entries.parquet", "terms.parquet", "index.json"
COLUMNS = {
    ENTRIES: ("item_id", "owner_id", "media_type", "row", "alt_text", "rating", "terms", "vector"),
    TERMS: ("owner_id", "media_type", "term_id", "text", "vector"),
}

Row = tuple[Any, ...]
Vectors = dict[int, bytes | None]  # by id, half precision; None where cells hold them
ShelfKey = tuple[str | None, MediaType]


def write_index(index: HybridIndex, folder: Path) -> None:
    """Write an index into a folder that is there; nobody may change it meanwhile."""
    entries: list[Row] = []
    terms: list[Row] = []
    cells: list[dict[str, Any]] = []
    for owner_id, held in index.held():
        items: dict[str, Vectors] = {}
        for media_type, shelf in held.shelves.items():
            place = {"owner_id": owner_id, "media_type": media_type}
            items[media_type] = _write_held(shelf.items, folder, cells, place | {"of": "items"})
            of_terms = _write_held(shelf.terms, folder, cells, place | {"of": "terms"})
            terms += ((owner_id, media_type, i, text, of_terms[i]) for i, text in shelf.term_texts.items())
        for row, entry in held.rows.items():
            said = json.dumps([[term.text, term.locale, term.source] for term in entry.terms])
            kind, vector = entry.media_type, items[entry.media_type][row]
            entries.append((entry.item_id, owner_id, kind, row, entry.alt_text, entry.rating, said, vector))
    _write(folder / ENTRIES, entries, index.dimension)
    _write(folder / TERMS, terms, index.dimension)
    (folder / ABOUT).write_text(
        json.dumps({"format": FORMAT, "dimension": index.dimension, "cells": cells})
    )


def read_index(folder: Path) -> HybridIndex:
    """Read what `write_index` wrote; ValueError if another version of it did."""
    about = json.loads((folder / ABOUT).read_text())
    if about["format"] != FORMAT:
        raise ValueError(f"an index of format {about['format']}; this version reads {FORMAT}")
    index = HybridIndex(about["dimension"])
    cells = {(each["owner_id"], each["media_type"], each["of"]): each for each in about["cells"]}
    texts: dict[ShelfKey, dict[int, str]] = defaultdict(dict)
    terms: dict[ShelfKey, Vectors] = defaultdict(dict)
    for owner_id, media_type, term_id, text, vector in _read(folder / TERMS):
        texts[owner_id, media_type][term_id] = text
        terms[owner_id, media_type][term_id] = vector
    rows: dict[str | None, dict[int, IndexEntry]] = defaultdict(dict)
    items: dict[ShelfKey, Vectors] = defaultdict(dict)
    for item_id, owner_id, media_type, row, alt_text, rating, said, vector in _read(folder / ENTRIES):
        spoken = tuple(Term(*each) for each in json.loads(said))
        rows[owner_id][row] = IndexEntry(item_id, media_type, alt_text, spoken, rating, owner_id)
        items[owner_id, media_type][row] = vector
    shelves: dict[str | None, dict[MediaType, HeldShelf]] = defaultdict(dict)
    for owner_id, media_type in items:
        key = (owner_id, media_type)
        shelves[owner_id][media_type] = HeldShelf(
            _read_held(items[key], folder, cells.get((*key, "items")), index.dimension),
            _read_held(terms[key], folder, cells.get((*key, "terms")), index.dimension),
            texts[key],
        )
    for owner_id, entries in rows.items():
        index.restore(owner_id, HeldCollection(entries, shelves[owner_id]))
    return index


def _write_held(held: Held, folder: Path, cells: list[dict[str, Any]], place: dict[str, Any]) -> Vectors:
    """The vectors of a few; cells go into a file of their own."""
    ids = held.ids.tolist()
    if held.cells is None:
        assert held.vectors_ND is not None
        return {i: row.tobytes() for i, row in zip(ids, held.vectors_ND.astype(np.float16), strict=True)}
    name = f"cells-{len(cells)}.faiss"
    faiss.write_index(held.cells, str(folder / name))
    cells.append(place | {"file": name, "grow_at": held.grow_at})
    return dict.fromkeys(ids)


def _read_held(vectors: Vectors, folder: Path, cells: dict[str, Any] | None, dimension: int) -> Held:
    ids = np.fromiter(vectors, np.int64, len(vectors))
    if cells is not None:
        return Held(ids, None, faiss.read_index(str(folder / cells["file"])), cells["grow_at"])
    return Held(ids, _unpack(vectors.values(), dimension))


def _unpack(data: Iterable[bytes | None], dimension: int) -> NDArray[np.float32]:
    packed = b"".join(each for each in data if each is not None)
    return np.frombuffer(packed, np.float16).reshape(-1, dimension).astype(np.float32)


def _write(path: Path, rows: list[Row], dimension: int) -> None:
    kinds = {"row": pa.int64(), "term_id": pa.int64(), "vector": pa.binary(2 * dimension)}
    schema = pa.schema([(name, kinds.get(name, pa.string())) for name in COLUMNS[path.name]])
    columns = zip(*rows, strict=True) if rows else ([] for _ in schema)
    arrays = [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
    pq.write_table(pa.table(arrays, schema=schema), path, compression="zstd")


def _read(path: Path) -> Iterator[Row]:
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches():
            yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)
