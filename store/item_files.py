"""Media items as a Parquet file."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from catalog.items import Term
from store.media import VECTOR_TYPE, to_row
from store.media_item import MediaItem

KINDS = {
    **dict.fromkeys(("width", "height", "duration_ms"), pa.int64()),
    **dict.fromkeys(("shared", "allow_training"), pa.bool_()),
    "embedding": pa.binary(),
    "created_at": pa.float64(),
}


def write_items(path: Path, items: Iterable[MediaItem]) -> None:
    """Write items, embeddings in half precision."""
    rows = [to_row(item) for item in items]
    for row in rows:
        row.update({name: json.dumps(row[name]) for name in ("terms", "prompt")})
    names = MediaItem.__dataclass_fields__
    schema = pa.schema([(name, KINDS.get(name, pa.string())) for name in names])
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), path, compression="zstd")


def read_items(path: Path) -> Iterator[MediaItem]:
    """Read what `write_items` wrote; embeddings stay in half precision."""
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches():
            for row in batch.to_pylist():
                terms = tuple(Term(*each) for each in json.loads(row["terms"]))
                embedding = (
                    None if row["embedding"] is None else np.frombuffer(row["embedding"], VECTOR_TYPE)
                )
                read = {"terms": terms, "embedding": embedding, "prompt": json.loads(row["prompt"])}
                yield MediaItem(**row | read)
