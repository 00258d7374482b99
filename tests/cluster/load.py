"""People who ask for stickers and select one, again and again, and what became of every call."""

import asyncio
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import httpx

PHRASES = ("happy birthday", "so tired", "good luck", "red heart", "congratulations", "cat")


@dataclass(frozen=True, slots=True)
class Outcome:
    """One call: how it ended, 0 where no answer came, and which parts were degraded."""

    path: str
    at: float
    took_s: float
    status: int
    degraded: tuple[str, ...] = ()


@dataclass(slots=True)
class Load:
    """`async with` it: the people act until the block ends."""

    url: str
    people: int = 2
    pause_s: float = 0.1
    generate: str = "never"
    outcomes: list[Outcome] = field(default_factory=list)
    acknowledged: set[str] = field(
        default_factory=set
    )  # event ids of selections that were answered with 200
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    async def __aenter__(self) -> Self:
        self.tasks = [asyncio.create_task(self._act(f"person-{number}")) for number in range(self.people)]
        return self

    async def __aexit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    def failed(self, since: float = 0.0) -> list[Outcome]:
        """Calls that were not answered with 200."""
        return [each for each in self.outcomes if each.at >= since and each.status != 200]

    def degraded(self, since: float = 0.0) -> dict[str, int]:
        """How often which part was named as degraded."""
        return dict(Counter(said for each in self.outcomes if each.at >= since for said in each.degraded))

    async def _act(self, person: str) -> None:
        number = 0
        async with httpx.AsyncClient(base_url=self.url, timeout=30) as client:
            while True:
                number += 1
                body = {
                    "n_gram_string": PHRASES[number % len(PHRASES)], "user_id": person, "media_types": ["sticker"],
                    "limit": 4, "generate": self.generate, "deadline_ms": 1500,
                }  # fmt: skip
                slate = await self._call(client, "/v1/suggest", body)
                if slate is not None and slate["items"]:
                    await self._select(client, slate)
                await asyncio.sleep(self.pause_s)

    async def _select(self, client: httpx.AsyncClient, slate: dict[str, Any]) -> None:
        event = {
            "event_id": str(uuid4()), "suggestion_id": slate["suggestion_id"], "action": "select",
            "item_id": slate["items"][0]["item_id"], "at": datetime.now(UTC).isoformat(),
        }  # fmt: skip
        if await self._call(client, "/v1/feedback", event) is not None:
            self.acknowledged.add(event["event_id"])

    async def _call(self, client: httpx.AsyncClient, path: str, body: Any) -> dict[str, Any] | None:
        at, status, said = time.monotonic(), 0, None
        with suppress(httpx.TransportError):
            answer = await client.post(path, json=body)
            status = answer.status_code
            said = answer.json() if status == 200 else None
        degraded = tuple(said.get("degraded", ())) if said else ()
        self.outcomes.append(Outcome(path, at, time.monotonic() - at, status, degraded))
        return said
