"""The tables of the store; `migrations/` brings a database to them."""

from sqlalchemy import JSON, Boolean, Column, Float, Index, Integer, LargeBinary, MetaData, String, Table

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
    Column("shared", Boolean, nullable=False),
    Column("allow_training", Boolean, nullable=False),
    Column("picture_hash", String),
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

users = Table(
    "users",
    metadata,
    Column("user_id", String, primary_key=True),
    Column("demographics", JSON, nullable=False),
    Column("interests", JSON, nullable=False),
    Column("locale", String),
    Column("location", JSON, nullable=False),
    Column("personalize", Boolean, nullable=False),
    Column("allow_training", Boolean, nullable=False),
    Column("updated_at", Float, nullable=False),
)

# One row a slate that went out; `shown` comes before the long `candidates`, so that SQLite reads it alone.
impressions = Table(
    "impressions",
    metadata,
    Column("suggestion_id", String, primary_key=True),
    Column("slate", Integer, primary_key=True),
    Column("user_id", String, nullable=False),
    Column("composition_id", String, nullable=False),
    Column("at", Float, nullable=False),
    Column("n_gram", String, nullable=False),
    Column("locale", String, nullable=False),
    Column("policy_version", String, nullable=False),
    Column("latency_ms", Float, nullable=False),
    Column("pending", JSON, nullable=False),
    Column("degraded", JSON, nullable=False),
    Column("shown", JSON, nullable=False),
    Column("candidates", JSON, nullable=False),
    Index("ix_impressions_user_id_at", "user_id", "at"),
    Index("ix_impressions_policy_version_at", "policy_version", "at", "user_id", "suggestion_id", "slate"),
)

feedback = Table(
    "feedback",
    metadata,
    Column("event_id", String, primary_key=True),
    Column("suggestion_id", String, nullable=False, index=True),
    Column("slate", Integer, nullable=False),
    Column("item_id", String, nullable=False),
    Column("user_id", String, nullable=False),
    Column("tenant", String),
    Column("action", String, nullable=False),
    Column("position", Integer, nullable=False),
    Column("media_type", String, nullable=False),
    Column("source", String, nullable=False),
    Column("at", Float, nullable=False),
    Column("received_at", Float, nullable=False),
    Index("ix_feedback_user_id_at", "user_id", "at"),
)

# Append-only: whoever caches a person forgets them when another writer has changed what is known of them.
person_changes = Table(
    "person_changes",
    metadata,
    Column("sequence", Integer, primary_key=True, autoincrement=True),
    Column("user_id", String, nullable=False),
    Column("writer", String, nullable=False),
    sqlite_autoincrement=True,
)

keys = Table(
    "keys",
    metadata,
    Column("key_id", String, primary_key=True),
    Column("token_sha256", String, nullable=False, unique=True),
    Column("tenant", String, nullable=False),
    Column("label", String, nullable=False),
    Column("per_minute", Integer),
    Column("per_day", Integer),
    Column("created_at", Float, nullable=False),
    Column("revoked_at", Float),
)

# Tombstones: the id itself is forgotten too, only its hash stays.
erasures = Table(
    "erasures",
    metadata,
    Column("user_sha256", String, primary_key=True),
    Column("erased_at", Float, nullable=False),
)
