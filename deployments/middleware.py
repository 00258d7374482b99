"""What every answer carries beside the request id that Ray Serve adds: how long it took."""

import time

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class ServerTiming:
    """Plain ASGI, so that streams stay streams and a closed connection still cancels."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Add `Server-Timing`: milliseconds until the first byte."""
        started = time.perf_counter()

        async def send_with_timing(message: Message) -> None:
            if message["type"] == "http.response.start":
                elapsed_ms = 1000 * (time.perf_counter() - started)
                MutableHeaders(scope=message)["Server-Timing"] = f"total;dur={elapsed_ms:.1f}"
            await send(message)

        await self.app(scope, receive, send_with_timing)
