"""The tables of the store: what must outlive a run. SQLAlchemy Core; `migrations/` builds the same.

Times are UTC, values of fields are JSON in the form of `sync.values.encoded`, money is whole minor units.
No name of a person or an account is stored: record ids, our own fields and figures only.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Date,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.engine import Dialect

METADATA = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    }
)


class UtcTime(TypeDecorator[datetime]):
    """A moment: aware on the way in, UTC on the way out, whatever the database keeps."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Turn a moment of any zone into UTC."""
        if value is not None and value.tzinfo is None:
            raise ValueError("a moment without its zone")
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Mark what the database kept as UTC."""
        return value.replace(tzinfo=UTC) if value else None


org = Table(
    "org",
    METADATA,
    Column("org_id", String, primary_key=True, comment="org or portal id"),
    Column("crm", String, nullable=False),
    Column("bound_at", UtcTime, nullable=False),
    comment="the one org or portal that this store belongs to",
)

run = Table(
    "run",
    METADATA,
    Column("seq", Integer, primary_key=True, comment="order of runs, whatever the clock says"),
    Column("run_id", String(24), nullable=False, unique=True),
    Column("org_id", String, ForeignKey("org.org_id"), nullable=False),
    Column("kind", String, nullable=False, comment="plan | sync | backfill | undo"),
    Column("status", String, nullable=False, comment="running | done | partial | stopped | failed | crashed"),
    Column("started", UtcTime, nullable=False),
    Column("finished", UtcTime),
    Column("as_of", Date, nullable=False, comment="day for which the verdicts hold"),
    Column("config_hash", String, nullable=False, comment="configuration, policy and mappings"),
    Column("counters", JSON, nullable=False, comment="name -> count or cents"),
    Column("reason", Text, nullable=False, comment="why a person approved or what stopped it; empty: neither"),
    Column("host", String, nullable=False),
    Column("pid", Integer, nullable=False),
    sqlite_autoincrement=True,
    comment="one run of a command that may write",
)

input_file = Table(
    "input",
    METADATA,
    Column("run_id", String, ForeignKey("run.run_id"), primary_key=True),
    Column("file", String, primary_key=True),
    Column("sha256", String(64), nullable=False),
    Column("mapping", String, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("first_day", Date),
    Column("last_day", Date),
    comment="one file that a run read",
)

plan = Table(
    "plan",
    METADATA,
    Column("plan_id", String(12), primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("org_id", String, ForeignKey("org.org_id"), nullable=False),
    Column("run_id", String, ForeignKey("run.run_id"), nullable=False, comment="the run that made it"),
    Column("state", String, nullable=False, comment="ready | superseded | applying | applied"),
    Column("created", UtcTime, nullable=False),
    Column("expires", UtcTime, nullable=False),
    Column("approved", UtcTime),
    Column("reason", Text, nullable=False, comment="why a person approved it; empty: not approved"),
    Column("payload", Text, nullable=False, comment="Plan.to_json"),
    comment="one plan, as it was made",
)

field_state = Table(
    "field_state",
    METADATA,
    Column("org_id", String, ForeignKey("org.org_id"), primary_key=True),
    Column("account_id", String, primary_key=True),
    Column("field", String, primary_key=True),
    Column("value", JSON, nullable=False, comment="last value that we confirmed in the CRM"),
    Column("run_id", String, ForeignKey("run.run_id"), nullable=False),
    comment="one field of one account that we once wrote or adopted",
)

journal = Table(
    "journal",
    METADATA,
    Column("seq", Integer, primary_key=True, comment="order of intents, whatever the clock says"),
    Column("op_id", String(32), nullable=False),
    Column("org_id", String, ForeignKey("org.org_id"), nullable=False),
    Column("run_id", String, ForeignKey("run.run_id"), nullable=False),
    Column("account_id", String, nullable=False),
    Column("field", String, nullable=False),
    Column("previous", JSON, nullable=False, comment="what the CRM held just before"),
    Column("wanted", JSON, nullable=False),
    Column("state", String, nullable=False, comment="see sync.store.journal.State"),
    Column("error_code", String, nullable=False, comment="the CRM's; empty: none"),
    Column("intended_at", UtcTime, nullable=False),
    Column("settled_at", UtcTime),
    UniqueConstraint("op_id"),
    Index("ix_journal_state", "org_id", "state"),
    sqlite_autoincrement=True,
    comment="one value that was sent, or about to be sent, to the CRM; rows are never deleted",
)

close = Table(
    "close",
    METADATA,
    Column("org_id", String, ForeignKey("org.org_id"), primary_key=True),
    Column("close_date", Date, primary_key=True, comment="last day of the closed month"),
    Column("run_id", String, ForeignKey("run.run_id"), nullable=False),
    Column("totals", JSON, nullable=False, comment="name of a firm total -> cents in the window"),
    comment="one month's close of the firm",
)

account_close = Table(
    "account_close",
    METADATA,
    Column("org_id", String, primary_key=True),
    Column("close_date", Date, primary_key=True),
    Column("account_id", String, primary_key=True),
    Column("candidate_tier", String, nullable=False),
    Column("published_tier", String, nullable=False),
    Column("tier_since", Date, nullable=False),
    Column("totals", JSON, nullable=False, comment="name of a statement line -> cents in the window"),
    ForeignKeyConstraint(["org_id", "close_date"], ["close.org_id", "close.close_date"]),
    comment="one account at one close, as it was published; never changed",
)

budget = Table(
    "budget",
    METADATA,
    Column("org_id", String, ForeignKey("org.org_id"), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("used_calls", BigInteger, nullable=False),
    Column("limit_calls", BigInteger),
    comment="API calls of one org on one day, as the CRM counts them",
)

party_match = Table(
    "party_match",
    METADATA,
    Column("org_id", String, ForeignKey("org.org_id"), primary_key=True),
    Column("handle", String, primary_key=True, comment="`connectors.identity.handle_of`"),
    Column("account_id", String, primary_key=True),
    Column("verdict", String, nullable=False, comment="confirmed | rejected; at most one confirmed a handle"),
    Column("decided", UtcTime, nullable=False),
    comment="what a person said of one customer of the books and one account",
)

account_merge = Table(
    "account_merge",
    METADATA,
    Column("org_id", String, ForeignKey("org.org_id"), primary_key=True),
    Column("account_id", String, primary_key=True, comment="merged away"),
    Column("merged_into", String, nullable=False, comment="took it over; may be merged away itself"),
    Column("carried_on_by", String, comment="new record that goes on where this one stopped; null: none does"),
    comment="one account that people merged into another: the CRM may forget it",
)

merged_party = Table(
    "merged_party",
    METADATA,
    Column("org_id", String, ForeignKey("org.org_id"), primary_key=True),
    Column("handle", String, primary_key=True, comment="`connectors.identity.handle_of`"),
    Column("account_id", String, nullable=False, comment="merged away"),
    comment="one customer of the books, and the account that it was found as when that one was merged away",
)
