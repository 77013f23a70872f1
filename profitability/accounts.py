"""The accounts frame of the verdicts: each account's own figures beside the rating and the decision of its group."""

from __future__ import annotations

from datetime import date

import pandas as pd

from profitability.decide import Decided
from profitability.explain import add_reasons
from profitability.groups import member_rows
from profitability.measures import add_measures, add_own_margins, statement_columns
from profitability.memo import opportunity_cost_cents
from profitability.policy import Policy
from profitability.portfolio import revenue_ranks
from profitability.posted import Posted

OWN_MEASURES = (
    "ncp_margin_ratio",
    "cm3_margin_ratio",
    "cm1_margin_ratio",
    "cm2_margin_ratio",
    "quarter_cm2_margin_ratio",
    "realisation_ratio",
    "overservicing_ratio",
    "effective_rate_cents",
    "throughput_cents",
    "avg_days_late",
    "dso_days",
)
"""Shown figures that a member of a group has of its own; the rest of what is not posted is the group's."""


def accounts_frame(
    rated: pd.DataFrame,
    decided: Decided,
    explanation: pd.DataFrame,
    posted: Posted,
    *,
    groups: pd.Series[str],
    policy: Policy,
    through: date,
    currency: str,
) -> pd.DataFrame:
    """Return one row per account with a fact, as `Verdicts.accounts` tells it.

    Args:
        rated: one row per account or group.
        decided: what follows from the rating.
        explanation: from `profitability.explain.explain_gaps`.
        posted: what the models computed, per account.
        groups: top parent by account id.
        policy: the limits that texts quote.
        through: last day of the window.
        currency: of the books.
    """
    reviewed = _beside(rated, decided.reviews).assign(
        agi_rank=revenue_ranks(rated), opportunity_cost_cents=opportunity_cost_cents(rated, decided.firm)
    )
    several = groups[groups.duplicated(keep=False)]
    texts = _with_choices(reviewed, decided).assign(is_group=reviewed["account_id"].isin(several))
    told = add_reasons(texts, explanation, policy, through=through, currency=currency)
    whole = reviewed.assign(reason=told["reason"], reasons=told["reasons"])
    shared = [name for name in whole.columns if name not in posted.totals.columns and name not in OWN_MEASURES]
    members = member_rows(whole, posted.totals, groups, shared)
    return add_own_margins(add_measures(members, policy))


def statement_of(accounts: pd.DataFrame, pools: tuple[str, ...]) -> pd.DataFrame:
    """Return the statement alone, one row per account."""
    return accounts[statement_columns(pools)]


def _with_choices(reviewed: pd.DataFrame, decided: Decided) -> pd.DataFrame:
    """Put exit and levers beside the accounts, for the texts."""
    levers = decided.levers.rename(columns={"service_seconds": "service_seconds_less"})
    return _beside(_beside(reviewed, decided.exits), levers)


def _beside(accounts: pd.DataFrame, more: pd.DataFrame) -> pd.DataFrame:
    """Add the columns of another frame of the same accounts, in its own order; those that are there already stay."""
    new = [name for name in more.columns if name == "account_id" or name not in accounts.columns]
    return accounts.merge(more[new], on="account_id", how="left", validate="one_to_one")
