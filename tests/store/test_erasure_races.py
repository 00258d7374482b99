"""What was begun for a person before their erasure, and bytes that go while the same ones come."""

import asyncio
import time
from collections.abc import Coroutine
from typing import Any, TypeVar

import pytest
from sqlalchemy import Table, select, update

from store.database import lock
from store.erasure import erase
from store.feedback import FeedbackLog
from store.impressions import ImpressionLog
from store.media import MediaStore, OwnerErasedError
from store.tables import impressions, media_changes, media_items, person_changes
from store.tombstones import leave_tombstone
from tests.store.test_media_store import item
from tests.store.test_people import deed, impression

T = TypeVar("T")


async def suggestions(store: MediaStore) -> list[str]:
    async with store.engine.connect() as connection:
        return list((await connection.execute(select(impressions.c.suggestion_id))).scalars())


async def test_a_slate_that_was_asked_for_before_the_erasure_is_not_kept(store: MediaStore) -> None:
    log, erasure = ImpressionLog(store.engine, "test"), await erase(store, "u-1", "test")
    at = erasure.erased_at_s
    await log.add(
        [
            impression("waited in the buffer", at_s=at - 1),
            impression("answered just after it", at_s=at + 0.01, latency_ms=20.0),
            impression("somebody else", at_s=at - 1, user_id="u-2"),
            impression("came back", at_s=at + 1),
        ]
    )
    assert sorted(await suggestions(store)) == ["came back", "somebody else"]


async def test_media_that_were_ordered_before_the_erasure_are_not_kept(store: MediaStore) -> None:
    at = (await erase(store, "u-1", "test")).erased_at_s
    with pytest.raises(OwnerErasedError, match="erased"):
        await store.add([item("mine", owner_id="u-1", created_at=at - 1), item("other")])
    await store.add([item("new", owner_id="u-1", created_at=at + 1), item("theirs", owner_id="u-2")])
    assert {each.item_id for each in (await store.all_items())[0]} == {"new", "theirs"}


async def test_feedback_that_comes_after_the_erasure_finds_no_suggestion(store: MediaStore) -> None:
    await ImpressionLog(store.engine, "test").add([impression("s-1")])
    await erase(store, "u-1", "test")
    assert await FeedbackLog(store.engine, "test").record([deed("s-1")]) == ["unknown suggestion"]


async def begun(work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
    """The work as a task that waits for a lock by now."""
    task = asyncio.create_task(work)
    await asyncio.sleep(0.3)
    assert not task.done()
    return task


async def test_a_writer_waits_for_an_erasure_that_has_begun(store: MediaStore) -> None:
    async with store.engine.begin() as erasing:
        await lock(erasing, person_changes)
        writing = await begun(ImpressionLog(store.engine, "test").add([impression("s-1")]))
        await leave_tombstone(erasing, "u-1", time.time())
    await writing
    assert await suggestions(store) == []


@pytest.mark.parametrize("log", [person_changes, media_changes], ids=str)
async def test_an_erasure_waits_for_writers_that_have_begun(store: MediaStore, log: Table) -> None:
    await store.add([item("before", owner_id="u-1")])
    async with store.engine.begin() as writing:
        await lock(writing, log)
        erasing = await begun(erase(store, "u-1", "test"))
        await writing.execute(update(media_items).values(item_id="after"))
    assert (await erasing).media_items == 1
    assert (await store.changes_after(0))[-1].item_id == "after"


async def test_bytes_that_came_into_use_are_not_removed(store: MediaStore) -> None:
    sha256 = await store.blobs.write(b"new")
    await store.add([item("a")])
    async with store.engine.begin() as adding:
        await lock(adding, media_changes)
        removing = await begun(store.remove_unused_bytes([sha256]))
        await adding.execute(update(media_items).values(sha256=sha256))
    assert await removing == 0
    await store.blobs.require([sha256])


async def test_an_item_whose_bytes_went_meanwhile_is_refused(store: MediaStore) -> None:
    sha256 = await store.blobs.write(b"new")
    async with store.engine.begin() as removing:
        await lock(removing, media_changes)
        adding = await begun(store.add([item("a", sha256=sha256)]))
        await store.blobs.remove(sha256)
    with pytest.raises(FileNotFoundError, match="no such bytes"):
        await adding


async def test_an_item_whose_bytes_are_gone_is_refused(store: MediaStore) -> None:
    with pytest.raises(FileNotFoundError, match="no such bytes"):
        await store.add([item("whole"), item("hollow", sha256="f" * 64)])
    assert await store.all_items() == ([], 0)
