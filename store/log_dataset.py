"""The joined log as a Parquet dataset: one file an hour, `date=2026-11-24/hour-09.parquet`, one row a slate.

A file is a function of the rows of its hour and replaces the one before it whole, so exporting twice, or again after
a crash, gives the same dataset. An hour is written once it is settled, and again when late feedback touches it.
"""

import asyncio
import json
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncEngine

from store.blobs import write_whole
from store.log_schema import SCHEMA, SCHEMA_VERSION, SCHEMAS, SHOWN, up_to_date, version_of
from store.tables import erasures, feedback, impressions
from store.tenants import tenant_of
from store.tombstones import hash_of

HOUR_S = 3600
SETTLED_AFTER_S = (
    3600.0  # impressions wait in a buffer while the store is away; feedback may come at any time
)
OVERLAP_S = 300.0  # rows get their time before their commit, by clocks that may differ


@dataclass(frozen=True, slots=True)
class Watermark:
    """How far the export has come, in seconds since 1970: all hours before, and feedback received until then."""

    settled_until_s: float = 0.0
    feedback_until_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Export:
    """What an export did."""

    hours: int
    rows: int
    purged: int


class LogDataset:
    """A folder of Parquet files on any file system that fsspec knows."""

    def __init__(self, url: str) -> None:
        self.filesystem, self.root = fsspec.core.url_to_fs(url)

    async def export(self, engine: AsyncEngine, now_s: float | None = None) -> Export:
        """Write the hours that are new or changed since the last export; the watermark moves when all are there."""
        now_s = time.time() if now_s is None else now_s
        watermark = await asyncio.to_thread(self.watermark)
        settled_until_s = max(_hour(now_s - SETTLED_AFTER_S), watermark.settled_until_s)
        hours = await _changed_hours(engine, watermark, settled_until_s)
        rows = 0
        for hour in hours:
            slates = await _read_hour(engine, hour)
            rows += len(slates)
            await asyncio.to_thread(self._replace, self._path(hour), slates)
        purged = await self.purge(engine)
        await asyncio.to_thread(self._put_watermark, Watermark(settled_until_s, now_s))
        return Export(len(hours), rows, purged)

    async def purge(self, engine: AsyncEngine) -> int:
        """Take out the rows of erased people; returns how many there were."""
        async with engine.connect() as connection:
            erased = {row.user_sha256: row.erased_at for row in await connection.execute(select(erasures))}
        return await asyncio.to_thread(self._purge, erased)

    def remove_before(self, before_s: float) -> int:
        """Remove the files of hours that ended before a time; returns how many there were."""
        oldest_kept = self._path(_hour(before_s))
        gone = [path for path in self.files() if path < oldest_kept]
        for path in gone:
            self.filesystem.rm_file(path)
        return len(gone)

    def read(self) -> pa.Table:
        """Every row, oldest hour first; ValueError names a file that is no log of this version."""
        tables = [self._read(path) for path in self.files()]
        return pa.concat_tables(tables) if tables else SCHEMA.empty_table()

    def files(self) -> list[str]:
        """The paths of the files, oldest first."""
        if not self.filesystem.exists(self.root):
            return []
        return sorted(path for path in self.filesystem.find(self.root) if path.endswith(".parquet"))

    def watermark(self) -> Watermark:
        """How far the export has come; ValueError if the file that says it can't be read."""
        path = self._watermark_path()
        if not self.filesystem.exists(path):
            return Watermark()
        try:
            return Watermark(**json.loads(self.filesystem.cat_file(path)))
        except (ValueError, TypeError) as error:
            raise ValueError(
                f"{path}: not a watermark ({error}); remove it to export everything again"
            ) from None

    def _read(self, path: str, columns: list[str] | None = None) -> pa.Table:
        with self.filesystem.open(path) as file:
            try:
                parquet = pq.ParquetFile(file)
            except pa.ArrowInvalid as error:
                raise ValueError(f"{path}: not a Parquet file ({error})") from None
            found = version_of(parquet.schema_arrow)
            if found not in SCHEMAS:
                raise ValueError(
                    f"{path}: schema version {found}, this is {SCHEMA_VERSION}; export into a new folder"
                )
            if not parquet.schema_arrow.equals(SCHEMAS[found]):
                raise ValueError(f"{path}: its columns are not those of schema version {found}")
            return parquet.read(columns=columns) if columns else up_to_date(parquet.read())

    def _purge(self, erased: Mapping[str, float]) -> int:
        purged = 0
        for path in self.files() if erased else ():
            people = self._read(path, ["user_id", "at"])
            keep = [not gone for gone in _erased(people, erased)]
            if not all(keep):
                purged += keep.count(False)
                self._replace(path, self._read(path).filter(pa.array(keep)).to_pylist())
        return purged

    def _replace(self, path: str, rows: list[dict[str, Any]]) -> None:
        """The whole file or the old one; no file if there are no rows."""
        if rows:
            buffer = pa.BufferOutputStream()
            pq.write_table(pa.Table.from_pylist(rows, SCHEMA), buffer, compression="zstd")
            write_whole(self.filesystem, path, buffer.getvalue().to_pybytes())
        elif self.filesystem.exists(path):
            self.filesystem.rm_file(path)

    def _put_watermark(self, watermark: Watermark) -> None:
        values = {
            "settled_until_s": watermark.settled_until_s,
            "feedback_until_s": watermark.feedback_until_s,
        }
        write_whole(self.filesystem, self._watermark_path(), json.dumps(values).encode())

    def _path(self, hour: int) -> str:
        return f"{self.root}/{datetime.fromtimestamp(hour, UTC):date=%Y-%m-%d/hour-%H}.parquet"

    def _watermark_path(self) -> str:
        return f"{self.root}/_watermark.json"  # readers of datasets pass over names that begin with _


async def _changed_hours(engine: AsyncEngine, watermark: Watermark, settled_until_s: float) -> list[int]:
    """Settled hours with impressions that are new, or whose feedback came since; as seconds of their beginning."""
    at = impressions.c.at
    new = select(at).where(at >= watermark.settled_until_s, at < settled_until_s)
    joined = (impressions.c.suggestion_id == feedback.c.suggestion_id) & (
        impressions.c.slate == feedback.c.slate
    )
    late = (
        select(at)
        .select_from(feedback.join(impressions, joined))
        .where(
            feedback.c.received_at >= watermark.feedback_until_s - OVERLAP_S, at < watermark.settled_until_s
        )
    )
    async with engine.connect() as connection:
        times = [row.at for query in (new, late) for row in await connection.execute(query)]
    return sorted({_hour(time_s) for time_s in times})


async def _read_hour(engine: AsyncEngine, hour: int) -> list[dict[str, Any]]:
    in_hour = (impressions.c.at >= hour) & (impressions.c.at < hour + HOUR_S)
    ids = select(impressions.c.suggestion_id).where(in_hour)
    async with engine.connect() as connection:
        query = select(feedback).where(feedback.c.suggestion_id.in_(ids))
        deeds: dict[tuple[str, int], list[RowMapping]] = {}
        for deed in (await connection.execute(query.order_by(feedback.c.event_id))).mappings():
            deeds.setdefault((deed["suggestion_id"], deed["slate"]), []).append(deed)
        ordered = select(impressions).where(in_hour)
        ordered = ordered.order_by(impressions.c.at, impressions.c.suggestion_id, impressions.c.slate)
        slates = (await connection.execute(ordered)).mappings().all()
    return [_to_row(slate, deeds.get((slate["suggestion_id"], slate["slate"]), ())) for slate in slates]


def _to_row(slate: RowMapping, deeds: Iterable[RowMapping]) -> dict[str, Any]:
    return dict(slate) | {
        "tenant": tenant_of(slate["user_id"]),
        "at": _time(slate["at"]),
        "shown": [dict(zip(SHOWN.names, shown, strict=False)) for shown in slate["shown"]],
        "candidates": json.dumps(slate["candidates"], ensure_ascii=False),
        "feedback": [
            dict(deed) | {"at": _time(deed["at"]), "received_at": _time(deed["received_at"])}
            for deed in deeds
        ],
    }


def _erased(people: pa.Table, erased: Mapping[str, float]) -> Iterator[bool]:
    """For each row, whether its person was erased after it; who came back later has rows of their own."""
    for row in people.to_pylist():
        erased_at = erased.get(hash_of(row["user_id"]))
        yield erased_at is not None and row["at"].timestamp() <= erased_at


def _hour(time_s: float) -> int:
    return int(time_s // HOUR_S) * HOUR_S


def _time(time_s: float) -> datetime:
    return datetime.fromtimestamp(time_s, UTC)
