"""Remember which customers people confirmed to be which accounts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the table of decisions."""
    op.create_table(
        "party_match",
        sa.Column("org_id", sa.String, sa.ForeignKey("org.org_id"), primary_key=True, nullable=False),
        sa.Column("handle", sa.String, primary_key=True, nullable=False),
        sa.Column("account_id", sa.String, primary_key=True, nullable=False),
        sa.Column("verdict", sa.String, nullable=False),
        sa.Column("decided", sa.DateTime(timezone=True), nullable=False),
    )
