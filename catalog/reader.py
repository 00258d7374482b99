"""Reading the catalogue files."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from catalog.checksums import CHECKSUMS_FILE, file_sha256, read_checksums
from catalog.items import CatalogItem, MediaType, Term
from catalog.schema import DATA_DIR, MEDIA_FILES, SCHEMA

_REBUILD = "rebuild it with `python -m catalog.recipe --cache DIR`"


def read_items(
    data_dir: Path = DATA_DIR, media_types: Iterable[MediaType] | None = None
) -> Iterator[CatalogItem]:
    """Stream the items of the given media types (all by default), one row group in memory at a time."""
    for media_type in MEDIA_FILES if media_types is None else media_types:
        with open_file(data_dir, media_type) as file:
            for group in range(file.num_row_groups):
                for row in file.read_row_group(group).to_pylist():
                    yield _item(row)


def count(data_dir: Path = DATA_DIR) -> dict[MediaType, int]:
    """How many items each file holds, from its footer alone."""
    counts: dict[MediaType, int] = {}
    for media_type in MEDIA_FILES:
        with open_file(data_dir, media_type) as file:
            counts[media_type] = file.metadata.num_rows
    return counts


def verify(data_dir: Path = DATA_DIR) -> None:
    """Check that every file is there with our schema and digest; a ValueError names what is wrong."""
    if not (data_dir / CHECKSUMS_FILE).exists():
        raise ValueError(f"{data_dir / CHECKSUMS_FILE} is missing; {_REBUILD}")
    known = read_checksums(data_dir)
    for media_type, name in MEDIA_FILES.items():
        with open_file(data_dir, media_type):
            pass
        if name not in known:
            raise ValueError(f"{data_dir / CHECKSUMS_FILE} does not name {name}; {_REBUILD}")
    for name, expected in known.items():
        digest = file_sha256(data_dir / name)
        if digest != expected:
            raise ValueError(f"{data_dir / name} has sha256 {digest}, expected {expected}; {_REBUILD}")


def open_file(data_dir: Path, media_type: MediaType) -> pq.ParquetFile:
    """Open one catalogue file; a missing, unreadable or foreign one is a ValueError."""
    if media_type not in MEDIA_FILES:
        raise ValueError(f"media_type is {media_type!r}, allowed: {', '.join(MEDIA_FILES)}")
    path = data_dir / MEDIA_FILES[media_type]
    if not path.exists():
        raise ValueError(f"{path} is missing; {_REBUILD}")
    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise ValueError(f"{path} is not a whole Parquet file ({error}); {_REBUILD}") from error
    if not file.schema_arrow.equals(SCHEMA):
        file.close()
        raise ValueError(f"{path} has another schema: {_difference(file.schema_arrow)}; {_REBUILD}")
    return file


def _difference(schema: pa.Schema) -> str:
    missing = sorted(set(SCHEMA.names) - set(schema.names))
    extra = sorted(set(schema.names) - set(SCHEMA.names))
    retyped = [
        name for name in SCHEMA.names if name in schema.names and schema.field(name) != SCHEMA.field(name)
    ]
    return f"columns missing {missing}, unknown {extra}, of another type {retyped}"


def _item(row: dict[str, Any]) -> CatalogItem:
    terms = tuple(Term(term["text"], term["locale"], term["source"]) for term in row.pop("terms"))
    return CatalogItem(terms=terms, **row)
