"""What an exit would bring: on paper, on the day after, and once the freed time is sold again.

Keep value K = net revenue - pass-through - contractors - direct expenses - labour paid by the hour - price-driven late
cost (financing, expected credit loss, write-offs) - avoidable share of the pools (to the cent for each account): what
is lost on the day an account leaves. Salaried labour is not in it: payroll does not leave with an account (avoidable
cost: Horngren, Cost Accounting, ch. 11). Freed time H, of people with a salary, brings v a second (throughput of the
rated accounts) once a share rho of it is sold:

    Delta(rho) = rho H v - K + released pay,    rho* = K / (H v),    rho = clamp(spare demand / H, 0, 1)

Spare demand counts once for all accounts of a row that leave together. Delta is over twelve months.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

import numpy as np
import pandas as pd

from profitability.errors import DataError
from profitability.facts import PPM
from profitability.firm import Firm
from profitability.ratios import Whole, exact, half_up_quotient, posted, shown_ratio
from profitability.units import SECONDS_PER_HOUR, half_up

PAYS_AT_ONCE = "pays_at_once"
PAYS_IF_SOLD = "pays_if_hours_sell"
FIX_FIRST = "fix_first"
NEVER_BY_EXIT = "never_by_exit"
KEEP = "keep"

EXIT_VERDICTS = {
    PAYS_AT_ONCE: "the exit pays at once: the account costs more than it brings, without a salary counted",
    PAYS_IF_SOLD: "the exit pays if the freed hours are sold as the demand says",
    FIX_FIRST: "mend the account, do not end it yet: too few of the freed hours would be sold",
    NEVER_BY_EXIT: "an exit never pays, even if every freed hour is sold: change price or scope",
    KEEP: "keep: no time comes free that would bring anything",
}
"""What a verdict on an exit means."""

SUMMED = (
    "net_revenue_cents",
    "pass_through_cents",
    "agi_cents",
    "delivery_labour_cents",
    "contractors_cents",
    "direct_expenses_cents",
    "service_labour_cents",
    "late_financing_cents",
    "late_collection_labour_cents",
    "ecl_movement_cents",
    "write_offs_cents",
    "alloc_cents",
    "ncp_cents",
    "open_receivable_cents",
    "avoidable_alloc_ppm_cents",
    "hourly_labour_cents",
    "worked_seconds",
    "hourly_seconds",
)
"""Columns of the accounts that an exit case needs; those of a set are the sums of its accounts."""

_LEAVES_WITH_THE_ACCOUNT = (
    "pass_through_cents",
    "contractors_cents",
    "direct_expenses_cents",
    "late_financing_cents",
    "ecl_movement_cents",
    "write_offs_cents",
    "hourly_labour_cents",
)
_STAYS = ("delivery_labour_cents", "service_labour_cents", "late_collection_labour_cents", "alloc_cents")


def rows_leaving(accounts: pd.DataFrame, leaving: Sequence[str], *, where: str = "") -> pd.DataFrame:
    """Return the rows of accounts that leave together, in the order named.

    Raises:
        DataError: an account is not there, or is named twice.
    """
    named = pd.Series(list(leaving), dtype="str")
    remedy = "name accounts of the last run, each once"
    if repeated := list(named[named.duplicated()].unique()):
        raise DataError(f"named more than once: {', '.join(repeated)}", where=where, remedy=remedy)
    if unknown := list(named[~named.isin(accounts["account_id"])]):
        raise DataError(f"no such account: {', '.join(unknown)}", where=where, remedy=remedy)
    places = pd.Index(accounts["account_id"]).get_indexer(pd.Index(named))
    rows: pd.DataFrame = accounts.iloc[places]
    return rows


def leaving_sets(accounts: pd.DataFrame, sets: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Sum accounts that would leave together.

    Args:
        accounts: account_id and the columns of `SUMMED`.
        sets: the accounts of each set, by its label; a set may be empty, an account may be in several sets.

    Returns:
        One row per set, in the order given: account_id (the label) and `SUMMED`, int64; the avoidable share is the sum
        of whole cents.

    Raises:
        DataError: a set names an account that is not there, or one twice.
    """
    rows = [_summed(rows_leaving(accounts, members, where=f"set {label}")) for label, members in sets.items()]
    table = pd.DataFrame(rows, columns=list(SUMMED)).astype("int64")
    table.insert(0, "account_id", pd.Series(list(sets), dtype="str"))
    return table


def exit_cases(leaving: pd.DataFrame, firm: Firm) -> pd.DataFrame:
    """Work out the exit of each account, or set of accounts, by itself.

    Args:
        leaving: rows of the accounts, or of `leaving_sets`: account_id and `SUMMED`; released_pay_cents where posts
            end with the exit (pay of a year that truly stops), 0 where the column is left out.
        firm: the firm's figures; a throughput below zero counts as zero, for nobody sells an hour at a loss.

    Returns:
        One row per row given, same order. Int64 cents: naive_cents (the loss that the statement shows, -NCP),
        keep_value_cents (K), day_one_cents (Delta at rho 0), half_cents (0.5), expected_cents (rho), full_cents (1),
        firm_profit_day_one_cents, firm_profit_expected_cents, open_receivable_cents (at risk when it is told).
        float64: redeploy_ratio (rho; NaN without time), breakeven_ratio (rho*, above 1: out of reach, below 0: not
        needed; NaN where freed time brings nothing), double_ratio (rho that doubles firm profit; NaN also where there
        is none), stranded_cents_per_hour (labour and unavoidable pools of the leaving, which stay, per client hour
        that remains; NaN where none does). freed_seconds int64. pays bool: Delta(rho) > 0, decided on exact figures.
        verdict str: a key of `EXIT_VERDICTS`.

    Raises:
        DataError: an amount is beyond 64 bits.
    """
    index = leaving.index
    hours = _freed(leaving)
    keep = _keep_value(leaving)
    day_one = _released_pay(leaving) - keep
    # Every amount below is a whole number of 1 / unit cents, so that sums and comparisons are exact.
    price = max(firm.throughput, Fraction(0))
    unit = 2 * price.denominator
    half = hours * price.numerator
    sold = np.minimum(hours, firm.spare_demand_seconds)
    full, expected = 2 * half, sold * (2 * price.numerator)
    lost = -day_one * unit
    half_sold, by_demand, all_sold = (half_up_quotient(gain - lost, unit) for gain in (half, expected, full))
    doubled = lost + unit * firm.profit_cents if firm.profit_cents > 0 else 0 * lost
    return pd.DataFrame(
        {
            "account_id": leaving["account_id"],
            "naive_cents": posted(-exact(leaving["ncp_cents"]), index),
            "keep_value_cents": posted(keep, index),
            "freed_seconds": hours.astype(np.int64),
            "redeploy_ratio": shown_ratio(sold, hours, index),
            "breakeven_ratio": shown_ratio(lost, full, index),
            "double_ratio": shown_ratio(doubled, full if firm.profit_cents > 0 else 0 * full, index),
            "day_one_cents": posted(day_one, index),
            "half_cents": posted(half_sold, index),
            "expected_cents": posted(by_demand, index),
            "full_cents": posted(all_sold, index),
            "firm_profit_day_one_cents": posted(day_one + firm.profit_cents, index),
            "firm_profit_expected_cents": posted(by_demand + firm.profit_cents, index),
            "pays": pd.Series(expected > lost, index=index, dtype="bool"),
            "verdict": _verdicts(lost, expected, full, index),
            "stranded_cents_per_hour": _stranded(leaving, firm),
            "open_receivable_cents": posted(exact(leaving["open_receivable_cents"]), index),
        }
    )


def avoidable_share_to_break_even(leaving: pd.DataFrame) -> pd.Series[float]:
    """Return the share of all cost that must disappear for an exit to pay, if no freed hour is sold; NaN without cost.

    The share is net revenue / (net revenue - NCP); above 1 where the account earns a profit.
    """
    revenue = exact(leaving["net_revenue_cents"])
    return shown_ratio(revenue, revenue - exact(leaving["ncp_cents"]), leaving.index)


def replacement_revenue_cents(lost_cents: int, margin: Fraction) -> int | None:
    """Return the revenue that earns a lost contribution again at the margin of new work; None where that earns nothing.

    What has to be replaced is the contribution, not the revenue (Bering McKinley).
    """
    return half_up(lost_cents / margin) if margin > 0 else None


def _summed(rows: pd.DataFrame) -> dict[str, int]:
    sums = {column: sum(rows[column].tolist()) for column in SUMMED}
    return sums | {"avoidable_alloc_ppm_cents": PPM * int(_avoidable(rows).sum())}


def _keep_value(leaving: pd.DataFrame) -> Whole:
    saved = sum(exact(leaving[column]) for column in _LEAVES_WITH_THE_ACCOUNT) + _avoidable(leaving)
    kept: Whole = exact(leaving["net_revenue_cents"]) - saved
    return kept


def _avoidable(leaving: pd.DataFrame) -> Whole:
    """Return the part of shared cost that goes with the account, in whole cents."""
    return half_up_quotient(exact(leaving["avoidable_alloc_ppm_cents"]), PPM)


def _freed(leaving: pd.DataFrame) -> Whole:
    """Return the time that is paid for anyway; whoever is paid by the hour is no longer paid, and frees none."""
    freed: Whole = exact(leaving["worked_seconds"]) - exact(leaving["hourly_seconds"])
    return freed


def _released_pay(leaving: pd.DataFrame) -> Whole:
    is_stated = "released_pay_cents" in leaving
    return exact(leaving["released_pay_cents"]) if is_stated else np.zeros(len(leaving), dtype=object)


def _verdicts(lost: Whole, expected: Whole, full: Whole, index: pd.Index) -> pd.Series[str]:
    """Name the case by comparing what is lost with what freed time brings by demand and at most."""
    conditions = [lost < 0, full == 0, lost <= expected, lost <= full]
    names = [PAYS_AT_ONCE, KEEP, PAYS_IF_SOLD, FIX_FIRST]
    chosen = np.select([condition.astype(np.bool_) for condition in conditions], names, NEVER_BY_EXIT)
    return pd.Series(chosen, index=index, dtype="str")


def _stranded(leaving: pd.DataFrame, firm: Firm) -> pd.Series[float]:
    """Return cost that stays behind, in cents for each client hour that remains."""
    labour_and_pools = sum(exact(leaving[column]) for column in _STAYS)
    stays = labour_and_pools - exact(leaving["hourly_labour_cents"]) - _avoidable(leaving)
    remaining = firm.worked_seconds - exact(leaving["worked_seconds"])
    return shown_ratio(SECONDS_PER_HOUR * stays, remaining, leaving.index)
