"""What an evaluation returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import pandas as pd

from profitability.firm import Firm
from profitability.periods import Window

BooksStatus: TypeAlias = Literal["reconciled", "consistent with its inputs"]


@dataclass(frozen=True, slots=True)
class Verdicts:
    """Figures, tiers and next steps of one evaluation; money is int64 cents of the home currency, time int64 seconds.

    Accounts under common control are rated as one: `accounts`, `statement` and `lines` have a row per account, the
    frames of the decision side one per group, under the id of its top parent.

    Attributes:
        window: the closed months; `window.last_day` is the day that all figures are as of.
        home_currency: ISO code.
        accounts: one row per account with a fact, in the order of rank, unmatched ones last. Who: account_id, name,
            is_matched, started_on, last_active, group_id (its top parent), is_group. Statement: the columns of
            `statement`. Rating, the group's: rank (Int64, null where unmatched), indicative_tier (this window's figures
            alone), candidate_tier (past the dead band), published_tier, tier_since (datetime64), pending_closes,
            is_pinned, tier_status (Final | Provisional | Pinned), unrated_reason ("" where rated), flip_tier (if
            missing hours were spread like the logged ones), worst_tier (if they all were this account's), coverage
            (points), coverage_centi. Decision, the group's: the columns of `reviews`. Texts: reason, reasons. Curve:
            agi_rank (Int64), cumulative_ncp_cents, positive_before_cents, positive_total_cents (Int64); memo:
            opportunity_cost_cents (Int64, see `profitability.memo`). Last three months:
            quarter_agi_cents, quarter_cm2_cents. Time: worked_seconds, delivery_seconds, service_seconds,
            collection_seconds, costed_seconds (with a rate), contracted_seconds (Int64). Payment:
            open_receivable_cents (net), opening_ecl_cents, closing_ecl_cents, documents (issued in the window),
            avg_days_late, dso_days. Shared cost that would go with it: avoidable_alloc_ppm_cents (cents x 10^6); part
            of service_labour that is estimated from events: estimated_service_cents. Shares for showing, float64, NaN
            where undefined: `*_ratio`; cents per hour: effective_rate_cents, throughput_cents.
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
        problems: problem, subject, postings (how many), seconds: facts that the figures rest on less than they should.
        coverage: score of the firm, points.
        firm_figures: the firm's totals that decisions rest on.
        portfolio: metric, value, unit: see `profitability.portfolio`.
        prices: see `profitability.reprice.price_figures`; ask_limit_ratio more, from `ask_limits`.
        remedies: see `profitability.remedies`; accounts with a gap.
        levers: see `profitability.levers`.
        exits: see `profitability.exit_case`; each account by itself. top1_after_ratio and hhi_after, float64: the
            concentration of AGI once it has left.
        reviews: see `profitability.review`.
        phase_out: see `profitability.phase_out`; accounts under review, and those that people decided to phase out.
        concentration: limits of concentration that are passed, now and after that plan: see
            `profitability.concentration.concentration_warnings`.
        people: see `profitability.people_impact`; for that plan.
        reinvestment: see `profitability.freed_hours`; for that plan.
        loss_rates: the rates of expected loss, and whether they are the firm's own: `models/loss_rates.sql`.
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
    firm_figures: Firm
    portfolio: pd.DataFrame
    prices: pd.DataFrame
    remedies: pd.DataFrame
    levers: pd.DataFrame
    exits: pd.DataFrame
    reviews: pd.DataFrame
    phase_out: pd.DataFrame
    concentration: pd.DataFrame
    people: pd.DataFrame
    reinvestment: pd.DataFrame
    loss_rates: pd.DataFrame
