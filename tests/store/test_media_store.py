import asyncio
import hashlib
from dataclasses import replace

import numpy as np
import pytest
from sqlalchemy.exc import IntegrityError

from catalog.items import Term
from store.database import connect, lock
from store.media import MediaStore
from store.media_item import MediaItem
from store.tables import media_changes

PICTURE = b"bytes of a picture"  # the store fixture keeps them


def item(item_id: str, **changes: object) -> MediaItem:
    made = MediaItem(
        item_id=item_id,
        media_type="sticker",
        mime_type="image/webp",
        width=128,
        height=128,
        duration_ms=None,
        alt_text="birthday cake",
        emoji="🎂",
        terms=(Term("cake", "en", "emojilib"), Term("gâteau", "fr", "emojibase")),
        rating="g",
        licence="MIT",
        attribution="someone",
        origin="catalog",
        owner_id=None,
        model_version=None,
        prompt=None,
        provenance="package path",
        sha256=hashlib.sha256(PICTURE).hexdigest(),
        preview_sha256=None,
        preview_mime_type=None,
        embedding=None,
        created_at=1.0,
    )
    return replace(made, **changes)


async def test_an_item_comes_back_as_it_went_in(store: MediaStore) -> None:
    vector = np.full(384, 384**-0.5, dtype=np.float32)
    put = item(
        "a", prompt={"text": "cake", "seed": 2**47}, owner_id="u-1", embedding=vector, duration_ms=40
    )
    await store.add([put])
    got = (await store.get(["a", "b"]))["a"]
    assert (got.terms, got.prompt, got.owner_id, got.duration_ms) == (put.terms, put.prompt, "u-1", 40)
    assert got.embedding is not None
    np.testing.assert_allclose(got.embedding, vector, atol=1e-3)


async def test_a_batch_goes_in_whole_or_not_at_all(store: MediaStore) -> None:
    await store.add([item("a")])
    with pytest.raises(IntegrityError):
        await store.add([item("b"), item("a")])
    items, sequence = await store.all_items()
    assert [each.item_id for each in items] == ["a"]
    assert sequence == 1


async def test_changes_come_in_the_order_in_which_they_happened(store: MediaStore) -> None:
    await store.add([item("a"), item("b")])
    assert await store.remove("a")
    assert not await store.remove("a")
    changes = await store.changes_after(0)
    assert [(change.item_id, change.change) for change in changes] == [
        ("a", "added"),
        ("b", "added"),
        ("a", "removed"),
    ]
    assert await store.changes_after(changes[-1].sequence) == []
    assert [change.item_id for change in await store.changes_after(changes[0].sequence, limit=1)] == ["b"]


async def test_text_vectors_are_remembered_and_may_be_told_twice(store: MediaStore) -> None:
    vector = np.ones(384, dtype=np.float32) / 384**0.5
    await store.remember_text_vectors({"cake": vector})
    await store.remember_text_vectors({"cake": vector, "party": vector})
    known = await store.text_vectors()
    assert known.keys() == {"cake", "party"}
    np.testing.assert_allclose(known["cake"], vector, atol=1e-3)


async def test_an_import_is_remembered_by_its_checksum(store: MediaStore) -> None:
    assert not await store.was_imported("abc")
    await store.mark_imported("abc")
    assert await store.was_imported("abc")


async def test_writers_at_once_all_get_their_turn(store: MediaStore) -> None:
    await asyncio.gather(*(store.add([item(str(number))]) for number in range(30)))
    items, sequence = await store.all_items()
    assert len(items) == sequence == 30


async def test_a_writer_that_is_cancelled_locks_nobody_out(store: MediaStore, database_url: str) -> None:
    """Even if somebody keeps the error, which refers to all that was used."""
    other = await connect(database_url)
    async with other.begin() as connection:
        await lock(connection, media_changes)
        leaving = asyncio.create_task(store.add([item("a"), item("b")]))
        await asyncio.sleep(0.5)  # until it waits for the lock
        leaving.cancel()
        await asyncio.sleep(0.2)
    with pytest.raises(asyncio.CancelledError) as kept:
        await leaving
    await asyncio.wait_for(store.add([item("c"), item("d")]), 10)
    assert set(await store.get(["a", "b", "c", "d"])) == {"c", "d"}
    await other.dispose()
    del kept


async def test_the_same_bytes_are_kept_once_and_read_back(store: MediaStore) -> None:
    first, second = await store.blobs.write(b"bytes"), await store.blobs.write(b"bytes")
    assert first == second
    path = await store.blobs.local_path(first)
    assert path.read_bytes() == b"bytes"
    assert [each for each in path.parent.iterdir() if each.suffix == ".part"] == []


async def test_missing_bytes_are_a_clear_error(store: MediaStore) -> None:
    with pytest.raises(FileNotFoundError, match="no such bytes"):
        await store.blobs.local_path("f" * 64)
