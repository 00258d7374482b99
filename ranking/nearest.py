"""Vectors by id, and the nearest of them: all compared while they are few, in cells when they are many."""

# D: dimension of an embedding, N: vectors at once, K: hits of a search

import logging
import threading
from collections.abc import Iterable
from dataclasses import dataclass

import faiss
import numpy as np
from numpy.typing import NDArray

from ranking.cells import build_cells

logger = logging.getLogger("gramoji.nearest")

Ids = NDArray[np.int64]
FloatArray = NDArray[np.float32]

FLAT_AT_MOST = 20_000  # comparing so many takes 2 ms
REBUILD_AT_GROWTH = 4  # times the vectors that the cells were learned from
FLUSH_AT = 10_000


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """What a `NearestVectors` holds: its vectors in the order of the ids, or the cells that they are in."""

    ids: Ids  # [N]
    vectors_ND: FloatArray | None
    cells: faiss.Index | None = None
    grow_at: int = 0  # the number of vectors above which cells are built, or built again


class NearestVectors:
    """Unit vectors by id, searched by cosine; safe from any thread.

    At most `flat_at_most` are compared one by one, which is exact. More are put in cells (IVF), learned in a thread of
    their own while the old index still answers, and again when there are four times as many. Both can remove, which
    graphs (HNSW) cannot, so that an item removed is gone at once.
    """

    def __init__(self, dimension: int, flat_at_most: int = FLAT_AT_MOST) -> None:
        self._index: faiss.Index = faiss.IndexIDMap2(faiss.IndexFlatIP(dimension))
        self._ids: set[int] = set()
        self._waiting: dict[
            int, FloatArray
        ] = {}  # added together before the next search: ten times quicker
        self._grow_at = flat_at_most
        self._changed: set[int] | None = None  # ids, since the building of other cells began
        self._builder: threading.Thread | None = None
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._ids)

    @property
    def is_exact(self) -> bool:
        """Whether every vector is compared."""
        return isinstance(self._index, faiss.IndexIDMap2)

    def add(self, ids: Iterable[int], vectors: Iterable[FloatArray]) -> None:
        """Add vectors whose ids are not there."""
        with self._lock:
            fresh = dict(zip(ids, vectors, strict=True))
            self._waiting.update(fresh)
            self._ids.update(fresh)  # `|=` with keys would copy the set
            if len(self._waiting) >= FLUSH_AT:
                self._flush()

    def remove(self, ids: Iterable[int]) -> None:
        """Remove vectors that are there."""
        with self._lock:
            gone = set(ids)
            self._ids -= gone
            held = [key for key in gone if self._waiting.pop(key, None) is None]
            _remove(self._index, held)
            if self._changed is not None:
                self._changed.update(held)

    def search(self, query_D: FloatArray, at_most: int) -> tuple[Ids, FloatArray]:
        """Ids [K] and cosines [K] of the nearest, best first."""
        with self._lock:
            self._flush()
            if not self._ids:
                return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32)
            query_1D = np.asarray(query_D[None], dtype=np.float32)
            cosines_1K, ids_1K = self._index.search(query_1D, min(at_most, len(self._ids)))
        found_K = ids_1K[0] >= 0  # cells looked at may hold fewer
        return ids_1K[0][found_K], cosines_1K[0][found_K]

    def held(self) -> Held:
        """What is here, once no cells are being built; the cells themselves, so that nobody may change them."""
        self.settle()
        with self._lock:
            ids = np.array(sorted(self._ids), dtype=np.int64)
            if self.is_exact:
                return Held(ids, self._index.reconstruct_batch(ids), None, self._grow_at)
            return Held(ids, None, self._index, self._grow_at)

    def restore(self, held: Held) -> None:
        """Hold what another one held, instead of nothing."""
        if held.cells is not None:
            self._index, self._grow_at = held.cells, held.grow_at
        else:
            assert held.vectors_ND is not None
            self._index.add_with_ids(held.vectors_ND, held.ids)
        self._ids = set(held.ids.tolist())

    def settle(self) -> None:
        """Wait until no cells are being built."""
        while True:
            with self._lock:
                self._flush()
                builder = self._builder
            if builder is None:
                return
            builder.join()

    def _flush(self) -> None:
        if self._waiting:
            _add(self._index, list(self._waiting), list(self._waiting.values()))
            if self._changed is not None:
                self._changed.update(self._waiting)
            self._waiting.clear()
        if len(self._ids) > self._grow_at and self._builder is None:
            self._changed = set()
            held = np.fromiter(self._ids, np.int64, len(self._ids))
            vectors_ND = self._index.reconstruct_batch(held)
            self._builder = threading.Thread(target=self._rebuild, args=(held, vectors_ND), daemon=True)
            self._builder.start()

    def _rebuild(self, ids: Ids, vectors_ND: FloatArray) -> None:
        """Build cells beside the index that answers, then bring them up to date and take its place."""
        try:
            cells = build_cells(ids, vectors_ND)
            with self._lock:
                assert self._changed is not None
                _remove(cells, list(self._changed.intersection(ids.tolist())))
                added = [key for key in self._changed if key in self._ids and key not in self._waiting]
                _add(cells, added, list(self._index.reconstruct_batch(np.array(added, dtype=np.int64))))
                self._index = cells
        except Exception:
            logger.exception("%d vectors could not be put in cells; the old index goes on", len(ids))
        finally:
            with self._lock:
                self._changed, self._builder = None, None
                self._grow_at = REBUILD_AT_GROWTH * len(ids)


def _add(index: faiss.Index, ids: list[int], vectors_ND: list[FloatArray]) -> None:
    if ids:
        index.add_with_ids(np.stack(vectors_ND).astype(np.float32), np.array(ids, dtype=np.int64))


def _remove(index: faiss.Index, ids: list[int]) -> None:
    if ids:  # cells find by id what an IndexIDMap has to look for
        select = faiss.IDSelectorBatch if isinstance(index, faiss.IndexIDMap2) else faiss.IDSelectorArray
        index.remove_ids(select(np.array(ids, dtype=np.int64)))
