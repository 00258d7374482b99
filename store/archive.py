"""All that is held on one person, as one archive that they can take away."""

import asyncio
import json
import tempfile
import zipfile
from dataclasses import asdict, fields
from typing import IO, Any

from sqlalchemy import Table, select
from sqlalchemy.ext.asyncio import AsyncEngine

from store.media import MediaStore
from store.media_item import MediaItem
from store.people import PeopleStore
from store.tables import feedback, impressions
from store.tenants import unscoped

GIVEN = ("user_id", "owner_id", "event_id")


async def write_archive(store: MediaStore, people: PeopleStore, user_id: str) -> IO[bytes]:
    """Write a ZIP to an unnamed file, which is gone once it is closed, and return that at its beginning.

    Ids that a client gave are in it as the client knows them.
    It holds `profile.json`, `impressions.jsonl`, `feedback.jsonl` and `media/`.
    """
    file = tempfile.TemporaryFile(prefix="gramoji-")  # noqa: SIM115  whoever sends it closes it
    try:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            profile = await people.profile(user_id)
            archive.writestr("profile.json", _json(None if profile is None else asdict(profile)))
            for table in (impressions, feedback):
                await _write_rows(archive, store.engine, table, user_id)
            for item in await store.owned_by(user_id):
                archive.writestr(f"media/{item.item_id}.json", _json(_metadata(item)))
                extension = item.mime_type.partition("/")[2]
                data = await store.blobs.local_path(item.sha256)
                await asyncio.to_thread(archive.write, data, f"media/{item.item_id}.{extension}")
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file


async def _write_rows(archive: zipfile.ZipFile, engine: AsyncEngine, table: Table, user_id: str) -> None:
    query = select(table).where(table.c.user_id == user_id).order_by(table.c.at)
    async with engine.connect() as connection:
        with archive.open(f"{table.name}.jsonl", "w") as lines:
            async for row in (await connection.stream(query)).mappings():
                lines.write(_json(_as_given(dict(row))).encode() + b"\n")


def _metadata(item: MediaItem) -> dict[str, Any]:
    values = {field.name: getattr(item, field.name) for field in fields(item)}
    values["terms"] = [term.text for term in item.terms]
    values["embedding"] = None if item.embedding is None else item.embedding.tolist()
    return _as_given(values)


def _as_given(values: dict[str, Any]) -> dict[str, Any]:
    """Without the tenant, which is the client itself."""
    given = {name: unscoped(values[name]) for name in GIVEN if values.get(name)}
    return {name: value for name, value in (values | given).items() if name != "tenant"}


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
