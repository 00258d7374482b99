"""Write what the sticker generator may be trained on now: `python -m rl.build_training_set` or `gramoji training-set`."""

import asyncio
import json
import shutil
import time
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import pyarrow as pa
import pyarrow.parquet as pq
import typer

from catalog.checksums import file_sha256, write_checksums
from catalog.items import STYLES
from catalog.schema import MEDIA_FILES, SCHEMA
from models.safety import FOR_EVERYONE
from models.text import TextEncoder
from rl.drift import measure_log
from rl.learn_settings import LearnSettings
from rl.log import GOOD
from store.log_dataset import LogDataset
from store.media import MediaStore
from store.media_item import MediaItem
from store.people import PeopleStore
from store.registry import Registry, person_number
from store.tenant_log import read_slates

ABOUT = "about.json"


async def choose(rows: Sequence[Mapping[str, Any]], store: MediaStore) -> list[MediaItem]:
    """The stickers that may train: the catalogue's, allowed uploads, and what was selected of generated ones.

    Generated ones belong to the person whom they were made for: their profile must allow training. Lettered ones are
    left out, and what is not for everyone. Erased people's media are gone from the store, so they are from here.
    """
    selected = {deed["item_id"] for row in rows for deed in row["feedback"] if deed["action"] in GOOD}
    items = [
        item
        for item in (await store.all_items())[0]
        if item.media_type == "sticker" and item.rating in FOR_EVERYONE and _is_wanted(item, selected)
    ]
    people = PeopleStore(store.engine, "reading")
    owners = {item.owner_id for item in items if item.origin == "generated" and item.owner_id}
    profiles = {owner: await people.profile(owner) for owner in owners}
    allowing = {owner for owner, profile in profiles.items() if profile and profile.allow_training}
    return [item for item in items if item.origin != "generated" or item.owner_id in allowing]


def _is_wanted(item: MediaItem, selected: Collection[str]) -> bool:
    if item.origin == "generated":
        return item.item_id in selected and not (item.prompt or {}).get("lettering")
    return item.origin == "catalog" or item.allow_training


async def write(items: Sequence[MediaItem], store: MediaStore, out: Path) -> dict[str, Any]:
    """Write a folder with a catalogue file for each style, checksums and `about.json`, whole or not at all."""
    part = out.with_name(f"{out.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    by_style: dict[str, list[dict[str, Any]]] = {STYLES[0]: []}
    written: list[MediaItem] = []
    for item in items:
        try:
            data = (await store.blobs.local_path(item.sha256)).read_bytes()
        except FileNotFoundError:  # it is just being removed
            continue
        style = str((item.prompt or {}).get("style", STYLES[0]))
        by_style.setdefault(style, []).append(_row(item, data))
        written.append(item)
    checksums = {}
    for style, rows in by_style.items():
        (part / style).mkdir(parents=True)
        path = part / style / MEDIA_FILES["sticker"]
        pq.write_table(pa.Table.from_pylist(rows, SCHEMA), path, compression="zstd", row_group_size=256)
        write_checksums(part / style)
        checksums[style] = file_sha256(path)
    about = {
        "built_at_s": time.time(),
        "items": dict(Counter(item.origin for item in written)),
        "styles": {style: len(rows) for style, rows in by_style.items()},
        "sha256": checksums,
        "people": sorted({person_number(item.owner_id) for item in written if item.owner_id}),
    }
    (part / ABOUT).write_text(json.dumps(about, indent=2))
    shutil.rmtree(out, ignore_errors=True)
    part.rename(out)
    return about


def _row(item: MediaItem, data: bytes) -> dict[str, Any]:
    """An item as a row of a catalogue file; where it comes from stands in its source."""
    return {
        "item_id": item.item_id,
        "media_type": item.media_type,
        "mime_type": item.mime_type,
        "width": item.width,
        "height": item.height,
        "duration_ms": item.duration_ms,
        "alt_text": item.alt_text,
        "emoji": item.emoji,
        "terms": [{"text": term.text, "locale": term.locale, "source": term.source} for term in item.terms],
        "rating": item.rating,
        "licence": item.licence,
        "attribution": item.attribution,
        "source_package": item.origin,
        "source_path": item.provenance,
        "sha256": item.sha256,
        "data": data,
        "preview": None,
        "preview_mime_type": None,
    }


def reason_to_wait(
    rows: Sequence[Mapping[str, Any]], registry: Registry, settings: LearnSettings, out: Path
) -> str | None:
    """Why the set that is there will do; None if there is none, or what people type and select has drifted."""
    if not (out / ABOUT).exists():
        return None
    drift = measure_log(rows, registry, TextEncoder().encode, settings.drift)
    if drift is None:
        return "the log has no two sides to compare"
    return None if drift.reasons else f"no drift against {drift.reference}"


async def build(
    rows: Sequence[Mapping[str, Any]], store_urls: tuple[str, str], out: Path
) -> dict[str, Any]:
    """Choose and write; returns what `about.json` says."""
    store = await MediaStore.open(*store_urls)
    try:
        return await write(await choose(rows, store), store, out)
    finally:
        await store.close()


def main(
    out: Annotated[Path, typer.Argument(help="Folder that receives the set.")],
    log: Annotated[str, typer.Option(help="Folder or fsspec URL of the exported log.")],
    database: Annotated[str, typer.Option(help="SQLAlchemy URL of the store.")],
    media: Annotated[str, typer.Option(help="Folder or fsspec URL of the store's bytes.")],
    registry: Annotated[str, typer.Option(help="Folder or fsspec URL of the registry.")],
    config: Annotated[Path, typer.Option(help="Settings of learning.")] = Path("configs/rl/learn.yaml"),
    if_drifted: Annotated[
        bool, typer.Option("--if-drifted", help="Only if the log has drifted, or there is no set yet.")
    ] = False,
    tenant: Annotated[str | None, typer.Option(help="Learn from this tenant's slates; `*` is all.")] = None,
) -> None:
    """Write the training set anew."""
    rows = read_slates(LogDataset(log), tenant)
    if if_drifted:
        waits = reason_to_wait(rows, Registry(registry), LearnSettings.load(config), out)
        if waits is not None:
            typer.echo(f"{out} stays as it is: {waits}")
            return
    about = asyncio.run(build(rows, (database, media), out))
    counts = ", ".join(f"{count} {origin}" for origin, count in sorted(about["items"].items()))
    typer.echo(f"{out}: {counts}")


if __name__ == "__main__":
    typer.run(main)
