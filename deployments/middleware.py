"""What every answer carries beside the request id that Ray Serve adds, and what its trace is called."""

import time

from opentelemetry.trace import get_current_span
from ray.serve.context import _get_serve_request_context
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


class TraceName:
    """Serve calls the span of every HTTP call by one name."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Call it by method and route, such as `GET /v1/media/{item_id}`, which names nobody."""
        span = get_current_span()
        if span.is_recording() and scope["type"] == "http":
            span.update_name(f"{scope['method']} {_get_serve_request_context().route}")
        await self.app(scope, receive, send)
