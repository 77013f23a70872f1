"""Remember which accounts people merged in the CRM, and whose customers went with them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Create the tables of merges."""
    op.create_table(
        "account_merge",
        sa.Column("org_id", sa.String, sa.ForeignKey("org.org_id"), primary_key=True, nullable=False),
        sa.Column("account_id", sa.String, primary_key=True, nullable=False),
        sa.Column("merged_into", sa.String, nullable=False),
        sa.Column("carried_on_by", sa.String),
    )
    op.create_table(
        "merged_party",
        sa.Column("org_id", sa.String, sa.ForeignKey("org.org_id"), primary_key=True, nullable=False),
        sa.Column("handle", sa.String, primary_key=True, nullable=False),
        sa.Column("account_id", sa.String, nullable=False),
    )
