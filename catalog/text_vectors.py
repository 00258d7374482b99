"""Embeddings of the catalogue's texts, shipped so that a first start need not compute them."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from catalog.schema import DATA_DIR, TEXT_VECTORS_FILE

TEXT_WIDTH = 384
SCHEMA = pa.schema(
    [
        pa.field("text", pa.string(), nullable=False),
        pa.field("vector", pa.binary(2 * TEXT_WIDTH), nullable=False),  # float16, unit length
    ]
)


def write_text_vectors(vectors: Mapping[str, NDArray[np.float32]], data_dir: Path = DATA_DIR) -> None:
    """Write unit vectors (384,) by text, in the order of the texts."""
    texts = sorted(vectors)
    columns = [
        pa.array(texts),
        pa.array([vectors[text].astype(np.float16).tobytes() for text in texts], SCHEMA[1].type),
    ]
    pq.write_table(
        pa.table(columns, schema=SCHEMA),
        data_dir / TEXT_VECTORS_FILE,
        compression={"text": "zstd", "vector": "none"},
    )


def read_text_vectors(data_dir: Path = DATA_DIR) -> dict[str, NDArray[np.float32]]:
    """Read every vector by its text; ValueError where the file is not what we write."""
    path = data_dir / TEXT_VECTORS_FILE
    try:
        table = pq.read_table(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise ValueError(
            f"{path} cannot be read ({error}); make it with `gramoji catalog embed`"
        ) from error
    if not table.schema.equals(SCHEMA):
        raise ValueError(f"{path} has another schema; make it again with `gramoji catalog embed`")
    vectors = (np.frombuffer(vector.as_py(), np.float16).astype(np.float32) for vector in table["vector"])
    return dict(zip(table["text"].to_pylist(), vectors, strict=True))
