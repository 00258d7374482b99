"""An index by which the selections of a policy are counted without reading its slates."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add it."""
    columns = ["policy_version", "at", "user_id", "suggestion_id", "slate"]
    op.create_index("ix_impressions_policy_version_at", "impressions", columns)
