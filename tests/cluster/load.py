"""People who ask for stickers, select one and sometimes send one, again and again, and what became of every call."""

import asyncio
import io
import secrets
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import httpx
from PIL import Image

PHRASES = ("happy birthday", "so tired", "good luck", "red heart", "congratulations", "cat")
UPLOAD_EVERY = 10


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
    uploads: bool = False
    outcomes: list[Outcome] = field(default_factory=list)
    acknowledged: set[str] = field(
        default_factory=set
    )  # event ids of selections that were answered with 200
    uploaded: set[str] = field(default_factory=set)  # items whose upload was answered with 200 or 201
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    async def __aenter__(self) -> Self:
        self.tasks = [asyncio.create_task(self._act(f"person-{number}")) for number in range(self.people)]
        return self

    async def __aexit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    def failed(self, since: float = 0.0) -> list[Outcome]:
        """Calls that were not answered with 200 or 201."""
        return [each for each in self.outcomes if each.at >= since and each.status not in (200, 201)]

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
                slate = await self._call(client, "/v1/suggest", json=body)
                if slate is not None and slate["items"]:
                    await self._select(client, slate)
                if self.uploads and number % UPLOAD_EVERY == 0:
                    await self._upload(client, person)
                await asyncio.sleep(self.pause_s)

    async def _select(self, client: httpx.AsyncClient, slate: dict[str, Any]) -> None:
        event = {
            "event_id": str(uuid4()), "suggestion_id": slate["suggestion_id"], "action": "select",
            "item_id": slate["items"][0]["item_id"], "at": datetime.now(UTC).isoformat(),
        }  # fmt: skip
        if await self._call(client, "/v1/feedback", json=event) is not None:
            self.acknowledged.add(event["event_id"])

    async def _upload(self, client: httpx.AsyncClient, person: str) -> None:
        red, green, blue = secrets.token_bytes(3)
        Image.new("RGB", (64, 64), (red, green, blue)).save(file := io.BytesIO(), "PNG")
        files = {"file": ("x.png", file.getvalue())}
        made = await self._call(client, "/v1/media", files=files, data={"user_id": person})
        if made is not None:
            self.uploaded.add(made["item_id"])

    async def _call(self, client: httpx.AsyncClient, path: str, **body: Any) -> dict[str, Any] | None:
        at, status, said = time.monotonic(), 0, None
        with suppress(httpx.TransportError):
            answer = await client.post(path, **body)
            status = answer.status_code
            said = answer.json() if status in (200, 201) else None
        degraded = tuple(said.get("degraded", ())) if said else ()
        self.outcomes.append(Outcome(path, at, time.monotonic() - at, status, degraded))
        return said
