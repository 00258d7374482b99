"""Server-sent events that notice at once when nobody listens any more."""

import asyncio
from collections.abc import AsyncIterator, Callable

from sse_starlette import ServerSentEvent

from deployments.messages import Slate

# A proxy learns that its client has left only by writing to it: silent streams are generated for nobody.
HEARTBEAT_S = 0.1
HEARTBEAT = b": waiting\n\n"


async def slate_events(
    first: Slate, slates: AsyncIterator[Slate], to_client: Callable[[Slate], Slate]
) -> AsyncIterator[bytes]:
    """`slate` events as they come, each as the client is to see it, comments while there is nothing to say, `done` last."""
    yield _slate_event(to_client(first))
    coming = asyncio.ensure_future(anext(slates, None))
    try:
        while True:
            done, _ = await asyncio.wait({coming}, timeout=HEARTBEAT_S)
            if not done:
                yield HEARTBEAT
                continue
            slate = coming.result()
            if slate is None:
                break
            yield _slate_event(to_client(slate))
            coming = asyncio.ensure_future(anext(slates, None))
        yield ServerSentEvent(event="done", data="{}").encode()
    finally:
        coming.add_done_callback(_forget)
        coming.cancel()


def _forget(coming: asyncio.Future[Slate | None]) -> None:
    """Nobody waits for what was cancelled, which Ray makes an error of; unread, each would be logged."""
    if not coming.cancelled():
        coming.exception()


def _slate_event(slate: Slate) -> bytes:
    return ServerSentEvent(event="slate", data=slate.model_dump_json()).encode()
