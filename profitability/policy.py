"""The numbers that finance owns: what `config/policy.toml` says, as the engine takes it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from profitability.time_equations import TimeEquation


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
class RemedyPolicy:
    """What may be tried before an exit.

    Attributes:
        target_margin: margin on AGI that a price should reach.
        max_uplift: share of AGI above which a price rise is an exit in disguise.
        min_share_of_gap: a remedy counts only if it closes at least so much of the gap.
        window_days: days after which a remedy without an outcome has lapsed.
        light_package_cents: yearly cost of serving an account with the lighter package; None: there is none.
    """

    target_margin: Fraction = Fraction(20, 100)
    max_uplift: Fraction = Fraction(30, 100)
    min_share_of_gap: Fraction = Fraction(25, 100)
    window_days: int = 90
    light_package_cents: int | None = None


@dataclass(frozen=True, slots=True)
class ReviewPolicy:
    """When an account is put up for review.

    Attributes:
        coverage_min: least coverage, points of 100.
        recovering_margin: an account whose last three months' CM2 margin beats the window's by more is recovering.
        notice_lead_days: days before the last day of notice from which a contract no longer holds the flag back.
        satisfied_from: score from which a client counts as satisfied, on the scale of the contracts; None: not known.
    """

    coverage_min: int = 80
    recovering_margin: Fraction = Fraction(5, 100)
    notice_lead_days: int = 60
    satisfied_from: Fraction | None = None


@dataclass(frozen=True, slots=True)
class ExitPolicy:
    """How fast accounts may leave.

    Attributes:
        leaving_cap: share of AGI that may start to leave in `cap_months` months in a row.
        cap_months: length of that stretch.
        cash_floor_months: months of cost that cash must cover at every month's end.
        talk_first_share: share of a person's client hours on leaving accounts above which that person is told first.
        reinvest_share: share of an exit's gain that may be spent on the clients who stay.
    """

    leaving_cap: Fraction = Fraction(10, 100)
    cap_months: int = 3
    cash_floor_months: int = 2
    talk_first_share: Fraction = Fraction(30, 100)
    reinvest_share: Fraction = Fraction(50, 100)


@dataclass(frozen=True, slots=True)
class Policy:
    """Everything that finance decides, in one object.

    Attributes:
        rank_by: accounts are ranked by NCP or by CM3.
        standard_rate_cents: list price of an hour; None: there is none.
        rate_groups: accounts under common control are rated as one, at their top parent.
        own_loss_rates: with 24 months of documents, the loss rates come from their history.
        time_equations: how long events take whose time is not logged; whoever makes the events table uses them.
    """

    tiers: TierPolicy = TierPolicy()
    late_payment: LatePaymentPolicy = LatePaymentPolicy()
    period: PeriodPolicy = PeriodPolicy()
    remedies: RemedyPolicy = RemedyPolicy()
    review: ReviewPolicy = ReviewPolicy()
    exits: ExitPolicy = ExitPolicy()
    rank_by: Literal["ncp", "cm3"] = "ncp"
    standard_rate_cents: int | None = None
    rate_groups: bool = True
    own_loss_rates: bool = True
    time_equations: tuple[TimeEquation, ...] = ()
