"""The index of existing media: encode, search and merge in one call, and follow the store's changes."""

import asyncio
import gc
import logging
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from opentelemetry.context import Context
from ray import serve

from catalog.items import MediaType, Rating, Term
from deployments.index_metrics import IndexMetrics
from deployments.settings import IndexSettings, StoreSettings
from deployments.tracing import call_context, now_ns, took
from models.mood import mood_vectors
from models.text import TEXT_WIDTH, TextEncoder
from ranking.index import HybridIndex, IndexEntry, IndexQuery, index_texts
from ranking.replies import Replies, load_replies
from store.media import MediaStore
from store.media_item import MediaItem
from store.tenants import shared_owner

logger = logging.getLogger("ray.serve.gramoji.index")


@dataclass(frozen=True, slots=True)
class Lookup:
    """What to look up, and for whom."""

    n_gram: str
    user_id: str
    media_types: tuple[MediaType, ...]
    locale: str
    rating: Rating
    limit: int


@dataclass(frozen=True, slots=True, eq=False)
class Match:
    """An existing item, without its terms, and how well it matches."""

    item: MediaItem
    index_match: float
    completion: str | None = None  # the phrase that the typed text begins, if that is why it was found


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What a lookup found, best first, and how well its words fit each mood but the plain one: cosines."""

    matches: list[Match]
    mood_fits: tuple[float, ...] = ()


class Index:
    """Every replica holds the whole index and is at most `poll_ms` behind the store."""

    async def __init__(self, settings: IndexSettings, store: StoreSettings) -> None:  # type: ignore[misc]
        torch.set_num_threads(settings.threads)
        self.settings = settings
        self.encoder = TextEncoder()
        self.index = HybridIndex(dimension=TEXT_WIDTH)
        self.moods_MD = mood_vectors(self.encoder)
        self.replies = Replies(load_replies(), self.encoder.encode)
        self.items: dict[str, MediaItem] = {}
        self.metrics = IndexMetrics()
        self.store = await MediaStore.open(store.database_url, store.blob_url)
        items, self.sequence = await self.store.all_items()
        self._add(items, await self.store.text_vectors())
        self._search_batch.set_max_batch_size(settings.max_batch_size)
        self._search_batch.set_batch_wait_timeout_s(settings.batch_wait_ms / 1000)
        self.following = asyncio.create_task(self._follow())
        gc.freeze()  # the index is long-lived; walking it in every full collection would stall searches

    async def search(self, lookup: Lookup) -> Found:
        """Look up one n-gram."""
        found: Found = await self._search_batch(lookup, call_context())
        return found

    async def embed(self, text: str) -> NDArray[np.float32]:
        """The unit vector of a text."""
        vector_D: NDArray[np.float32] = self.encoder.encode([text])[0]
        return vector_D

    async def reply(self, message: str) -> str | None:
        """A phrase that answers a message; None if it asks for none."""
        return self.replies.to(await self.embed(message))

    async def check(self) -> str:
        """Answer when searches can be answered."""
        if self.following.done():
            raise RuntimeError("the index no longer follows the store")
        return f"{len(self.index)} items"

    async def check_health(self) -> None:
        """Ray Serve starts a replica anew that raises here."""
        await self.check()

    @serve.batch
    async def _search_batch(self, lookups: list[Lookup], calls: list[Context | None]) -> list[Found]:
        with self.metrics.searching(len(lookups)):
            began_ns = now_ns()
            vectors_QD = self.encoder.encode([lookup.n_gram for lookup in lookups])
            encoded_ns = now_ns()
            for call in calls:
                took("encode text", began_ns, encoded_ns, call, batch_size=len(lookups))
            return [
                Found(self._search(lookup, vector, call), tuple((self.moods_MD[1:] @ vector).tolist()))
                for lookup, vector, call in zip(lookups, vectors_QD, calls, strict=True)
            ]

    def _search(self, lookup: Lookup, vector: NDArray[np.float32], call: Context | None) -> list[Match]:
        began_ns = now_ns()
        query = IndexQuery(
            n_gram=lookup.n_gram,
            vector=vector,
            media_types=lookup.media_types,
            limit=lookup.limit,
            user_id=lookup.user_id,
            locale=lookup.locale,
            max_rating=lookup.rating,
        )
        matches = [
            Match(
                self.items[match.item_id],
                match.index_match,
                match.matched if match.method == "prefix" else None,
            )
            for match in self.index.search(query)
        ]
        took("search", began_ns, now_ns(), call, matches=len(matches), indexed=len(self.index))
        return matches

    async def _follow(self) -> None:
        """Apply what was added and removed since, for as long as the replica lives."""
        while True:
            await asyncio.sleep(self.settings.poll_ms / 1000)
            caught_up = False
            try:
                caught_up = await self._catch_up()
            except Exception:
                logger.exception("the store could not be read; trying again")
            self.metrics.followed(len(self.index), caught_up)

    async def _catch_up(self) -> bool:
        """Apply the next changes; whether there were none left."""
        changes = await self.store.changes_after(self.sequence)
        if not changes:
            return True
        last = {change.item_id: change.change for change in changes}
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
