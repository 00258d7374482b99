"""Uploads: who may find an item, whether it may train models, and what it looks like."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; what is there is neither shared nor for training, and has no hash."""
    for name in ("shared", "allow_training"):
        op.add_column("media_items", sa.Column(name, sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("media_items", sa.Column("picture_hash", sa.String))
