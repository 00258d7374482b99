"""Bearer keys, and the tenant of each piece of feedback, by which popularity is counted."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the table and the column; feedback that is there came without a key."""
    op.create_table(
        "keys",
        sa.Column("key_id", sa.String, primary_key=True),
        sa.Column("token_sha256", sa.String, nullable=False, unique=True),
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("label", sa.String, nullable=False),
        sa.Column("per_minute", sa.Integer),
        sa.Column("per_day", sa.Integer),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("revoked_at", sa.Float),
    )
    op.add_column("feedback", sa.Column("tenant", sa.String))
