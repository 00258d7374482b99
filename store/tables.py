"""The tables of the store."""

from sqlalchemy import JSON, Column, Float, Integer, LargeBinary, MetaData, String, Table

metadata = MetaData()

media_items = Table(
    "media_items",
    metadata,
    Column("item_id", String, primary_key=True),
    Column("media_type", String, nullable=False),
    Column("mime_type", String, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("duration_ms", Integer),
    Column("alt_text", String, nullable=False),
    Column("emoji", String),
    Column("terms", JSON, nullable=False),
    Column("rating", String, nullable=False),
    Column("licence", String, nullable=False),
    Column("attribution", String, nullable=False),
    Column("origin", String, nullable=False),
    Column("owner_id", String, index=True),
    Column("model_version", String),
    Column("prompt", JSON),
    Column("provenance", String, nullable=False),
    Column("sha256", String, nullable=False),
    Column("preview_sha256", String),
    Column("preview_mime_type", String),
    Column("embedding", LargeBinary),
    Column("created_at", Float, nullable=False),
)

# Append-only: replicas of the index read what came after the last sequence number they know.
media_changes = Table(
    "media_changes",
    metadata,
    Column("sequence", Integer, primary_key=True, autoincrement=True),
    Column("item_id", String, nullable=False),
    Column("change", String, nullable=False),
    sqlite_autoincrement=True,
)

text_vectors = Table(
    "text_vectors",
    metadata,
    Column("text", String, primary_key=True),
    Column("vector", LargeBinary, nullable=False),
)

imports = Table(
    "imports",
    metadata,
    Column("checksum", String, primary_key=True),
    Column("finished_at", Float, nullable=False),
)
