"""The edge where keys are wanted: a call gets in by its key, as its tenant, and as often as its key may."""

import re

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from deployments.caller import TENANT
from deployments.counting import Counting
from deployments.known_keys import KnownKeys
from deployments.messages import Problem
from deployments.problems import CHALLENGE, no_key, problem_response
from deployments.quota import to_headers
from store.tenants import ANONYMOUS

# All else wants a key, so that a route that is added later does, too.
OPEN = re.compile(r"/(healthz|readyz|docs|openapi\.json|lab|static/.*)?")
MEDIA = re.compile(r"/v1/media/[^/]+")


class KeyGuard:
    """Plain ASGI, as `ServerTiming`. While there are no keys it does nothing."""

    def __init__(self, app: ASGIApp, keys: KnownKeys, counting: Counting) -> None:
        self.app = app
        self.keys = keys
        self.counting = counting

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a call in, or answer 401 or 429."""
        if scope["type"] != "http" or not self.keys.are_wanted or OPEN.fullmatch(scope["path"]):
            return await self.app(scope, receive, send)
        token = bearer(Headers(scope=scope).get("authorization"))
        if token is None and scope["method"] == "GET" and MEDIA.fullmatch(scope["path"]):
            return await self._as(
                ANONYMOUS, scope, receive, send
            )  # the route looks whether the link is signed
        key = None if token is None else self.keys.find(token)
        if key is None:
            return await problem_response(no_key().problem, CHALLENGE)(scope, receive, send)
        usage = await self.counting.take(key)
        if usage is None:
            return await self._as(key.tenant, scope, receive, send)
        headers = to_headers(usage)
        if not usage.allowed:
            said = f"the key's limit is reached; there is more in {usage.retry_after_s} seconds"
            problem = Problem(title="Too many calls", status=429, detail=said)
            headers["Retry-After"] = str(usage.retry_after_s)
            return await problem_response(problem, headers)(scope, receive, send)
        return await self._as(key.tenant, scope, receive, _adding(headers, send))

    async def _as(self, tenant: str, scope: Scope, receive: Receive, send: Send) -> None:
        before = TENANT.set(tenant)
        try:
            await self.app(scope, receive, send)
        finally:
            TENANT.reset(before)


def bearer(header: str | None) -> str | None:
    """The token of an `Authorization` header; None where there is no such header."""
    if header is None:
        return None
    scheme, _, token = header.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _adding(headers: dict[str, str], send: Send) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).update(headers)
        await send(message)

    return send_with_headers
