"""Month closes between engine, evidence and store: earlier closes for the engine, the close that a plan publishes."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from sync.store.closes import AccountClose, account_closes

if TYPE_CHECKING:
    import pandas as pd
    import sqlalchemy as sa

    from sync.evidence import Evidence

CLOSES_READ = 24
"""How many past closes the engine is given; a move is decided by far fewer."""

STATEMENT_TOTALS = ("net_revenue_cents", "agi_cents", "cm1_cents", "cm2_cents", "cm3_cents", "ncp_cents")
"""Statement lines kept with a close, so that a later difference can be told as restated."""


def close_history(connection: sa.Connection, org_id: str) -> pd.DataFrame | None:
    """Return the stored closes as `profitability.closes.HISTORY_COLUMNS`; None before the first."""
    import pandas as pd

    from profitability.closes import HISTORY_COLUMNS

    closes = account_closes(connection, org_id, before=date.max, limit=CLOSES_READ)
    rows = [
        (account.account_id, close_date, account.candidate_tier, account.published_tier, account.tier_since)
        for close_date, accounts in closes.items()
        for account in accounts.values()
    ]
    if not rows:
        return None
    return pd.DataFrame(rows, columns=list(HISTORY_COLUMNS))


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
