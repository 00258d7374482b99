"""Parquet files of the catalogue, written so that equal items give equal bytes."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from catalog.items import CatalogItem
from catalog.schema import BYTES_COLUMNS, SCHEMA

ROWS_A_GROUP = 128


def write_items(items: Sequence[CatalogItem], path: Path) -> None:
    """Write atomically; the media bytes are left as they are, the rest is zstd."""
    table = pa.Table.from_pylist([dataclasses.asdict(item) for item in items], schema=SCHEMA)
    columns = [_leaf.path for _leaf in _leaves(table)]
    part = path.with_suffix(".part")
    pq.write_table(
        table,
        part,
        row_group_size=ROWS_A_GROUP,
        compression={column: "none" if column in BYTES_COLUMNS else "zstd" for column in columns},
        use_dictionary=[column for column in columns if column not in BYTES_COLUMNS],
        write_statistics=False,
        store_schema=True,
    )
    part.replace(path)


def _leaves(table: pa.Table) -> list[pq.ColumnSchema]:
    sink = pa.BufferOutputStream()
    pq.write_table(table.slice(0, 0), sink)
    schema = pq.ParquetFile(pa.BufferReader(sink.getvalue())).schema
    return [schema.column(i) for i in range(len(schema))]
