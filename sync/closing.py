"""Month closes between engine, evidence and store: earlier closes for the engine, the close that a plan publishes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING

from connectors.merges import NO_MERGES, Merges
from sync.store.closes import AccountClose, account_closes

if TYPE_CHECKING:
    import pandas as pd
    import sqlalchemy as sa

    from profitability.verdicts import Verdicts
    from sync.evidence import Evidence

CLOSES_READ = 24
"""How many past closes the engine is given; a move is decided by far fewer."""

STATEMENT_TOTALS = ("net_revenue_cents", "agi_cents", "cm1_cents", "cm2_cents", "cm3_cents", "ncp_cents")
"""Statement lines kept with a close, so that a later difference can be told as restated."""


def close_history(connection: sa.Connection, org_id: str, carried: Merges = NO_MERGES) -> pd.DataFrame | None:
    """Return the stored closes as `profitability.closes.HISTORY_COLUMNS`; None before the first.

    Args:
        connection: to the store.
        org_id: whose closes.
        carried: steps by which a new record goes on where a merged one stopped (`sync.store.merges`).
    """
    import pandas as pd

    from profitability.closes import HISTORY_COLUMNS

    closes = account_closes(connection, org_id, before=date.max, limit=CLOSES_READ)
    rows = [
        (account_id, close_date, account.candidate_tier, account.published_tier, account.tier_since)
        for close_date, accounts in closes.items()
        for account_id, account in carried_on(accounts, carried).items()
    ]
    if not rows:
        return None
    return pd.DataFrame(rows, columns=list(HISTORY_COLUMNS))


def carried_on(accounts: Mapping[str, AccountClose], carried: Merges) -> dict[str, AccountClose]:
    """Return the accounts of one close by the id under which each goes on; an account's own row goes before."""
    return {carried.master(account_id): account for account_id, account in accounts.items()} | dict(accounts)


def restated_profit(
    connection: sa.Connection, org_id: str, verdicts: Verdicts, account_ids: Collection[str], *, carried: Merges
) -> dict[str, tuple[int, int]]:
    """Return account -> net profit in cents as the close of the verdicts' window published it, and as it is now.

    Accounts whose close is not stored, or whose profit is the same, are left out. What was published stays.
    """
    closed = verdicts.window.last_day
    stored = account_closes(connection, org_id, before=closed + timedelta(days=1), limit=1).get(closed, {})
    then = {account_id: close.totals_cents["ncp_cents"] for account_id, close in carried_on(stored, carried).items()}
    frame = verdicts.accounts
    now = dict(zip(frame["account_id"], frame["ncp_cents"], strict=True))
    asked = sorted(set(account_ids) & then.keys() & now.keys())
    return {each: (then[each], int(now[each])) for each in asked if then[each] != int(now[each])}


def account_closes_of(evidence: Evidence) -> list[AccountClose]:
    """Return tier and totals of every matched account, as the run saw them.

    Raises:
        EvidenceError: the evidence is gone or damaged.
    """
    accounts = evidence.frame("accounts")
    return [
        AccountClose(
            account_id=row["account_id"],
            candidate_tier=row["candidate_tier"],
            published_tier=row["published_tier"],
            tier_since=row["tier_since"].date(),
            totals_cents={name: int(row[name]) for name in STATEMENT_TOTALS},
        )
        for row in accounts[accounts["is_matched"]].to_dict("records")
    ]
