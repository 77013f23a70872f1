"""The numbers that finance owns: what `config/policy.toml` says, as the engine takes it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal


@dataclass(frozen=True, slots=True)
class TierPolicy:
    """Limits of the tiers, as exact ratios (0.20 is Fraction(1, 5)).

    Defaults and reasons: `config/README.md`.
    """

    margin_a: Fraction = Fraction(20, 100)
    margin_b: Fraction = Fraction(10, 100)
    pareto_head: Fraction = Fraction(80, 100)
    dead_band: Fraction = Fraction(2, 100)
    confirm_closes: int = 2
    min_tenure_months: int = 6
    dormant_months: int = 6
    coverage_rate_min: int = 60
    coverage_final_min: int = 80


@dataclass(frozen=True, slots=True)
class LatePaymentPolicy:
    """What waiting for money costs.

    Attributes:
        cost_of_capital: yearly rate on balances beyond their terms.
        day_count: days of a year in that rate.
        ecl_rates: share expected to be lost: not due, 1-30, 31-60, 61-90, over 90 days past due.
    """

    cost_of_capital: Fraction = Fraction(10, 100)
    day_count: int = 365
    ecl_rates: tuple[Fraction, Fraction, Fraction, Fraction, Fraction] = (
        Fraction(5, 1000),
        Fraction(15, 1000),
        Fraction(40, 1000),
        Fraction(100, 1000),
        Fraction(350, 1000),
    )


@dataclass(frozen=True, slots=True)
class PeriodPolicy:
    """Which months are judged.

    Attributes:
        window_months: length of the window that ends with the last closed month.
        close_after_days: days after its end before a month can be closed.
    """

    window_months: int = 12
    close_after_days: int = 5


@dataclass(frozen=True, slots=True)
class Policy:
    """Everything that finance decides, in one object."""

    tiers: TierPolicy = TierPolicy()
    late_payment: LatePaymentPolicy = LatePaymentPolicy()
    period: PeriodPolicy = PeriodPolicy()
    rank_by: Literal["ncp", "cm3"] = "ncp"
    standard_rate_cents: int | None = None
