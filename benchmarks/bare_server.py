"""The yardstick of `benchmarks.serving`: index and ranking in one process behind bare FastAPI and uvicorn."""

import asyncio
import sys
import time

import numpy as np
import torch
import uvicorn
from fastapi import FastAPI, Response

from deployments.lookup import Match
from deployments.messages import Slate, SuggestRequest
from deployments.presenting import found_candidate, to_suggested_item
from deployments.settings import DEFAULT_CONFIG, AppSettings
from deployments.shard import to_entry
from models.text import TextEncoder
from ranking.index import HybridIndex, IndexQuery
from ranking.novelty import Seen
from ranking.rank import rank
from ranking.taste import Taste
from ranking.weights import load_ranking_weights
from store.media import MediaStore
from store.media_item import MediaItem

torch.set_num_threads(1)
settings = AppSettings.load(DEFAULT_CONFIG)
encoder, index, app = TextEncoder(), HybridIndex(), FastAPI()
weights = load_ranking_weights(settings.suggest.ranking)


async def load() -> dict[str, MediaItem]:
    """Fill the index from the store of the laptop configuration."""
    store = await MediaStore.open(settings.store.database_url, settings.store.blob_url)
    items, _ = await store.all_items()
    vectors = await store.text_vectors()
    items = [item for item in items if item.origin == "catalog"]
    index.add([to_entry(item) for item in items], vectors)
    await store.close()
    return {item.item_id: item for item in items}


items = asyncio.run(load())


@app.get("/readyz")
async def readyz() -> str:
    """The server lives."""
    return "ok"


@app.post("/v1/suggest")
async def suggest(body: SuggestRequest) -> Response:
    """What the deployments do, without them."""
    query = IndexQuery(
        n_gram=body.n_gram_string,
        vector=encoder.encode([body.n_gram_string])[0],
        media_types=body.media_types,
        limit=settings.suggest.candidates_per_type,
        user_id=body.user_id,
        locale=body.locale,
        max_rating=body.rating,
    )
    matches = [Match(items[match.item_id], match.index_match) for match in index.search(query)]
    candidates = [found_candidate(match) for match in matches]
    rng = np.random.default_rng()
    ranked = rank(candidates, Taste(), Seen(), None, weights, body.limit, time.time(), rng)
    slate = Slate(
        suggestion_id="bare",
        n_gram_string=body.n_gram_string,
        policy_version=weights.version,
        items=tuple(to_suggested_item(each, items) for each in ranked.items),
        pending=(),
        degraded=(),
    )
    return Response(slate.model_dump_json(), media_type="application/json")


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]), log_level="warning")
