"""A simulated person at the real HTTP API: types, looks at the answer, sends feedback.

K: positions.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import numpy as np

from models.text import TextEncoder
from ranking.candidates import Candidate
from ranking.novelty import Seen, update
from rl.simulation.people import BORED_FOR_S, People, attractions
from rl.simulation.reading import Reading, draw_selections


@dataclass(slots=True, eq=False)
class Visitor:
    """One of the people; `rng` decides what they select, so the same answers get the same feedback."""

    client: httpx.AsyncClient
    people: People
    person: int
    encoder: TextEncoder
    rng: np.random.Generator
    reading: Reading = field(default_factory=Reading)
    seen: Seen = field(default_factory=Seen)

    @property
    def user_id(self) -> str:
        """The name that the server knows them by."""
        return f"simulated-{self.person}"

    async def type(self, n_gram: str, generate: str = "never", limit: int = 8) -> list[str]:
        """Ask for suggestions and select what attracts; returns the ids of the selected items.

        What an item shows is read from its alt text. Raises httpx.HTTPStatusError if the server refuses.
        """
        body = {"n_gram_string": n_gram, "user_id": self.user_id, "generate": generate, "limit": limit}
        slate = (await self.client.post("/v1/suggest", json=body)).raise_for_status().json()
        now = datetime.now(UTC)
        chosen = self._choose(slate["items"], now.timestamp())
        for item_id in chosen:
            event = {
                "event_id": str(UUID(bytes=self.rng.bytes(16), version=4)),
                "suggestion_id": slate["suggestion_id"],
                "item_id": item_id,
                "action": "select",
                "at": now.isoformat(),
            }
            (await self.client.post("/v1/feedback", json=event)).raise_for_status()
        return chosen

    def _choose(self, items: list[Mapping[str, Any]], now_s: float) -> list[str]:
        if not items:
            return []
        embeddings_KD = self.encoder.encode([item["alt_text"] for item in items])
        shown = [
            Candidate(
                item_id=item["item_id"],
                media_type=item["media_type"],
                source=item["source"],
                index_match=item["scores"]["index_match"],
                gme_relevance=item["scores"]["gme_relevance"],
                embedding=embedding_D,
            )
            for item, embedding_D in zip(items, embeddings_KD, strict=True)
        ]
        attractions_1K = attractions(self.people, self.person, shown, self.seen, now_s)[None]
        selected_K = draw_selections(attractions_1K, self.reading, self.rng)[0]
        ids = [candidate.item_id for candidate in shown]
        self.seen = update(self.seen, ids, now_s, BORED_FOR_S)
        return [item_id for item_id, selected in zip(ids, selected_K.tolist(), strict=True) if selected]
