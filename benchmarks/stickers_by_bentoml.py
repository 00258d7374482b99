"""The sticker model behind BentoML, as its documents tell: a service that batches, behind one that speaks HTTP.

WORKERS=1 .venv-rivals/bin/bentoml serve benchmarks.stickers_by_bentoml:Stickers --port 3000
"""

import os
from typing import Annotated

import bentoml

from benchmarks.sticker_work import MAX_BATCH_SIZE, Asked, StickerWork


@bentoml.service(workers=int(os.environ["WORKERS"]), traffic={"timeout": 60, "max_concurrency": 100})
class Model:
    """The model."""

    def __init__(self) -> None:
        self.work = StickerWork()

    @bentoml.api(batchable=True, max_batch_size=MAX_BATCH_SIZE, max_latency_ms=60_000)
    def make(self, asked: list[Asked]) -> list[bytes]:
        """A sticker for each."""
        return self.work.make(asked)


@bentoml.service(workers=1, traffic={"timeout": 60, "max_concurrency": 100})
class Stickers:
    """The HTTP."""

    model = bentoml.depends(Model)

    @bentoml.api
    async def sticker(
        self, text: str, rated: bool
    ) -> Annotated[bytes, bentoml.validators.ContentType("image/webp")]:
        """A sticker for some words."""
        made: list[bytes] = await self.model.to_async.make([Asked(text, rated)])
        return made[0]
