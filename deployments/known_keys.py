"""The keys as a replica of the edge knows them: read from the store again and again, so that a call costs no query."""

import asyncio
import logging
from typing import Self

from deployments.counting import Counting
from store.keys import Key, KeyStore, hash_token

logger = logging.getLogger("ray.serve.gramoji.api")
POLL_S = 1.0  # a revoked key opens nothing after at most this, and the time of a query


class KnownKeys:
    """Keys that open. While the store is away those that were known stay."""

    following: asyncio.Task[None]

    def __init__(self, store: KeyStore, counting: Counting) -> None:
        self.store = store
        self.counting = counting
        self.are_wanted = False
        self._by_hash: dict[str, Key] = {}

    @classmethod
    async def follow(cls, store: KeyStore, counting: Counting) -> Self:
        """Read the keys, and keep reading for as long as the replica lives."""
        known = cls(store, counting)
        await known.refresh()
        known.following = asyncio.create_task(known._follow())
        return known

    def find(self, token: str) -> Key | None:
        """The key of a token; None if it is none, or was revoked."""
        return self._by_hash.get(hash_token(token))

    async def refresh(self) -> None:
        """Read the store now."""
        keys = await self.store.all()
        self._by_hash = {key.token_sha256: key for key in keys if key.revoked_at is None}
        self.are_wanted = bool(keys)
        if any(key.is_limited for key in self._by_hash.values()):
            self.counting.warm_up()

    async def _follow(self) -> None:
        while True:
            await asyncio.sleep(POLL_S)
            try:
                await self.refresh()
            except Exception:
                logger.exception("keys could not be read; trying again")
