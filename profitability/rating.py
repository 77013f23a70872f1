"""From posted totals to rated accounts: groups, coverage, tiers, closes, the flip test."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pandas as pd

from profitability.closes import publish
from profitability.coverage import FirmCoverage, add_coverage
from profitability.flip import add_flip
from profitability.groups import group_totals
from profitability.measures import add_measures, add_status
from profitability.periods import Window
from profitability.policy import Policy
from profitability.posted import Circumstances, Posted
from profitability.tiers import assign_tiers, unrated_reasons

_TERMS = ["notice_days", "renewal_months", "satisfaction_e6"]
"""What decides between contracts of a group that end together: whatever is read of them, so that order never does."""


def rate(
    posted: Posted,
    groups: pd.Series[str],
    given: Circumstances,
    policy: Policy,
    window: Window,
    *,
    cover: FirmCoverage,
    history: pd.DataFrame | None,
    today: date,
) -> pd.DataFrame:
    """Rate every account, or group of accounts under common control, and decide what is published.

    Args:
        posted: what the models computed.
        groups: top parent by account id.
        given: names of parents, and pins, by account or group.
        policy: the limits.
        window: the closed months.
        cover: what is judged for the whole firm.
        history: earlier closes.
        today: the day of the run.

    Returns:
        One row per account or group in the order of rank, with the columns that `Verdicts.accounts` tells.
    """
    totals = add_coverage(group_totals(posted.totals, groups, given.accounts), cover)
    judged = totals.assign(unrated_reason=unrated_reasons(totals, window, policy.tiers))
    full = None if posted.full_totals is None else group_totals(posted.full_totals, groups, given.accounts)
    flipped = add_flip(assign_tiers(judged, policy), full, posted.missing, policy)
    published = publish(
        flipped,
        history,
        close_date=window.last_day,
        confirm_closes=policy.tiers.confirm_closes,
        pins=given.pins,
        today=today,
    )
    return add_status(add_measures(published, policy), policy.tiers)


def by_group(given: Circumstances, groups: pd.Series[str]) -> Circumstances:
    """Turn what is known of accounts into what is known of their groups.

    Remedies, exemptions, pins and deals of any member are the group's. Of contracts the one that ends last counts, an
    open-ended one before all; of several that end together, the one with the longest notice. A decision that holds the
    flag back counts wherever it stands; one that lets the group go counts at the top parent alone.
    """
    if (groups.index == groups.to_numpy()).all():
        return given
    tables = {
        name: _regrouped(getattr(given, name), groups)
        for name in ("contracts", "remedies", "exemptions", "decisions", "pins", "deals")
    }
    by_terms = tables["contracts"].sort_values(_TERMS, na_position="first")
    contracts = by_terms.sort_values("ends_on", na_position="last", kind="stable").groupby("account_id").tail(1)
    is_top = given.decisions["account_id"] == tables["decisions"]["account_id"]
    decisions = tables["decisions"][is_top | (given.decisions["decision"] != "phase_out")]
    return replace(given, **{**tables, "contracts": contracts, "decisions": decisions})


def _regrouped(table: pd.DataFrame, groups: pd.Series[str]) -> pd.DataFrame:
    top = table["account_id"].map(groups)
    return table.assign(account_id=top.where(table["account_id"].notna()).astype(table["account_id"].dtype))
