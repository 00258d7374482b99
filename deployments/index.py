"""The index of existing media: encode and search in one call, here or, where it is too large, in shards."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from opentelemetry.context import Context
from ray import serve

from deployments.fan_out import FanOut
from deployments.index_metrics import IndexMetrics
from deployments.index_settings import IndexSettings
from deployments.lookup import Found, Lookup, Match
from deployments.part import Part
from deployments.settings import StoreSettings
from deployments.shard import Hit, Shard
from deployments.tracing import call_context, now_ns, took
from models.mood_vectors import mood_vectors
from models.text import TextEncoder
from ranking.replies import Replies, load_replies


class Index:
    """Every replica holds the whole index, or asks the shards that hold it together."""

    async def __init__(  # type: ignore[misc]
        self, settings: IndexSettings, store: StoreSettings, shards: Mapping[int, Any]
    ) -> None:
        torch.set_num_threads(settings.threads)
        self.encoder = TextEncoder()
        self.moods_MD = mood_vectors(self.encoder)
        self.replies = Replies(load_replies(), self.encoder.encode)
        self.metrics = IndexMetrics()
        self._search_batch.set_max_batch_size(settings.max_batch_size)
        self._search_batch.set_batch_wait_timeout_s(settings.batch_wait_ms / 1000)
        self.fan_out = FanOut(shards, settings.shard_timeout_ms) if shards else None
        self.shard = None if shards else await Shard.open(store, self.encoder, Part())
        if self.shard:
            self.shard.follow(settings.poll_ms)

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
        """Answer when searches can be answered, if only by some of the shards."""
        if self.shard:
            return f"{self.shard.check()} items"
        assert self.fan_out
        num_items, missing = await self.fan_out.count()
        if len(missing) == len(self.fan_out.handles):
            raise RuntimeError("; ".join(missing))
        return "; ".join((f"{num_items} items", *missing))

    async def check_health(self) -> None:
        """Ray Serve starts a replica anew that raises here; shards are asked for themselves."""
        if self.shard:
            self.shard.check()

    @serve.batch(max_concurrent_batches=4)
    async def _search_batch(self, lookups: list[Lookup], calls: list[Context | None]) -> list[Found]:
        """Of several batches at once all but one wait for shards."""
        with self.metrics.searching(len(lookups)):
            began_ns = now_ns()
            vectors_QD = self.encoder.encode([lookup.n_gram for lookup in lookups])
            encoded_ns = now_ns()
            found, missing = await self._hits(lookups, vectors_QD)
            for call, hits in zip(calls, found, strict=True):
                took("encode text", began_ns, encoded_ns, call, batch_size=len(lookups))
                took("search", encoded_ns, now_ns(), call, matches=len(hits), missing=missing)
            fits_QM = vectors_QD @ self.moods_MD[1:].T
            return [
                Found([_match(hit) for hit in hits], tuple(fits_M.tolist()), missing)
                for hits, fits_M in zip(found, fits_QM, strict=True)
            ]

    async def _hits(
        self, lookups: Sequence[Lookup], vectors_QD: NDArray[np.float32]
    ) -> tuple[list[list[Hit]], tuple[str, ...]]:
        if self.fan_out:
            return await self.fan_out.search(lookups, vectors_QD)
        assert self.shard
        return [self.shard.search(*asked) for asked in zip(lookups, vectors_QD, strict=True)], ()


def _match(hit: Hit) -> Match:
    completion = hit.match.matched if hit.match.method == "prefix" else None
    return Match(hit.item, hit.match.index_match, completion)
