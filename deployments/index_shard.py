"""One shard of an index that is too large for one replica."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from deployments.index_settings import ShardSettings
from deployments.lookup import Lookup
from deployments.part import Part
from deployments.settings import StoreSettings
from deployments.shard import Hit, Shard
from models.text import TextEncoder
from ranking.survey import Survey


class IndexShard:
    """Answers the index deployment, many lookups at once."""

    async def __init__(self, settings: ShardSettings, store: StoreSettings, number: int) -> None:  # type: ignore[misc]
        torch.set_num_threads(settings.threads)
        self.shard = await Shard.open(store, TextEncoder(), Part(number, settings.num_shards))
        self.shard.follow(settings.poll_ms)

    async def survey(self, lookups: Sequence[Lookup], vectors_QD: NDArray[np.float32]) -> list[Survey]:
        """What is here of the words of each lookup, and how near it is in meaning."""
        return [self.shard.survey(*asked) for asked in zip(lookups, vectors_QD, strict=True)]

    async def search(
        self, lookups: Sequence[Lookup], vectors_QD: NDArray[np.float32], of_all: Sequence[Survey]
    ) -> list[list[Hit]]:
        """The best of what is here for each lookup; `of_all` is what the surveys of all shards add up to."""
        return [self.shard.search(*asked) for asked in zip(lookups, vectors_QD, of_all, strict=True)]

    async def check(self) -> int:
        """The number of items, when searches can be answered."""
        return self.shard.check()

    async def check_health(self) -> None:
        """Ray Serve starts a replica anew that raises here."""
        self.shard.check()
