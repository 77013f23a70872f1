"""What an evaluation returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import pandas as pd

from profitability.periods import Window

BooksStatus: TypeAlias = Literal["reconciled", "consistent with its inputs"]


@dataclass(frozen=True, slots=True)
class Verdicts:
    """The figures and tiers of one evaluation; money is int64 cents of the home currency, time int64 seconds.

    Attributes:
        window: the closed months; `window.last_day` is the day that all figures are as of.
        home_currency: ISO code.
        accounts: one row per account with a fact, in the order of rank, unmatched ones last. Who: account_id, name,
            is_matched, started_on, last_active. Statement: the columns of `statement`. Rating: rank (Int64, null
            where unmatched), indicative_tier (this window's figures alone), candidate_tier (past the dead band),
            published_tier, tier_since (datetime64), pending_closes, tier_status (Final | Provisional), unrated_reason
            ("" where rated), coverage (points), coverage_centi. Texts: reason, reasons. Curve: cumulative_ncp_cents,
            positive_before_cents, positive_total_cents (Int64). Last three months: quarter_agi_cents,
            quarter_cm2_cents. Time: worked_seconds, delivery_seconds, service_seconds, collection_seconds,
            costed_seconds (with a rate), contracted_seconds (Int64). Payment: open_receivable_cents (net),
            opening_ecl_cents, closing_ecl_cents, documents (issued in the window), avg_days_late, dso_days. Shares
            for showing, float64, NaN where undefined: `*_ratio`; cents per hour: effective_rate_cents,
            throughput_cents.
        statement: account_id and the statement over the window, one column `<line>_cents` per line in its order:
            gross_billings, credit_notes, net_revenue, pass_through, agi, delivery_labour, contractors,
            direct_expenses, cm1, service_labour, cm2, late_financing, late_collection_labour, ecl_movement,
            write_offs, cm3, alloc_<pool> (by name), ncp. Costs and credit notes are positive.
        lines: account_id, month (datetime64), line, amount_cents: what the statement is summed from.
        firm: month, line, amount_cents: what no account carries; costs are positive.
        reconciliation: line, amount, unit (cents | seconds): from the accounts to the firm's books.
        books_status: reconciled only where control totals of the books were given, and met.
        books: line, amount_cents: the firm's totals, computed without going through the accounts.
        explanation: see `profitability.explain.explain_gaps`.
        problems: problem, subject, facts, seconds: facts that the figures rest on less than they should.
        coverage: score of the firm, points.
    """

    window: Window
    home_currency: str
    accounts: pd.DataFrame
    statement: pd.DataFrame
    lines: pd.DataFrame
    firm: pd.DataFrame
    reconciliation: pd.DataFrame
    books_status: BooksStatus
    books: pd.DataFrame
    explanation: pd.DataFrame
    problems: pd.DataFrame
    coverage: float
