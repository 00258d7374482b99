from pathlib import Path

import pytest

from store.impressions import ImpressionLog
from store.log_dataset import HOUR_S, LogDataset
from store.media import MediaStore
from store.people import PeopleStore
from store.retention import DAY_S, RetentionLimits, retire
from tests.store.test_log_dataset import HOUR, choose, names, show
from tests.store.test_media_store import item
from tests.store.test_people import impression

NOW = HOUR + 100 * DAY_S


@pytest.fixture
def log(tmp_path: Path) -> LogDataset:
    return LogDataset(str(tmp_path / "log"))


async def test_without_limits_all_is_kept(store: MediaStore, log: LogDataset) -> None:
    await show(store, ("old", 1.0))
    done = await retire(store, log, RetentionLimits(), "test", NOW)
    assert (done.impressions, done.feedback, done.media_items, done.log_files) == (0, 0, 0, 0)
    assert len((await PeopleStore(store.engine, "test").history("u-1")).viewings) == 1


async def test_old_history_goes_with_its_feedback_and_its_readers_are_told(
    store: MediaStore, log: LogDataset
) -> None:
    people = PeopleStore(store.engine, "test")
    await show(store, ("old", HOUR), ("new", NOW))
    await choose(store, "old", HOUR + 5, event_id="old")
    await choose(store, "new", NOW + 5, event_id="new")
    before = await people.last_change()
    done = await retire(store, log, RetentionLimits(history_days=30), "job", NOW)
    assert (done.impressions, done.feedback) == (1, 1)
    history = await people.history("u-1")
    assert (len(history.viewings), len(history.deeds)) == (1, 1)
    assert [change.user_id for change in await people.changes_after(before)] == ["u-1"]


async def test_only_whole_hours_go_and_a_suggestion_goes_whole(store: MediaStore, log: LogDataset) -> None:
    now = NOW + HOUR_S / 2
    limit = now - 30 * DAY_S
    await show(store, ("this hour", limit - 1), ("hour before", limit // HOUR_S * HOUR_S - 1))
    first, second = (impression("two slates", slate=n, at_s=limit - HOUR_S + n * HOUR_S) for n in (0, 1))
    await ImpressionLog(store.engine, "test").add([first, second])
    done = await retire(store, log, RetentionLimits(history_days=30), "job", now)
    assert done.impressions == 1


async def test_old_generated_media_goes_unless_somebody_wanted_it(
    store: MediaStore, log: LogDataset
) -> None:
    sha256 = await store.blobs.write(b"generated")
    old = {"origin": "generated", "owner_id": "u-1", "created_at": HOUR}
    await store.add(
        [
            item("unwanted", **old, sha256=sha256),
            item("cake", **old),
            item("young", **old | {"created_at": NOW}),
            item("upload", **old | {"origin": "upload"}),
            item("catalog", created_at=HOUR),
        ]
    )
    await show(store, ("s", NOW))
    await choose(store, "s", NOW + 5)
    done = await retire(store, log, RetentionLimits(generated_days=30), "job", NOW)
    assert done.media_items == 1
    assert {each.item_id for each in (await store.all_items())[0]} == {"cake", "young", "upload", "catalog"}
    assert sha256 not in await store.blobs.all_hashes()


async def test_old_hours_of_the_log_go(store: MediaStore, log: LogDataset) -> None:
    await show(store, ("old", HOUR), ("new", NOW))
    await log.export(store.engine, NOW + 3 * HOUR_S)
    done = await retire(store, log, RetentionLimits(log_days=30), "job", NOW)
    assert done.log_files == 1
    assert names(log) == ["new"]
