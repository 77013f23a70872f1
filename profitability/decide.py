"""From rated accounts to what to do about each: prices, remedies, exit, review, and the order of leaving."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd

from profitability.cash_guard import forecast
from profitability.concentration import concentration_warnings, hhi_after, top1_after
from profitability.demand import pipeline_cents, unmet_seconds
from profitability.exit_case import exit_cases
from profitability.firm import Firm, firm_of, throughput_of
from profitability.freed_hours import reinvestment
from profitability.levers import levers
from profitability.notice import notice_dates
from profitability.periods import Window, month_start
from profitability.phase_out import plan_phase_out
from profitability.policy import Policy
from profitability.posted import Circumstances, Posted
from profitability.remedies import remedy_ladder
from profitability.reprice import ask_limits, price_figures
from profitability.review import APPROVED, review_accounts


@dataclass(frozen=True, slots=True)
class Decided:
    """What follows from the rating; see `profitability.verdicts.Verdicts` for the frames."""

    firm: Firm
    prices: pd.DataFrame
    remedies: pd.DataFrame
    levers: pd.DataFrame
    exits: pd.DataFrame
    reviews: pd.DataFrame
    phase_out: pd.DataFrame
    concentration: pd.DataFrame
    reinvestment: pd.DataFrame


def decide(
    rated: pd.DataFrame,
    posted: Posted,
    given: Circumstances,
    policy: Policy,
    window: Window,
    *,
    profit_cents: int,
    history: pd.DataFrame | None,
    today: date,
) -> Decided:
    """Work out prices, remedies, exit and review of every rated account, and the plan of those that may leave.

    Args:
        rated: one row per account or group, rated and published, with flip_tier.
        posted: what the models computed.
        given: contracts, remedies, exemptions, decisions, deals and cash, by the ids of `rated`.
        policy: the limits.
        window: the closed months; figures that feed a field are as of its last day.
        profit_cents: firm profit.
        history: earlier closes.
        today: the day of the run; people's decisions act at once.
    """
    as_of = window.last_day
    unmet = unmet_seconds(given.deals, throughput_of(rated), as_of=as_of)
    firm = firm_of(rated, profit_cents=profit_cents, idle_seconds=posted.idle_seconds, unmet_seconds=unmet)
    prices = price_figures(rated, policy)
    ladder = remedy_ladder(rated, prices, given.remedies, policy, firm, as_of=as_of)
    exits = exit_cases(rated, firm)
    notice = notice_dates(given.contracts, as_of=as_of, lead_days=policy.review.notice_lead_days)
    reviews = review_accounts(
        rated,
        ladder=ladder,
        exits=exits,
        notice=notice,
        exemptions=given.exemptions,
        decisions=given.decisions,
        pipeline=pipeline_cents(given.deals, as_of=as_of),
        history=history,
        policy=policy,
        as_of=as_of,
        today=today,
    )
    may_leave = reviews["review"] | (reviews["state"] == APPROVED)
    leaving = rated[rated["account_id"].isin(reviews.loc[may_leave, "account_id"])]
    plan = plan_phase_out(
        _with_terms(leaving, notice, given.contracts),
        firm,
        policy.exits,
        from_month=month_start(as_of + timedelta(days=1)),
        cash=forecast(posted.books, given.cash, as_of=as_of, window_months=policy.period.window_months),
        satisfied_from=policy.review.satisfied_from,
    )
    owned = given.accounts.dropna(subset="owner")
    owners = dict(zip(owned["account_id"], owned["owner"], strict=True))
    return Decided(
        firm=firm,
        prices=prices.assign(ask_limit_ratio=ask_limits(rated, exits)),
        remedies=ladder,
        levers=levers(rated, policy),
        exits=exits.assign(top1_after_ratio=top1_after(rated), hhi_after=hhi_after(rated)),
        reviews=reviews,
        phase_out=plan,
        concentration=concentration_warnings(rated, _leaving(plan)),
        reinvestment=reinvestment(plan, owners, policy.exits),
    )


def _leaving(plan: pd.DataFrame) -> list[str]:
    """Return the accounts that have a month."""
    return list(plan.loc[plan["month"].notna(), "account_id"].unique())


def _with_terms(leaving: pd.DataFrame, notice: pd.DataFrame, contracts: pd.DataFrame) -> pd.DataFrame:
    """Add earliest_month and satisfaction_e6 of each account's contract; null where none is known."""
    terms = notice.set_index("account_id")["earliest_month"]
    satisfaction = contracts.set_index("account_id")["satisfaction_e6"]
    return leaving.assign(
        earliest_month=terms.reindex(leaving["account_id"]).array,
        satisfaction_e6=satisfaction.astype("Int64").reindex(leaving["account_id"]).array,
    )
