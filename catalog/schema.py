"""The Parquet schema of the catalogue files, one row an item."""

from pathlib import Path

import pyarrow as pa

from catalog.items import MediaType

DATA_DIR = Path(__file__).parent / "data"
TEXT_VECTORS_FILE = "text_vectors.parquet"

MEDIA_FILES: dict[MediaType, str] = {
    "sticker": "stickers.parquet",
    "video": "clips.parquet",
    "image": "pictures.parquet",
    "audio": "sounds.parquet",
}

TERM = pa.struct(
    [
        pa.field("text", pa.string(), nullable=False),
        pa.field("locale", pa.string(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
    ]
)

SCHEMA = pa.schema(
    [
        pa.field("item_id", pa.string(), nullable=False),
        pa.field("media_type", pa.string(), nullable=False),
        pa.field("mime_type", pa.string(), nullable=False),
        pa.field("width", pa.int32(), nullable=False),
        pa.field("height", pa.int32(), nullable=False),
        pa.field("duration_ms", pa.int32()),
        pa.field("alt_text", pa.string(), nullable=False),
        pa.field("emoji", pa.string()),
        pa.field("terms", pa.list_(pa.field("element", TERM, nullable=False)), nullable=False),
        pa.field("rating", pa.string(), nullable=False),
        pa.field("licence", pa.string(), nullable=False),
        pa.field("attribution", pa.string(), nullable=False),
        pa.field("source_package", pa.string(), nullable=False),
        pa.field("source_path", pa.string(), nullable=False),
        pa.field("sha256", pa.string(), nullable=False),
        pa.field("data", pa.binary(), nullable=False),
        pa.field("preview", pa.binary()),
        pa.field("preview_mime_type", pa.string()),
    ]
)

BYTES_COLUMNS = ("data", "preview")
