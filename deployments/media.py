"""The media endpoints: bytes, metadata, removal."""

import asyncio
import time
from typing import Any, Literal

from fastapi import FastAPI, Request, Response
from fastapi.responses import FileResponse

from deployments.caller import TENANT
from deployments.media_links import MediaLinks
from deployments.problems import HttpProblem, invalid, no_key
from deployments.renditions import MIME_TYPES, Container, convert
from store.media import MediaStore
from store.media_item import MediaItem
from store.tenants import ANONYMOUS, may_see, tenant_of

FOREVER = "public, max-age=31536000, immutable"
FOREVER_HERE = FOREVER.replace("public", "private")  # no cache on the way may hand it to who has no key


class MediaRoutes:
    """Serves what the store holds. Items never change, so their bytes may be cached for ever."""

    def __init__(self, store: MediaStore, links: MediaLinks) -> None:
        self.store = store
        self.links = links

    async def read(
        self,
        request: Request,
        item_id: str,
        rendition: Literal["original", "preview"] | Container = "original",
        expires: int | None = None,
        signature: str | None = None,
    ) -> Response:
        """The bytes of an item; ranges, conditional requests, a preview, clips as MP4 or WebM and sounds as WAV.

        A signed link, as slates and uploads have it where keys are wanted, opens an item without a key until it expires.
        """
        item = await self._readable(item_id, self.links.opens(item_id, expires, signature, time.time()))
        if rendition in ("mp4", "webm", "wav"):
            return await self._converted(item, rendition)
        as_preview = rendition == "preview" and item.preview_sha256 is not None
        sha256 = item.preview_sha256 if as_preview else item.sha256
        mime_type = item.preview_mime_type if as_preview else item.mime_type
        headers = {"ETag": f'"{sha256}"', "Cache-Control": caching(item)}
        if f'"{sha256}"' in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        path = await self.store.blobs.local_path(str(sha256))
        return FileResponse(path, headers=headers, media_type=mime_type)

    async def _converted(self, item: MediaItem, container: Container) -> Response:
        """Converted when it is first asked for, and kept beside the original."""
        blobs = self.store.blobs
        try:
            path = await blobs.local_path(item.sha256, container)
        except FileNotFoundError:
            original = await blobs.local_path(item.sha256)
            try:
                data = await asyncio.to_thread(convert, original.read_bytes(), item.media_type, container)
            except ValueError as error:
                raise invalid("rendition", str(error), "No such rendition") from None
            await blobs.write_converted(item.sha256, container, data)
            path = await blobs.local_path(item.sha256, container)
        headers = {"ETag": f'"{item.sha256}.{container}"', "Cache-Control": caching(item)}
        return FileResponse(path, headers=headers, media_type=MIME_TYPES[container])

    async def info(self, item_id: str) -> dict[str, Any]:
        """Everything that is known of an item but its bytes."""
        item = await self._item(item_id)
        return {
            "item_id": item.item_id,
            "media_type": item.media_type,
            "mime_type": item.mime_type,
            "width": item.width,
            "height": item.height,
            "duration_ms": item.duration_ms,
            "alt_text": item.alt_text,
            "tags": sorted({term.text for term in item.terms if term.locale == "en"}),
            "rating": item.rating,
            "licence": item.licence,
            "attribution": item.attribution,
            "source": item.origin,
            "shared": item.shared,
            "allow_training": item.allow_training,
            "model_version": item.model_version,
            "prompt": item.prompt,
            "provenance": item.provenance,
            "sha256": item.sha256,
            "created_at": item.created_at,
        }

    async def remove(self, item_id: str) -> Response:
        """Remove an item; no replica of the index returns it two seconds later."""
        item = await self._item(item_id)
        if item.owner_id is None and TENANT.get() is not None:
            raise HttpProblem(403, "Not yours", f"item_id {item_id!r}: it belongs to every tenant")
        if not await self.store.remove(item_id):
            raise _unknown(item_id)
        return Response(status_code=204)

    async def _readable(self, item_id: str, link_opens: bool) -> MediaItem:
        """What the caller, or who has the link, may look at; nobody else learns whether it is there."""
        item = (await self.store.get([item_id])).get(item_id)
        if item is not None and (link_opens or may_see(TENANT.get(), item.owner_id)):
            return item
        if TENANT.get() == ANONYMOUS:
            raise no_key()
        raise _unknown(item_id)

    async def _item(self, item_id: str) -> MediaItem:
        return await self._readable(item_id, link_opens=False)


def add_media_routes(app: FastAPI, store: MediaStore, links: MediaLinks) -> None:
    """Add `/v1/media` to the application."""
    routes = MediaRoutes(store, links)
    app.get("/v1/media/{item_id}", response_class=FileResponse)(routes.read)
    app.get("/v1/media/{item_id}/info")(routes.info)
    app.delete("/v1/media/{item_id}", status_code=204)(routes.remove)


def caching(item: MediaItem) -> str:
    """For how long, and by whom, bytes may be kept: those of a tenant by nobody in between."""
    is_tenants = item.owner_id is not None and tenant_of(item.owner_id) is not None
    return FOREVER_HERE if is_tenants else FOREVER


def _unknown(item_id: str) -> HttpProblem:
    return HttpProblem(404, "Unknown item", f"item_id {item_id[:64]!r}: no such item")
