"""The firm on one page: whale curve, Pareto figures, concentration, and what an exit of all loss-makers would do.

Curve and Pareto figures look at ranked accounts, which people can act on. Totals, concentration and rates per hour
also take in parties of the books that are linked to no account.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Literal, TypeAlias

import numpy as np
import pandas as pd

from profitability.concentration import Concentration, concentration
from profitability.exit_case import exit_cases, leaving_sets
from profitability.firm import Firm
from profitability.ratios import Whole, exact
from profitability.units import SECONDS_PER_HOUR

Unit: TypeAlias = Literal["accounts", "cents", "cents_per_hour", "flag", "points", "ratio"]
Figure: TypeAlias = tuple[str, float | None, Unit]

HEAD = Fraction(80, 100)
"""Part of the whole that the fewest accounts are counted for (Pareto; Juran)."""

BEST = Fraction(20, 100)
"""Part of the accounts, rounded up, whose share of the whole is shown."""

NOBODY_EARNS = "no account earns a profit: look at rates and prices before any single account"
"""What is said instead of a Pareto sentence where `nobody_earns` is 1."""


def portfolio_figures(accounts: pd.DataFrame, firm: Firm, *, practical_seconds: int) -> pd.DataFrame:
    """Tell how profit, revenue and risk are spread over the accounts.

    Args:
        accounts: account_id, is_matched, cm1_cents, cm3_cents and `profitability.exit_case.SUMMED`.
        firm: the firm's figures.
        practical_seconds: time that people could work for accounts, all persons and months; for one who is paid by
            the hour, the time logged.

    Returns:
        metric str, value float64 (NaN: undefined; cents are exact up to 2^53), unit str (accounts, cents,
        cents_per_hour, points of 10,000, ratio, flag: 1 or 0), in this order:

        - accounts (ranked), unmatched_accounts, loss_makers (NCP < 0), nobody_earns (ranked accounts and not one with
          NCP > 0); total_net_revenue_cents, total_agi_cents, total_ncp_cents (all accounts).
        - ranked_ncp_cents (where the whale curve ends), whale_peak_cents (sum of positive NCP), whale_peak_ratio (of
          that end), profit_eroded_cents (peak - end), erosion_ratio (of the peak); both ratios are NaN where the end
          is not above 0.
        - accounts_for_80pct_of_profit and _of_revenue (fewest accounts that reach 80 % of the positive amounts),
          top20pct_accounts (ceil(20 %)), top20pct_ncp_ratio, top20pct_revenue_ratio (share of the best so many; NaN
          where the total is not above 0).
        - without_losers_naive_cents (firm profit if all loss-makers left and took their whole cost with them),
          naive_multiple_ratio (of firm profit), doubling_gap_cents (missing to twice the profit even so; 0 and below:
          doubling is possible by exit alone), without_losers_day_one_cents, without_losers_expected_cents,
          losers_breakeven_ratio, losers_double_ratio (share of their time that must be sold, see `exit_cases`); what
          multiplies firm profit is NaN where there is none.
        - of AGI, and of CM3: top1, top3, top5 (ratio), hhi (points), effective_accounts, hhi_normalised, each with
          `_agi` or `_cm3` before the unit; gini_agi. See `profitability.concentration`.
        - firm_profit_cents, firm_margin_ratio (of AGI), utilisation_ratio (client time / practical time),
          average_rate_cents (AGI an hour of client time), delivery_margin_ratio (CM1 / AGI).

    Source: Kaplan & Narayanan 2001 (whale curve); Cooper & Kaplan 1991.
    """
    ranked = accounts[accounts["is_matched"]]
    figures = [
        *_totals(accounts, ranked, firm),
        *_curve(ranked),
        *_pareto(ranked),
        *_without_losers(ranked, firm),
        *_concentrated("agi", concentration(accounts["agi_cents"])),
        *_concentrated("cm3", concentration(accounts["cm3_cents"])),
        *_rates(accounts, firm, practical_seconds),
    ]
    table = pd.DataFrame(figures, columns=["metric", "value", "unit"])
    return table.astype({"metric": "str", "value": "float64", "unit": "str"})


def revenue_ranks(accounts: pd.DataFrame, column: str = "agi_cents") -> pd.Series[int]:
    """Return the rank by income beside the accounts, to show next to the rank by profit.

    Returns:
        Int64, 1 for the largest; equal amounts by net revenue, then by account_id; null where unmatched.
    """
    ordered = accounts[accounts["is_matched"]].sort_values(
        [column, "net_revenue_cents", "account_id"], ascending=[False, False, True]
    )
    ranks = pd.Series(np.arange(1, len(ordered) + 1), index=ordered.index, dtype="Int64")
    return ranks.reindex(accounts.index)


def _totals(accounts: pd.DataFrame, ranked: pd.DataFrame, firm: Firm) -> Iterator[Figure]:
    earns = bool((ranked["ncp_cents"] > 0).any())
    yield "accounts", len(ranked), "accounts"
    yield "unmatched_accounts", len(accounts) - len(ranked), "accounts"
    yield "loss_makers", int((ranked["ncp_cents"] < 0).sum()), "accounts"
    yield "nobody_earns", float(len(ranked) > 0 and not earns), "flag"
    yield "total_net_revenue_cents", firm.net_revenue_cents, "cents"
    yield "total_agi_cents", firm.agi_cents, "cents"
    yield "total_ncp_cents", firm.ncp_cents, "cents"


def _curve(ranked: pd.DataFrame) -> Iterator[Figure]:
    profit = exact(ranked["ncp_cents"])
    end, peak = _sum(profit), _sum(np.maximum(profit, 0))
    yield "ranked_ncp_cents", end, "cents"
    yield "whale_peak_cents", peak, "cents"
    yield "whale_peak_ratio", _share(peak, end), "ratio"
    yield "profit_eroded_cents", peak - end, "cents"
    yield "erosion_ratio", _share(peak - end, peak) if end > 0 else None, "ratio"


def _pareto(ranked: pd.DataFrame) -> Iterator[Figure]:
    profit, revenue = (
        exact(ranked[column].sort_values(ascending=False)) for column in ("ncp_cents", "net_revenue_cents")
    )
    best = -(-len(ranked) * BEST.numerator // BEST.denominator)
    yield "accounts_for_80pct_of_profit", _fewest(profit), "accounts"
    yield "accounts_for_80pct_of_revenue", _fewest(revenue), "accounts"
    yield "top20pct_accounts", best, "accounts"
    yield "top20pct_ncp_ratio", _share(_sum(profit[:best]), _sum(profit)), "ratio"
    yield "top20pct_revenue_ratio", _share(_sum(revenue[:best]), _sum(revenue)), "ratio"


def _without_losers(ranked: pd.DataFrame, firm: Firm) -> Iterator[Figure]:
    losers = list(ranked.loc[ranked["ncp_cents"] < 0, "account_id"])
    case = exit_cases(leaving_sets(ranked, {"losers": losers}), firm).iloc[0]
    naive, profit = firm.profit_cents + int(case["naive_cents"]), firm.profit_cents
    yield "without_losers_naive_cents", naive, "cents"
    yield "naive_multiple_ratio", _share(naive, profit), "ratio"
    yield "doubling_gap_cents", 2 * profit - naive if profit > 0 else None, "cents"
    yield "without_losers_day_one_cents", int(case["firm_profit_day_one_cents"]), "cents"
    yield "without_losers_expected_cents", int(case["firm_profit_expected_cents"]), "cents"
    yield "losers_breakeven_ratio", case["breakeven_ratio"], "ratio"
    yield "losers_double_ratio", case["double_ratio"], "ratio"


def _concentrated(basis: str, figures: Concentration) -> Iterator[Figure]:
    yield f"top1_{basis}_ratio", figures.top1_ratio, "ratio"
    yield f"top3_{basis}_ratio", figures.top3_ratio, "ratio"
    yield f"top5_{basis}_ratio", figures.top5_ratio, "ratio"
    yield f"hhi_{basis}", figures.hhi, "points"
    yield f"effective_accounts_{basis}", figures.effective_accounts, "accounts"
    yield f"hhi_normalised_{basis}", figures.hhi_normalised, "ratio"
    if basis == "agi":
        yield "gini_agi", figures.gini, "ratio"


def _rates(accounts: pd.DataFrame, firm: Firm, practical_seconds: int) -> Iterator[Figure]:
    yield "firm_profit_cents", firm.profit_cents, "cents"
    yield "firm_margin_ratio", _share(firm.profit_cents, firm.agi_cents), "ratio"
    yield "utilisation_ratio", _share(firm.worked_seconds, practical_seconds), "ratio"
    yield "average_rate_cents", _share(SECONDS_PER_HOUR * firm.agi_cents, firm.worked_seconds), "cents_per_hour"
    yield "delivery_margin_ratio", _share(_sum(exact(accounts["cm1_cents"])), firm.agi_cents), "ratio"


def _sum(amounts: Whole) -> int:
    return int(amounts.sum())


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole > 0 else None


def _fewest(descending: Whole) -> int | None:
    """Count the accounts that reach the head of the positive amounts; None where nothing is positive."""
    positive = descending[descending > 0]
    if not len(positive):
        return None
    is_short = HEAD.denominator * np.cumsum(positive) < HEAD.numerator * _sum(positive)
    return int(is_short.sum()) + 1
