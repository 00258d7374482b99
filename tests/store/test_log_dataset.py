import hashlib
import json
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import ray

from store.erasure import erase
from store.feedback import FeedbackLog
from store.impressions import ImpressionLog
from store.log_dataset import HOUR_S, LogDataset, Watermark
from store.log_schema import SCHEMA
from store.media import MediaStore
from store.tenant_log import ALL, read_slates
from tests.store.test_people import deed, impression

HOUR = 1_700_000_000 // HOUR_S * HOUR_S
LATER = HOUR + 4 * HOUR_S


@pytest.fixture
def dataset(tmp_path: Path) -> LogDataset:
    return LogDataset(str(tmp_path / "log"))


async def show(store: MediaStore, *suggestions: tuple[str, float], user_id: str = "u-1") -> None:
    log = ImpressionLog(store.engine, "test")
    await log.add([impression(name, at_s=at_s, user_id=user_id) for name, at_s in suggestions])


async def choose(store: MediaStore, suggestion_id: str, at_s: float, event_id: str = "event") -> None:
    event = deed(suggestion_id, event_id=event_id, at_s=at_s)
    assert await FeedbackLog(store.engine, "test").record([event]) == ["recorded"]


def names(dataset: LogDataset) -> list[str]:
    found: list[str] = dataset.read()["suggestion_id"].to_pylist()
    return found


def digests(dataset: LogDataset) -> dict[str, str]:
    return {path: hashlib.sha256(Path(path).read_bytes()).hexdigest() for path in dataset.files()}


async def test_a_slate_comes_out_with_what_was_done_about_it(
    store: MediaStore, dataset: LogDataset
) -> None:
    await show(store, ("chosen", HOUR + 1), ("ignored", HOUR + 2), ("next hour", HOUR + HOUR_S))
    await choose(store, "chosen", HOUR + 5)
    done = await dataset.export(store.engine, LATER)
    assert (done.hours, done.rows, done.purged) == (2, 3, 0)
    chosen, ignored, _ = dataset.read().to_pylist()
    assert chosen["shown"] == [
        {"item_id": "cake", "media_type": "sticker", "source": "index", "propensity": 0.5}
    ]
    assert [event["action"] for event in chosen["feedback"]] == ["select"]
    assert chosen["at"].timestamp() == HOUR + 1
    assert json.loads(chosen["candidates"]) == [{"item_id": "cake", "total": 0.5}]
    assert ignored["feedback"] == []
    assert [Path(path).relative_to(dataset.root).as_posix() for path in dataset.files()] == [
        "date=2023-11-14/hour-22.parquet",
        "date=2023-11-14/hour-23.parquet",
    ]


async def test_an_hour_waits_until_it_is_settled(store: MediaStore, dataset: LogDataset) -> None:
    await show(store, ("early", HOUR + 1))
    assert (await dataset.export(store.engine, HOUR + HOUR_S + 10)).rows == 0
    await show(store, ("buffered", HOUR + 2))
    assert (await dataset.export(store.engine, HOUR + 2 * HOUR_S)).rows == 2
    assert names(dataset) == ["early", "buffered"]


async def test_exporting_again_writes_only_what_is_new(store: MediaStore, dataset: LogDataset) -> None:
    await show(store, ("first", HOUR + 1))
    await dataset.export(store.engine, LATER)
    assert (await dataset.export(store.engine, LATER)).hours == 0
    await show(store, ("second", LATER + 1))
    done = await dataset.export(store.engine, LATER + 3 * HOUR_S)
    assert (done.hours, done.rows) == (1, 1)
    assert names(dataset) == ["first", "second"]


async def test_late_feedback_reaches_the_hour_it_is_about(store: MediaStore, dataset: LogDataset) -> None:
    await show(store, ("first", HOUR + 1))
    await dataset.export(store.engine, LATER)
    await choose(store, "first", HOUR + 9)  # received now, years after
    assert (await dataset.export(store.engine, LATER + 60)).hours == 1
    assert [len(row["feedback"]) for row in dataset.read().to_pylist()] == [1]


async def test_an_export_that_broke_off_is_made_good(store: MediaStore, dataset: LogDataset) -> None:
    await show(store, ("first", HOUR + 1), ("second", HOUR + HOUR_S))
    await dataset.export(store.engine, LATER)
    whole = digests(dataset)
    Path(
        dataset.root, "_watermark.json"
    ).unlink()  # killed before the watermark, and before the second file
    Path(dataset.files()[1]).unlink()
    await dataset.export(store.engine, LATER)
    assert digests(dataset) == whole
    assert names(dataset) == ["first", "second"]
    assert dataset.watermark() == Watermark(HOUR + 3 * HOUR_S, LATER)


async def test_an_erased_person_is_not_in_the_dataset(store: MediaStore, dataset: LogDataset) -> None:
    await show(store, ("mine", HOUR + 1), ("alone", HOUR + HOUR_S), user_id="gone")
    await show(store, ("theirs", HOUR + 2), user_id="stays")
    await dataset.export(store.engine, LATER)
    await erase(store, "gone", "test")
    assert await dataset.purge(store.engine) == 2
    assert names(dataset) == ["theirs"]
    assert len(dataset.files()) == 1
    assert await dataset.purge(store.engine) == 0


async def test_who_comes_back_after_an_erasure_is_kept(store: MediaStore, dataset: LogDataset) -> None:
    await erase(store, "back", "test")
    future = 10_000_000_000 // HOUR_S * HOUR_S
    await show(store, ("new", future), user_id="back")
    await dataset.export(store.engine, future + 3 * HOUR_S)
    assert names(dataset) == ["new"]


async def test_pandas_reads_the_dataset(store: MediaStore, dataset: LogDataset) -> None:
    await show(store, ("first", HOUR + 1))
    await dataset.export(store.engine, LATER)
    frame = pd.read_parquet(dataset.root)
    assert frame["suggestion_id"].tolist() == ["first"]
    assert frame["date"].astype(str).tolist() == ["2023-11-14"]


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.usefixtures("cluster")
async def test_ray_data_reads_the_dataset(store: MediaStore, dataset: LogDataset) -> None:
    await show(store, ("first", HOUR + 1), ("second", HOUR + HOUR_S))
    await choose(store, "first", HOUR + 5)
    await dataset.export(store.engine, LATER)
    rows = ray.data.read_parquet(dataset.root).sort("at").take_all()
    assert [row["suggestion_id"] for row in rows] == ["first", "second"]
    assert [event["action"] for event in rows[0]["feedback"]] == ["select"]


def test_a_file_of_another_kind_is_refused_by_name(dataset: LogDataset) -> None:
    folder = Path(dataset.root, "date=2023-11-14")
    folder.mkdir(parents=True)
    path = folder / "hour-01.parquet"
    path.write_bytes(b"not parquet")
    with pytest.raises(ValueError, match=r"hour-01\.parquet: not a Parquet file"):
        dataset.read()
    pq.write_table(pa.table({"a": [1]}), path)
    with pytest.raises(ValueError, match="schema version none"):
        dataset.read()
    pq.write_table(pa.table({"a": [1]}).replace_schema_metadata(SCHEMA.metadata), path)
    with pytest.raises(ValueError, match="columns are not those"):
        dataset.read()


def test_a_broken_watermark_says_what_to_do(dataset: LogDataset) -> None:
    Path(dataset.root).mkdir(parents=True)
    Path(dataset.root, "_watermark.json").write_text("{")
    with pytest.raises(ValueError, match="remove it to export everything again"):
        dataset.watermark()


async def test_rows_say_their_tenant_and_a_job_reads_one_tenants_or_all_on_demand(
    store: MediaStore, dataset: LogDataset
) -> None:
    log = ImpressionLog(store.engine, "test")
    for tenant in ("acme", "other"):
        await log.add([impression(tenant, user_id=f"{tenant}/u-1", at_s=HOUR + 1)])
    await dataset.export(store.engine, LATER)
    assert {row["tenant"] for row in dataset.read().to_pylist()} == {"acme", "other"}
    assert [row["user_id"] for row in read_slates(dataset, "acme")] == ["acme/u-1"]
    assert len(read_slates(dataset, ALL)) == 2
    with pytest.raises(ValueError, match="slates of acme, other; name one"):
        read_slates(dataset, None)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_log_of_before_there_were_tenants_is_read_on(
    store: MediaStore, dataset: LogDataset
) -> None:
    await show(store, ("first", HOUR + 1), ("second", HOUR + HOUR_S))
    await dataset.export(store.engine, LATER)
    (old, _) = dataset.files()
    table = dataset.read().slice(0, 1).drop_columns("tenant")
    pq.write_table(table.replace_schema_metadata({"gramoji.log_schema_version": "1"}), old)
    assert names(dataset) == ["first", "second"]
    assert [row["tenant"] for row in read_slates(dataset, None)] == [None, None]
