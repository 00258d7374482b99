"""A part of the index, or all of it: the items whose ids fall to it, kept up with the store."""

import asyncio
import gc
import logging
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from catalog.items import Term
from deployments.index_metrics import ShardMetrics
from deployments.lookup import Lookup
from deployments.part import Part
from deployments.settings import StoreSettings
from deployments.snapshots import Snapshot, Snapshots
from models.text import TEXT_WIDTH, TextEncoder
from ranking.index import HybridIndex, IndexEntry, IndexMatch, IndexQuery, index_texts
from ranking.survey import Survey
from store.media import MediaChange, MediaStore
from store.media_item import MediaItem
from store.tenants import shared_owner

logger = logging.getLogger("ray.serve.gramoji.index")


@dataclass(frozen=True, slots=True, eq=False)
class Hit:
    """A match and its item, without the terms."""

    match: IndexMatch
    item: MediaItem


class Shard:
    """At most `poll_ms` behind the store. Open it with `await Shard.open(...)`."""

    def __init__(self, store: MediaStore, encoder: TextEncoder, part: Part) -> None:
        self.store = store
        self.encoder = encoder
        self.part = part
        self.index = HybridIndex(dimension=TEXT_WIDTH)
        self.items: dict[str, MediaItem] = {}
        self.sequence = 0
        self.following: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, settings: StoreSettings, encoder: TextEncoder, part: Part) -> Self:
        """Read a snapshot of the part and what changed since, or all that the store has of it."""
        shard = cls(await MediaStore.open(settings.database_url, settings.blob_url), encoder, part)
        if settings.snapshot_url is not None and await shard._restore(settings.snapshot_url):
            while not await shard.catch_up():
                pass
        else:
            items, shard.sequence = await shard.store.all_items(part.has)
            shard._add(items, await shard.store.text_vectors())
        return shard

    async def _restore(self, url: str) -> bool:
        """Start from the newest snapshot; False, and a line in the log, if that can't be."""
        try:
            read = await asyncio.to_thread(lambda: Snapshots(url, self.part).newest())
            if not all(item_id in read.index for item_id in read.items) or len(read.index) != len(
                read.items
            ):
                raise ValueError("its index and its items are not the same")
            if await self._change_at(read.last_change.sequence) != read.last_change:
                raise ValueError(f"the store has no such change as {read.last_change}")
        except Exception as error:  # whatever it is, the store has everything
            logger.warning("part %s of the index starts without a snapshot: %s", self.part, error)
            return False
        self.index, self.items = read.index, dict(read.items)
        self.sequence = read.last_change.sequence
        return True

    async def snapshot(self) -> Snapshot | None:
        """All that is here, to be written before anything changes; None of an empty store."""
        last_change = await self._change_at(self.sequence)
        return None if last_change is None else Snapshot(self.index, self.items, last_change)

    async def _change_at(self, sequence: int) -> MediaChange | None:
        changes = await self.store.changes_after(sequence - 1, limit=1)
        return changes[0] if changes and changes[0].sequence == sequence else None

    def follow(self, poll_ms: int) -> None:
        """Keep up with the store from now on."""
        self.following = asyncio.create_task(self._follow(poll_ms, ShardMetrics()))
        gc.freeze()  # the index is long-lived; walking it in every full collection would stall searches

    def survey(self, lookup: Lookup, vector_D: NDArray[np.float32]) -> Survey:
        """What is here of the words, and how near it is in meaning."""
        return self.index.survey(to_query(lookup, vector_D))

    def search(
        self, lookup: Lookup, vector_D: NDArray[np.float32], of_all: Survey | None = None
    ) -> list[Hit]:
        """The best of what is here, as it is in what all shards have, if there are others."""
        matches = self.index.search(to_query(lookup, vector_D), of_all)
        return [Hit(match, self.items[match.item_id]) for match in matches]

    def check(self) -> int:
        """The number of items; RuntimeError if they are no longer kept up with the store."""
        if self.following is not None and self.following.done():
            raise RuntimeError("the index no longer follows the store")
        return len(self.index)

    async def _follow(self, poll_ms: int, metrics: ShardMetrics) -> None:
        """Apply what was added and removed since, for as long as the replica lives."""
        while True:
            await asyncio.sleep(poll_ms / 1000)
            caught_up = False
            try:
                caught_up = await self.catch_up()
            except Exception:
                logger.exception("the store could not be read; trying again")
            metrics.followed(len(self.index), caught_up)

    async def catch_up(self) -> bool:
        """Apply the next changes; whether there were none left."""
        changes = await self.store.changes_after(self.sequence)
        if not changes:
            return True
        last = {change.item_id: change.change for change in changes if self.part.has(change.item_id)}
        self._remove(item_id for item_id, change in last.items() if change == "removed")
        added = await self.store.get([item_id for item_id, change in last.items() if change == "added"])
        self._add(added.values(), {})
        self.sequence = changes[-1].sequence
        return False

    def _add(self, items: Iterable[MediaItem], vectors: dict[str, NDArray[np.float32]]) -> None:
        fresh = [item for item in items if item.item_id not in self.items]
        entries = [to_entry(item) for item in fresh]
        texts = dict.fromkeys(text for entry in entries for text in index_texts(entry))
        missing = [text for text in texts if text not in vectors]
        vectors = {**vectors, **dict(zip(missing, self.encoder.encode(missing), strict=True))}
        self.index.add(entries, vectors)
        for item, entry in zip(fresh, entries, strict=True):
            embedding = vectors[index_texts(entry)[0]] if item.embedding is None else item.embedding
            self.items[item.item_id] = replace(item, terms=(), embedding=embedding.astype(np.float16))

    def _remove(self, item_ids: Iterable[str]) -> None:
        known = [item_id for item_id in item_ids if item_id in self.items]
        self.index.remove(known)
        for item_id in known:
            del self.items[item_id]


def to_query(lookup: Lookup, vector_D: NDArray[np.float32] | None) -> IndexQuery:
    """What the index is asked."""
    return IndexQuery(
        n_gram=lookup.n_gram,
        vector=vector_D,
        media_types=lookup.media_types,
        limit=lookup.limit,
        user_id=lookup.user_id,
        locale=lookup.locale,
        max_rating=lookup.rating,
    )


def to_entry(item: MediaItem) -> IndexEntry:
    """What the index needs to know of an item."""
    return IndexEntry(
        item_id=item.item_id,
        media_type=item.media_type,
        alt_text=item.alt_text,
        terms=item.terms if item.emoji is None else (*item.terms, Term(item.emoji, "en", "gramoji")),
        rating=item.rating,
        owner_id=shared_owner(item.owner_id) if item.shared and item.owner_id else item.owner_id,
    )
