import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import func, select
from ulid import ULID

from store.database import connect, migrate
from store.erasure import erase
from store.feedback import Feedback, FeedbackLog
from store.impression import Impression, Shown
from store.impressions import ImpressionLog
from store.media import MediaStore
from store.people import PeopleStore
from store.person import Profile
from store.popularity import Outcome, count_choosers, latest_outcomes
from store.tables import erasures, feedback, impressions
from tests.store.test_media_store import item

KILLS = 50


def impression(suggestion_id: str, item_ids: Sequence[str] = ("cake",), **changes: object) -> Impression:
    made = Impression(
        suggestion_id=suggestion_id,
        slate=0,
        user_id="u-1",
        composition_id="message",
        at_s=1000.0,
        n_gram="happy birthday",
        locale="en",
        policy_version="ranker-1",
        latency_ms=20.0,
        pending=("sticker",),
        degraded=(),
        shown=tuple(Shown(item_id, "sticker", "index", 0.5) for item_id in item_ids),
        candidates=tuple({"item_id": item_id, "total": 0.5} for item_id in item_ids),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def deed(suggestion_id: str, item_id: str = "cake", **changes: object) -> Feedback:
    made = Feedback(str(ULID()), suggestion_id, item_id, "select", 1001.0)
    return replace(made, **changes)  # type: ignore[arg-type]


async def test_a_profile_comes_back_as_it_was_put(store: MediaStore) -> None:
    people = PeopleStore(store.engine, "test")
    assert await people.profile("u-1") is None
    profile = Profile({"age_band": "25-34"}, ("cats", "jazz"), "de", {"country": "DE"}, False, True)
    await people.put_profile("u-1", Profile(interests=("dogs",)))
    await people.put_profile("u-1", profile)
    assert await people.profile("u-1") == profile


async def test_feedback_is_recorded_once_however_often_it_is_sent(store: MediaStore) -> None:
    await ImpressionLog(store.engine, "test").add([impression("s-1")])
    log, event = FeedbackLog(store.engine, "test"), deed("s-1")
    assert await log.record([event, event]) == ["recorded", "repeated"]
    assert await log.record([event, deed("s-1")]) == ["repeated", "recorded"]
    both = await asyncio.gather(*(log.record([replace(event, event_id="same")]) for _ in range(5)))
    assert sorted(outcome for (outcome,) in both) == ["recorded", *["repeated"] * 4]


async def test_feedback_about_what_was_never_shown_is_refused(store: MediaStore) -> None:
    await ImpressionLog(store.engine, "test").add([impression("s-1"), impression("s-2", ["pizza"])])
    log = FeedbackLog(store.engine, "test")
    outcomes = await log.record([deed("s-0"), deed("s-1", "pizza"), deed("s-2", "pizza", at_s=600.0)])
    assert outcomes == ["unknown suggestion", "unknown item", "before it was shown"]
    async with store.engine.connect() as connection:
        assert await connection.scalar(select(func.count()).select_from(feedback)) == 0


async def test_feedback_is_joined_to_the_last_slate_that_showed_the_item(store: MediaStore) -> None:
    slates = [impression("s-1", ["cake", "pizza"]), impression("s-1", ["pizza", "hat"], slate=1)]
    await ImpressionLog(store.engine, "test").add(slates)
    log = FeedbackLog(store.engine, "test")
    assert await log.record([deed("s-1", "cake"), deed("s-1", "pizza")]) == ["recorded", "recorded"]
    columns = feedback.c
    async with store.engine.connect() as connection:
        rows = await connection.execute(
            select(columns.item_id, columns.slate, columns.position, columns.user_id)
        )
        assert sorted(tuple(row) for row in rows) == [("cake", 0, 0, "u-1"), ("pizza", 1, 0, "u-1")]


async def test_an_impression_that_is_written_again_stays_as_it_was(store: MediaStore) -> None:
    log = ImpressionLog(store.engine, "test")
    await log.add([impression("s-1")])
    await log.add([impression("s-1", ["other"]), impression("s-2")])
    async with store.engine.connect() as connection:
        rows = await connection.execute(select(impressions.c.suggestion_id, impressions.c.candidates))
        found = {row.suggestion_id: row.candidates for row in rows}
    assert found == {"s-1": [{"item_id": "cake", "total": 0.5}], "s-2": [{"item_id": "cake", "total": 0.5}]}


async def test_the_history_has_the_latest_of_a_person_oldest_first(store: MediaStore) -> None:
    embedding = np.eye(384, dtype=np.float32)[3]
    prompt: dict[str, str | int | float] = {"style": "noto", "lettering": True, "colour": "warm"}
    await store.add([item("cake", embedding=embedding, prompt=prompt)])
    await ImpressionLog(store.engine, "test").add(
        [
            impression("s-1", ["cake", "gone"]),
            impression("s-2", at_s=2000.0),
            impression("s-3", user_id="u-2"),
        ]
    )
    log = FeedbackLog(store.engine, "test")
    await log.record([deed("s-1", "gone", action="dismiss", at_s=1500.0), deed("s-1")])
    history = await PeopleStore(store.engine, "test").history("u-1")
    assert [[item.item_id for item in viewing.shown] for viewing in history.viewings] == [
        ["cake", "gone"],
        ["cake"],
    ]
    assert [(each.item_id, each.action) for each in history.deeds] == [
        ("cake", "select"),
        ("gone", "dismiss"),
    ]
    assert history.deeds[0].embedding is not None
    assert np.array_equal(history.deeds[0].embedding, embedding)
    assert history.deeds[0].prompt == prompt
    assert history.deeds[1].embedding is None
    assert history.deeds[1].prompt is None


async def test_whoever_follows_learns_who_changed_and_who_wrote_it(store: MediaStore) -> None:
    people = PeopleStore(store.engine, "reader")
    start = await people.last_change()
    await ImpressionLog(store.engine, "suggest").add([impression("s-1"), impression("s-2", user_id="u-2")])
    await FeedbackLog(store.engine, "api").record([deed("s-1")])
    await PeopleStore(store.engine, "api").put_profile("u-3", Profile())
    changes = [(change.user_id, change.writer) for change in await people.changes_after(start)]
    assert changes == [("u-1", "suggest"), ("u-2", "suggest"), ("u-1", "api"), ("u-3", "api")]
    assert await people.last_change() == start + 4


async def test_erasing_a_person_leaves_nothing_of_them_and_all_of_the_others(store: MediaStore) -> None:
    mine, shared = await store.blobs.write(b"only mine"), await store.blobs.write(b"same as the cake")
    await store.add(
        [
            item("cake", sha256=shared),
            item("mine", owner_id="u-1", sha256=mine),
            item("copy", owner_id="u-1", sha256=shared),
            item("theirs", owner_id="u-2", sha256=shared),
        ]
    )
    people = PeopleStore(store.engine, "test")
    for user_id in ("u-1", "u-2"):
        await people.put_profile(user_id, Profile(interests=("cats",)))
        await ImpressionLog(store.engine, "test").add([impression(f"s-{user_id}", user_id=user_id)])
        await FeedbackLog(store.engine, "test").record([deed(f"s-{user_id}")])
    erasure = await erase(store, "u-1", "test")
    assert (erasure.profiles, erasure.impressions, erasure.feedback, erasure.media_items) == (1, 1, 1, 2)
    assert not await people.is_known("u-1")
    assert await people.profile("u-1") is None
    assert (await people.history("u-1")).deeds == []
    assert set(await store.get(["cake", "mine", "copy", "theirs"])) == {"cake", "theirs"}
    with pytest.raises(FileNotFoundError):
        await store.blobs.local_path(mine)
    assert (await store.blobs.local_path(shared)).read_bytes() == b"same as the cake"
    assert len((await people.history("u-2")).deeds) == 1
    changes = [(change.item_id, change.change) for change in await store.changes_after(0)]
    assert sorted(changes[-2:]) == [("copy", "removed"), ("mine", "removed")]
    async with store.engine.connect() as connection:
        tombstones = (await connection.execute(select(erasures.c.user_sha256))).scalars().all()
    assert tombstones == [erasure.user_sha256]
    assert (await erase(store, "u-1", "test")).impressions == 0


async def test_the_sweep_takes_old_orphans_and_nothing_else(store: MediaStore) -> None:
    used, orphan = await store.blobs.write(b"used"), await store.blobs.write(b"orphan")
    await store.add([item("cake", sha256=used)])
    assert await store.sweep(older_than_s=3600) == 0
    assert await store.sweep(older_than_s=0) == 2
    assert await store.blobs.all_hashes() == {used}
    assert (await store.blobs.local_path(used)).exists()
    with pytest.raises(FileNotFoundError):
        await store.blobs.local_path(orphan)


WRITER = """
import asyncio, sys
from store.database import connect
from store.feedback import Feedback, FeedbackLog

async def main():
    log = FeedbackLog(await connect(sys.argv[1]), "writer")
    for number in range(100_000):
        event_id = f"{sys.argv[2]}-{number}"
        outcome, = await log.record([Feedback(event_id, "s-1", "cake", "select", 1001.0)])
        if outcome == "recorded":
            print(event_id, flush=True)

asyncio.run(main())
"""


@pytest.mark.slow
async def test_a_killed_process_loses_no_feedback_that_it_acknowledged(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path}/store.db"
    await migrate(url)
    engine = await connect(url)
    await ImpressionLog(engine, "test").add([impression("s-1")])
    acknowledged: set[str] = set()
    for number in range(KILLS):
        command = [sys.executable, "-c", WRITER, url, str(number)]
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]
        )
        assert process.stdout is not None
        first = process.stdout.readline().strip()
        time.sleep(0.002 * number)
        os.kill(process.pid, signal.SIGKILL)
        acknowledged |= {first, *process.stdout.read().split()[:-1]}  # the last line may be half written
        process.wait()
    async with engine.connect() as connection:
        found = set((await connection.execute(select(feedback.c.event_id))).scalars())
        assert (await connection.exec_driver_sql("PRAGMA integrity_check")).scalar() == "ok"
    await engine.dispose()
    assert len(acknowledged) > KILLS
    assert acknowledged <= found


async def test_popular_is_what_several_people_chose_lately(store: MediaStore) -> None:
    await store.add([item("cake"), item("pie")])
    log, feed = ImpressionLog(store.engine, "test"), FeedbackLog(store.engine, "test")
    for number in range(4):
        shown = impression(f"s-{number}", ("cake", "pie"), user_id=f"u-{number}")
        await log.add([shown, replace(shown, suggestion_id=f"again-{number}")])
        await feed.record([deed(f"s-{number}"), deed(f"again-{number}")])
    await feed.record([deed("s-0", "pie"), deed("s-1", "pie"), deed("s-2", "pie", action="dismiss")])
    assert await count_choosers(store.engine, 0.0, 3) == {None: {"cake": 4}}
    assert await count_choosers(store.engine, 0.0, 2) == {None: {"cake": 4, "pie": 2}}
    assert await count_choosers(store.engine, 2000.0, 1) == {}


async def test_outcomes_are_of_the_last_slate_and_the_newest_come_first(store: MediaStore) -> None:
    log, feed = ImpressionLog(store.engine, "test"), FeedbackLog(store.engine, "test")
    for number in range(500):  # more than are read at once
        await log.add([impression(f"s-{number:03}", ("cake", "pie"), slate=n) for n in range(2)])
    await log.add([impression("s-400", ("pie", "hat"), slate=2)])
    await feed.record([deed("s-400", "hat"), deed("s-400", "pie", action="dismiss"), deed("s-000")])
    found = [each async for each in latest_outcomes(store.engine, 300)]
    assert len(found) == 300
    shown = tuple(Shown(item_id, "sticker", "index", 0.5) for item_id in ("pie", "hat"))
    assert [each for each in found if each.selected] == [Outcome("u-1", shown, frozenset({"hat"}))]
    everything = [each async for each in latest_outcomes(store.engine, 10_000)]
    assert len(everything) == 500
    assert everything[-1].selected == {"cake"}
    await erase(store, "u-1", "test")
    assert [each async for each in latest_outcomes(store.engine, 10_000)] == []
