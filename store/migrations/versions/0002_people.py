"""People, what they were shown and what they made of it."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables; let the catalogue be imported again, now with an embedding of each item."""
    op.create_table(
        "users",
        sa.Column("user_id", sa.String, primary_key=True),
        sa.Column("demographics", sa.JSON, nullable=False),
        sa.Column("interests", sa.JSON, nullable=False),
        sa.Column("locale", sa.String),
        sa.Column("location", sa.JSON, nullable=False),
        sa.Column("personalize", sa.Boolean, nullable=False),
        sa.Column("allow_training", sa.Boolean, nullable=False),
        sa.Column("updated_at", sa.Float, nullable=False),
    )
    op.create_table(
        "impressions",
        sa.Column("suggestion_id", sa.String, primary_key=True),
        sa.Column("slate", sa.Integer, primary_key=True),
        sa.Column("user_id", sa.String, nullable=False),
        sa.Column("composition_id", sa.String, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("n_gram", sa.String, nullable=False),
        sa.Column("locale", sa.String, nullable=False),
        sa.Column("policy_version", sa.String, nullable=False),
        sa.Column("latency_ms", sa.Float, nullable=False),
        sa.Column("pending", sa.JSON, nullable=False),
        sa.Column("degraded", sa.JSON, nullable=False),
        sa.Column("shown", sa.JSON, nullable=False),
        sa.Column("candidates", sa.JSON, nullable=False),
    )
    op.create_index("ix_impressions_user_id_at", "impressions", ["user_id", "at"])
    op.create_table(
        "feedback",
        sa.Column("event_id", sa.String, primary_key=True),
        sa.Column("suggestion_id", sa.String, nullable=False),
        sa.Column("slate", sa.Integer, nullable=False),
        sa.Column("item_id", sa.String, nullable=False),
        sa.Column("user_id", sa.String, nullable=False),
        sa.Column("action", sa.String, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("media_type", sa.String, nullable=False),
        sa.Column("source", sa.String, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("received_at", sa.Float, nullable=False),
    )
    op.create_index("ix_feedback_user_id_at", "feedback", ["user_id", "at"])
    op.create_index("ix_feedback_suggestion_id", "feedback", ["suggestion_id"])
    op.create_table(
        "person_changes",
        sa.Column("sequence", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("user_id", sa.String, nullable=False),
        sa.Column("writer", sa.String, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "erasures",
        sa.Column("user_sha256", sa.String, primary_key=True),
        sa.Column("erased_at", sa.Float, nullable=False),
    )
    op.execute("DELETE FROM media_items WHERE origin = 'catalog'")
    op.execute("DELETE FROM imports")
