"""Rank accounts by what they leave, and rate them A to D.

D: CM3 < 0, the account does not cover the costs it causes.
C: else NCP / AGI below the B margin.
A: else NCP / AGI at least the A margin, and the accounts before it earn less than the Pareto head of all profit.
B: the rest. N: not rated, for a stated reason.

p is the share of positive profit earned by the accounts before this one: cumulative positive NCP before it / total
positive NCP; accounts with the same NCP share the p of the first. Where nobody earns there is no p and no A.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pandas as pd

from profitability.periods import Window, add_months, month_start
from profitability.policy import Policy, TierPolicy
from profitability.ratios import is_at_least, ratio

TIERS = ("A", "B", "C", "D")
NOT_RATED = "N"


def unrated_reasons(accounts: pd.DataFrame, window: Window, policy: TierPolicy) -> pd.Series[str]:
    """Tell why an account cannot be rated; the first reason that applies.

    Args:
        accounts: is_matched, missing_rates, started_on, last_active, worked_seconds, net_revenue_cents,
            coverage_centi.
        window: the closed months.
        policy: tenure, dormancy and coverage limits.

    Returns:
        `unmatched`, `unknown_currency_rate`, `short_tenure`, `dormant`, `no_time_data`, `low_coverage`, or "".
    """
    last_month = month_start(window.last_day)
    # Tenure is reached when so many months have passed by the morning after the window.
    started_by = pd.Timestamp(add_months(last_month, 1 - policy.min_tenure_months))
    active_from = pd.Timestamp(add_months(last_month, 1 - policy.dormant_months))
    nobody_logged = int(accounts["worked_seconds"].sum()) == 0
    has_no_time = (accounts["worked_seconds"] == 0) & ((accounts["net_revenue_cents"] > 0) | nobody_logged)
    conditions = (
        ("unmatched", ~accounts["is_matched"]),
        ("unknown_currency_rate", accounts["missing_rates"] > 0),
        ("short_tenure", ~(accounts["started_on"] <= started_by)),
        ("dormant", ~(accounts["last_active"] >= active_from)),
        ("no_time_data", has_no_time),
        ("low_coverage", accounts["coverage_centi"] < 100 * policy.coverage_rate_min),
    )
    reasons = np.select([flags.to_numpy(dtype=bool) for _, flags in conditions], [name for name, _ in conditions], "")
    return pd.Series(reasons, index=accounts.index, dtype="str")


def assign_tiers(accounts: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """Rank the accounts and rate them, in whole numbers throughout.

    Args:
        accounts: account_id, is_matched, unrated_reason, net_revenue_cents, agi_cents, cm3_cents, ncp_cents.
        policy: the basis of the ranking and the limits.

    Returns:
        The accounts ordered by rank, unmatched ones last and without a rank. Added: rank Int64; cumulative_ncp_cents,
        positive_before_cents and positive_total_cents Int64 (null where unmatched; the latter two also where nobody
        earns), all three of CM3 where the policy ranks by it;
        positive_before_ratio, whale_ratio, ncp_margin_ratio, cm3_margin_ratio float64 for showing;
        indicative_tier, and the tier if each limit were moved by the dead band in the account's favour
        (lenient_tier) or to its disadvantage (strict_tier).
    """
    basis = f"{policy.rank_by}_cents"
    ordered = accounts.sort_values(
        ["is_matched", basis, "net_revenue_cents", "account_id"], ascending=[False, False, False, True]
    ).reset_index(drop=True)
    matched = ordered["is_matched"]
    profit = ordered[basis].where(matched, 0)
    positive = profit.clip(lower=0)
    before = (positive.cumsum() - positive).groupby(profit).transform("min")
    total_positive, total = int(positive.sum()), int(profit.sum())
    has_p = matched & (total_positive > 0)
    rated = ordered.assign(
        rank=pd.Series(np.arange(1, len(ordered) + 1), dtype="Int64").where(matched),
        cumulative_ncp_cents=profit.cumsum().astype("Int64").where(matched),
        positive_before_cents=before.astype("Int64").where(has_p),
        positive_total_cents=pd.Series(total_positive, index=ordered.index, dtype="Int64").where(has_p),
        positive_before_ratio=(before / total_positive if total_positive else before * np.nan).where(has_p),
        whale_ratio=(profit.cumsum() / total if total > 0 else profit * np.nan).where(matched),
        ncp_margin_ratio=ratio(ordered["ncp_cents"], ordered["agi_cents"]),
        cm3_margin_ratio=ratio(ordered["cm3_cents"], ordered["agi_cents"]),
    )
    band = policy.tiers.dead_band
    return rated.assign(
        indicative_tier=tiers_at(rated, policy.tiers, Fraction(0)),
        lenient_tier=tiers_at(rated, policy.tiers, -band),
        strict_tier=tiers_at(rated, policy.tiers, band),
    )


def tiers_at(accounts: pd.DataFrame, limits: TierPolicy, shift: Fraction) -> pd.Series[str]:
    """Rate with every limit made harder to pass by `shift`; without AGI there are no margins and no band."""
    agi, ncp, cm3 = accounts["agi_cents"], accounts["ncp_cents"], accounts["cm3_cents"]
    has_margin = (agi > 0).to_numpy(dtype=bool)
    earns_nothing = np.where(
        has_margin, ~is_at_least(cm3, agi, shift), ((cm3 < 0) | (ncp < 0)).to_numpy(dtype=bool)
    ).astype(bool)
    before, total = accounts["positive_before_cents"], accounts["positive_total_cents"]
    is_head = before.notna().to_numpy(dtype=bool) & ~is_at_least(
        before.fillna(0).astype("int64"), total.fillna(0).astype("int64"), limits.pareto_head - shift
    )
    tiers = np.select(
        [
            (accounts["unrated_reason"] != "").to_numpy(dtype=bool),
            earns_nothing,
            ~has_margin | ~is_at_least(ncp, agi, limits.margin_b + shift),
            is_head & is_at_least(ncp, agi, limits.margin_a + shift),
        ],
        [NOT_RATED, "D", "C", "A"],
        "B",
    )
    return pd.Series(tiers, index=accounts.index, dtype="str")
