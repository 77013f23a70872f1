"""Figures per account that follow from its statement: pool columns, ratios, times, and the status of the tier."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pandas as pd

from profitability.policy import Policy, TierPolicy
from profitability.ratios import ratio
from profitability.statement import COST_LINES, share_of, statement_lines
from profitability.tables import Engine
from profitability.units import SECONDS_PER_HOUR, half_up

DAYS_OF_YEAR = 365
MICROSECONDS = 10**6


def account_totals(engine: Engine) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return `models/account_totals.sql` with one column `alloc_<pool>_cents` more per pool, and the pools by name."""
    accounts = engine.fetch("SELECT * FROM account_totals ORDER BY account_id ASC")
    shares = engine.fetch(
        "SELECT account_id, pool, CAST(sum(amount_cents) AS BIGINT) AS amount_cents FROM pool_shares "
        "GROUP BY account_id, pool"
    )
    wide = shares.pivot_table(index="account_id", columns="pool", values="amount_cents", aggfunc="sum", fill_value=0)
    pools = tuple(sorted(str(pool) for pool in wide.columns))
    columns = {
        f"{share_of(pool)}_cents": accounts["account_id"].map(wide[pool]).fillna(0).astype("int64") for pool in pools
    }
    return accounts.assign(**columns), pools


def statement_columns(pools: tuple[str, ...]) -> list[str]:
    """Return the columns of the statement in its order, account_id first."""
    return ["account_id", *(f"{line.name}_cents" for line in statement_lines(pools))]


def cost_lines(pools: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of all lines between AGI and NCP."""
    return (*COST_LINES, *map(share_of, pools))


def idle_seconds(engine: Engine) -> int:
    """Return the practical time of salaried people that was not logged, over persons and months, in whole seconds."""
    unused = engine.fetch("SELECT CAST(coalesce(sum(idle_microseconds), 0) AS BIGINT) AS idle FROM unused_capacity")
    return half_up(Fraction(int(unused["idle"].iloc[0]), MICROSECONDS))


def practical_seconds(engine: Engine) -> int:
    """Return the time that people could work: practical time of salaried people, logged time of all others."""
    found = engine.fetch(
        "SELECT practical_numerator AS part, practical_denominator AS whole FROM capacity "
        "UNION ALL SELECT CAST(coalesce(sum(worked_seconds), 0) AS BIGINT) AS part, 1 AS whole FROM labour "
        "WHERE employment IS NULL OR employment = 'hourly'"
    )
    return half_up(sum((Fraction(*pair) for pair in zip(found["part"], found["whole"], strict=True)), Fraction(0)))


def add_own_margins(accounts: pd.DataFrame) -> pd.DataFrame:
    """Add ncp_margin_ratio and cm3_margin_ratio, float64, NaN where AGI <= 0."""
    agi = accounts["agi_cents"]
    return accounts.assign(
        ncp_margin_ratio=ratio(accounts["ncp_cents"], agi), cm3_margin_ratio=ratio(accounts["cm3_cents"], agi)
    )


def add_measures(accounts: pd.DataFrame, policy: Policy) -> pd.DataFrame:
    """Add what the statement says per hour, per day and per unit of AGI, as float64 for showing.

    Returns:
        The accounts, with cm1_margin_ratio, cm2_margin_ratio, quarter_cm2_margin_ratio (NaN where AGI <= 0),
        realisation_ratio (AGI / time at the standard rate), overservicing_ratio ((time - contracted) / contracted),
        effective_rate_cents and throughput_cents (an hour; NaN without time), avg_days_late (by amount, payments
        only), dso_days (open receivable / net revenue x 365).
    """
    worked, agi = accounts["worked_seconds"], accounts["agi_cents"]
    throughput = agi - accounts["contractors_cents"] - accounts["direct_expenses_cents"]
    contracted = accounts["contracted_seconds"].astype("Int64")
    agreed = contracted.fillna(0).astype("int64")
    effective = SECONDS_PER_HOUR * ratio(agi, worked)
    return accounts.assign(
        contracted_seconds=contracted,
        cm1_margin_ratio=ratio(accounts["cm1_cents"], agi),
        cm2_margin_ratio=ratio(accounts["cm2_cents"], agi),
        quarter_cm2_margin_ratio=ratio(accounts["quarter_cm2_cents"], accounts["quarter_agi_cents"]),
        effective_rate_cents=effective,
        throughput_cents=SECONDS_PER_HOUR * ratio(throughput, worked),
        realisation_ratio=effective / (policy.standard_rate_cents or np.nan),
        overservicing_ratio=ratio(worked - agreed, agreed),
        avg_days_late=ratio(accounts["late_cent_days"], accounts["paid_cents"]),
        dso_days=DAYS_OF_YEAR * ratio(accounts["open_receivable_cents"], accounts["net_revenue_cents"]),
    )


def add_status(accounts: pd.DataFrame, limits: TierPolicy) -> pd.DataFrame:
    """Add tier_status.

    Pinned by a person; else Provisional below the final coverage, where time has no cost rate, or where the missing
    hours could give another tier; else Final.
    """
    is_provisional = (
        (accounts["coverage_centi"] < 100 * limits.coverage_final_min)
        | (accounts["costed_seconds"] < accounts["worked_seconds"])
        | (accounts["flip_tier"] != accounts["indicative_tier"])
    )
    status = np.select([accounts["is_pinned"].to_numpy(dtype=bool), is_provisional], ["Pinned", "Provisional"], "Final")
    return accounts.assign(tier_status=pd.Series(status, index=accounts.index, dtype="str"))
