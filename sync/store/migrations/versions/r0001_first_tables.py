"""Make the first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

MOMENT = sa.DateTime(timezone=True)


def _org_id(*, is_key: bool = False) -> sa.Column[str]:
    return sa.Column("org_id", sa.String, sa.ForeignKey("org.org_id"), primary_key=is_key, nullable=False)


def _run_id(*, is_key: bool = False) -> sa.Column[str]:
    return sa.Column("run_id", sa.String, sa.ForeignKey("run.run_id"), primary_key=is_key, nullable=False)


def upgrade() -> None:
    """Create all tables of the first release."""
    _create_runs()
    _create_changes()
    _create_closes()


def _create_runs() -> None:
    op.create_table(
        "org",
        sa.Column("org_id", sa.String, primary_key=True),
        sa.Column("crm", sa.String, nullable=False),
        sa.Column("bound_at", MOMENT, nullable=False),
    )
    op.create_table(
        "run",
        sa.Column("seq", sa.Integer, primary_key=True),
        sa.Column("run_id", sa.String(24), nullable=False),
        _org_id(),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("started", MOMENT, nullable=False),
        sa.Column("finished", MOMENT),
        sa.Column("as_of", sa.Date, nullable=False),
        sa.Column("config_hash", sa.String, nullable=False),
        sa.Column("counters", sa.JSON, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("host", sa.String, nullable=False),
        sa.Column("pid", sa.Integer, nullable=False),
        sa.UniqueConstraint("run_id", name="uq_run_run_id"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "input",
        _run_id(is_key=True),
        sa.Column("file", sa.String, primary_key=True),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("mapping", sa.String, nullable=False),
        sa.Column("rows", sa.BigInteger, nullable=False),
        sa.Column("first_day", sa.Date),
        sa.Column("last_day", sa.Date),
    )


def _create_changes() -> None:
    op.create_table(
        "plan",
        sa.Column("plan_id", sa.String(12), primary_key=True),
        sa.Column("digest", sa.String(64), nullable=False),
        _org_id(),
        _run_id(),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("created", MOMENT, nullable=False),
        sa.Column("expires", MOMENT, nullable=False),
        sa.Column("approved", MOMENT),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("payload", sa.Text, nullable=False),
    )
    op.create_table(
        "field_state",
        _org_id(is_key=True),
        sa.Column("account_id", sa.String, primary_key=True),
        sa.Column("field", sa.String, primary_key=True),
        sa.Column("value", sa.JSON, nullable=False),
        _run_id(),
    )
    op.create_table(
        "journal",
        sa.Column("seq", sa.Integer, primary_key=True),
        sa.Column("op_id", sa.String(32), nullable=False),
        _org_id(),
        _run_id(),
        sa.Column("account_id", sa.String, nullable=False),
        sa.Column("field", sa.String, nullable=False),
        sa.Column("previous", sa.JSON, nullable=False),
        sa.Column("wanted", sa.JSON, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("error_code", sa.String, nullable=False),
        sa.Column("intended_at", MOMENT, nullable=False),
        sa.Column("settled_at", MOMENT),
        sa.UniqueConstraint("op_id", name="uq_journal_op_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_journal_state", "journal", ["org_id", "state"])


def _create_closes() -> None:
    op.create_table(
        "close",
        _org_id(is_key=True),
        sa.Column("close_date", sa.Date, primary_key=True),
        _run_id(),
        sa.Column("totals", sa.JSON, nullable=False),
    )
    op.create_table(
        "account_close",
        sa.Column("org_id", sa.String, primary_key=True),
        sa.Column("close_date", sa.Date, primary_key=True),
        sa.Column("account_id", sa.String, primary_key=True),
        sa.Column("candidate_tier", sa.String, nullable=False),
        sa.Column("published_tier", sa.String, nullable=False),
        sa.Column("tier_since", sa.Date, nullable=False),
        sa.Column("totals", sa.JSON, nullable=False),
        sa.ForeignKeyConstraint(["org_id", "close_date"], ["close.org_id", "close.close_date"]),
    )
    op.create_table(
        "budget",
        _org_id(is_key=True),
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("used_calls", sa.BigInteger, nullable=False),
        sa.Column("limit_calls", sa.BigInteger),
    )
