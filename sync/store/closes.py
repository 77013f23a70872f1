"""Month closes as they were published: tiers never change afterwards, and later figures are compared with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from sync.store.tables import account_close, close


@dataclass(frozen=True, slots=True)
class AccountClose:
    """One account at one close: both tiers, and the lines of its statement in cents."""

    account_id: str
    candidate_tier: str
    published_tier: str
    tier_since: date
    totals_cents: Mapping[str, int]


def save_close(
    connection: sa.Connection,
    org_id: str,
    close_date: date,
    *,
    run_id: str,
    totals_cents: Mapping[str, int],
    accounts: Sequence[AccountClose],
) -> bool:
    """Store a close once and tell whether it was new; a close that is stored already stays as it is."""
    same = (close.c.org_id == org_id) & (close.c.close_date == close_date)
    if connection.execute(sa.select(close.c.run_id).where(same)).first() is not None:
        return False
    key = {"org_id": org_id, "close_date": close_date}
    connection.execute(close.insert().values(**key, run_id=run_id, totals=dict(totals_cents)))
    rows = [
        {
            **key,
            "account_id": account.account_id,
            "candidate_tier": account.candidate_tier,
            "published_tier": account.published_tier,
            "tier_since": account.tier_since,
            "totals": dict(account.totals_cents),
        }
        for account in accounts
    ]
    if rows:
        connection.execute(account_close.insert(), rows)
    return True


def account_closes(
    connection: sa.Connection, org_id: str, *, before: date, limit: int
) -> dict[date, dict[str, AccountClose]]:
    """Return the last closes before a day, oldest first: close date -> account id -> its close."""
    dates = _dates(connection, org_id, before=before, limit=limit)
    found: dict[date, dict[str, AccountClose]] = {day: {} for day in dates}
    own = (account_close.c.org_id == org_id) & account_close.c.close_date.in_(dates)
    for row in connection.execute(sa.select(account_close).where(own)):
        found[row.close_date][row.account_id] = AccountClose(
            row.account_id, row.candidate_tier, row.published_tier, row.tier_since, row.totals
        )
    return found


def firm_totals(connection: sa.Connection, org_id: str, *, before: date, limit: int) -> list[Mapping[str, int]]:
    """Return the firm's totals in cents at the last closes before a day, oldest first."""
    dates = _dates(connection, org_id, before=before, limit=limit)
    own = (close.c.org_id == org_id) & close.c.close_date.in_(dates)
    return list(connection.execute(sa.select(close.c.totals).where(own).order_by(close.c.close_date)).scalars())


def _dates(connection: sa.Connection, org_id: str, *, before: date, limit: int) -> list[date]:
    own = (close.c.org_id == org_id) & (close.c.close_date < before)
    query = sa.select(close.c.close_date).where(own).order_by(close.c.close_date.desc()).limit(limit)
    return sorted(connection.execute(query).scalars())
