"""The catalogue's items as items of the store."""

import time

import numpy as np
from numpy.typing import NDArray

from catalog.items import CatalogItem
from store.blobs import Blobs
from store.media_item import MediaItem


async def to_media_item(
    blobs: Blobs, item: CatalogItem, embedding: NDArray[np.floating] | None
) -> MediaItem:
    """Write the bytes and return the item, which nobody owns. The `embedding` stands for what it shows."""
    preview = None if item.preview is None else await blobs.write(item.preview)
    return MediaItem(
        item_id=item.item_id,
        media_type=item.media_type,
        mime_type=item.mime_type,
        width=item.width,
        height=item.height,
        duration_ms=item.duration_ms,
        alt_text=item.alt_text,
        emoji=item.emoji,
        terms=item.terms,
        rating=item.rating,
        licence=item.licence,
        attribution=item.attribution,
        origin="catalog",
        owner_id=None,
        model_version=None,
        prompt=None,
        provenance=f"{item.source_package} {item.source_path}",
        sha256=await blobs.write(item.data),
        preview_sha256=preview,
        preview_mime_type=item.preview_mime_type,
        embedding=embedding,
        created_at=time.time(),
    )
