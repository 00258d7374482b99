"""The first start: the catalogue's media into the store, with a progress bar. Later starts find it there."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from catalog.checksums import CHECKSUMS_FILE, file_sha256, write_checksums
from catalog.items import CatalogItem
from catalog.reader import count, read_items, verify
from catalog.schema import DATA_DIR
from catalog.text_vectors import read_text_vectors, write_text_vectors
from deployments.settings import StoreSettings
from deployments.shard import to_entry
from models.text import TextEncoder
from ranking.index import index_texts
from ranking.vectors import Vectors
from store.catalog_media import to_media_item
from store.database import migrate
from store.media import MediaStore
from store.media_item import MediaItem

BATCH = 128


async def import_catalog(settings: StoreSettings, data_dir: Path) -> bool:
    """Import the catalogue unless this very one is there already; True if it was imported now."""
    await migrate(settings.database_url)
    store = await MediaStore.open(settings.database_url, settings.blob_url)
    try:
        verify(data_dir)
        digest = file_sha256(data_dir / CHECKSUMS_FILE)
        if await store.was_imported(digest):
            return False
        vectors = read_text_vectors(data_dir)
        await store.remember_text_vectors(vectors)
        items = await _import_items(store, data_dir, vectors)
        await embed_texts(store, items)
        await store.mark_imported(digest)
        return True
    finally:
        await store.close()


async def _import_items(store: MediaStore, data_dir: Path, vectors: Vectors) -> list[MediaItem]:
    """Add what is not in the store yet, so that an interrupted import goes on where it stopped."""
    imported: list[MediaItem] = []
    with tqdm(total=sum(count(data_dir).values()), desc="Importing media", unit="item") as progress:
        batch: list[CatalogItem] = []
        for item in read_items(data_dir):
            batch.append(item)
            if len(batch) == BATCH:
                imported += await _add(store, batch, vectors)
                progress.update(len(batch))
                batch = []
        imported += await _add(store, batch, vectors)
        progress.update(len(batch))
    return imported


async def _add(store: MediaStore, batch: Sequence[CatalogItem], vectors: Vectors) -> list[MediaItem]:
    items = [
        _embedded(item, vectors)
        for item in await asyncio.gather(*(to_media_item(store.blobs, i, None) for i in batch))
    ]
    there = await store.get([item.item_id for item in items])
    await store.add([item for item in items if item.item_id not in there])
    return list(items)


def _embedded(item: MediaItem, vectors: Vectors) -> MediaItem:
    """The item with the vector of its label and tags, which stands for what it shows."""
    return replace(item, embedding=vectors.get(index_texts(to_entry(item))[0]))


async def embed_texts(store: MediaStore, items: Iterable[MediaItem]) -> dict[str, NDArray[np.float32]]:
    """The vectors of every text that the index needs for `items`; the store remembers them."""
    texts = {text for item in items for text in index_texts(to_entry(item))}
    missing = sorted(texts - (await store.text_vectors()).keys(), key=len)
    encoder = TextEncoder() if missing else None
    for start in tqdm(range(0, len(missing), 512), desc="Reading tags", unit="batch", disable=not missing):
        chunk = missing[start : start + 512]
        assert encoder is not None
        await store.remember_text_vectors(dict(zip(chunk, encoder.encode(chunk), strict=True)))
    return {text: vector for text, vector in (await store.text_vectors()).items() if text in texts}


async def write_catalog_vectors(settings: StoreSettings) -> int:
    """Write the vectors of all catalogue texts beside the media; returns their number."""
    store = await MediaStore.open(settings.database_url, settings.blob_url)
    try:
        items = [item for item in (await store.all_items())[0] if item.origin == "catalog"]
        vectors = await embed_texts(store, items)
    finally:
        await store.close()
    write_text_vectors(vectors)
    write_checksums(DATA_DIR)
    return len(vectors)
