"""Media items, the log that the index follows, vectors of texts, and which catalogues were imported."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables. The first version made them without a revision, hence `if_not_exists`."""
    op.create_table(
        "media_items",
        sa.Column("item_id", sa.String, primary_key=True),
        sa.Column("media_type", sa.String, nullable=False),
        sa.Column("mime_type", sa.String, nullable=False),
        sa.Column("width", sa.Integer, nullable=False),
        sa.Column("height", sa.Integer, nullable=False),
        sa.Column("duration_ms", sa.Integer),
        sa.Column("alt_text", sa.String, nullable=False),
        sa.Column("emoji", sa.String),
        sa.Column("terms", sa.JSON, nullable=False),
        sa.Column("rating", sa.String, nullable=False),
        sa.Column("licence", sa.String, nullable=False),
        sa.Column("attribution", sa.String, nullable=False),
        sa.Column("origin", sa.String, nullable=False),
        sa.Column("owner_id", sa.String),
        sa.Column("model_version", sa.String),
        sa.Column("prompt", sa.JSON),
        sa.Column("provenance", sa.String, nullable=False),
        sa.Column("sha256", sa.String, nullable=False),
        sa.Column("preview_sha256", sa.String),
        sa.Column("preview_mime_type", sa.String),
        sa.Column("embedding", sa.LargeBinary),
        sa.Column("created_at", sa.Float, nullable=False),
        if_not_exists=True,
    )
    op.create_index("ix_media_items_owner_id", "media_items", ["owner_id"], if_not_exists=True)
    op.create_table(
        "media_changes",
        sa.Column("sequence", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("item_id", sa.String, nullable=False),
        sa.Column("change", sa.String, nullable=False),
        sqlite_autoincrement=True,
        if_not_exists=True,
    )
    op.create_table(
        "text_vectors",
        sa.Column("text", sa.String, primary_key=True),
        sa.Column("vector", sa.LargeBinary, nullable=False),
        if_not_exists=True,
    )
    op.create_table(
        "imports",
        sa.Column("checksum", sa.String, primary_key=True),
        sa.Column("finished_at", sa.Float, nullable=False),
        if_not_exists=True,
    )
