"""What `policy.toml` may say: one model per table, with each number's meaning, unit, limits and default."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from connectors.maps import fold
from sync.settings.decision_tables import ExitsTable, RemediesTable, ReviewTable, TimeEquationTable
from sync.settings.kinds import Amount, Factor, Percent, RuleError, Share, about, count
from sync.settings.problems import shown
from sync.settings.table import Table


class TiersTable(Table):
    """Which account gets which tier, and how fast a tier changes."""

    margin_a: Annotated[Share, about("Net margin on AGI from which an account can be A", unit="share")] = Decimal(
        "0.20"
    )
    margin_b: Annotated[Share, about("Net margin on AGI below which an account is C", unit="share")] = Decimal("0.10")
    pareto_head: Annotated[
        Share, about("A accounts are the best ones that together earn this much of all positive profit", unit="share")
    ] = Decimal("0.80")
    dead_band: Annotated[
        Share, about("A tier changes only when a limit is passed by this much", unit="share of AGI")
    ] = Decimal("0.02")
    confirm_closes: Annotated[
        int, count(1, 12), about("A tier changes after so many closes in a row agree", unit="closes")
    ] = 2
    min_tenure_months: Annotated[int, count(0, 60), about("Younger relationships are not rated (N)", unit="months")] = 6
    dormant_months: Annotated[
        int, count(1, 60), about("Without documents and hours for so long, an account is not rated (N)", unit="months")
    ] = 6
    coverage_rate_min: Annotated[
        int, count(0, 100), about("With less data coverage an account is not rated (N)", unit="points of 100")
    ] = 60
    coverage_final_min: Annotated[
        int, count(0, 100), about("With less data coverage a tier is provisional", unit="points of 100")
    ] = 80
    rank_by: Annotated[
        Literal["ncp", "cm3"],
        about("Accounts are ranked by net client profit (ncp) or by what they leave before shared costs (cm3)"),
    ] = "ncp"
    rate_groups: Annotated[bool, about("Accounts with a common parent in the CRM are rated as one, at the topmost")] = (
        True
    )

    @model_validator(mode="after")
    def _limits_are_in_order(self) -> Self:
        if self.margin_b > self.margin_a:
            raise RuleError(f"found {self.margin_b}; expected at most margin_a ({self.margin_a})", key="margin_b")
        lowest = self.margin_b or self.margin_a
        if self.dead_band and self.dead_band >= lowest:
            raise RuleError(f"found {self.dead_band}; expected less than the margins ({lowest})", key="dead_band")
        if self.coverage_rate_min > self.coverage_final_min:
            raise RuleError(
                f"found {self.coverage_rate_min}; expected at most coverage_final_min ({self.coverage_final_min})",
                key="coverage_rate_min",
            )
        return self


class EclRatesTable(Table):
    """Share of an open balance that is expected never to be paid, by days past due."""

    not_due: Annotated[Share, about("Not yet due", unit="share")] = Decimal("0.005")
    days_1_30: Annotated[Share, about("1 to 30 days past due", unit="share")] = Decimal("0.015")
    days_31_60: Annotated[Share, about("31 to 60 days past due", unit="share")] = Decimal("0.04")
    days_61_90: Annotated[Share, about("61 to 90 days past due", unit="share")] = Decimal("0.10")
    over_90: Annotated[Share, about("More than 90 days past due", unit="share")] = Decimal("0.35")

    @property
    def rates(self) -> tuple[Decimal, Decimal, Decimal, Decimal, Decimal]:
        """Return the rates, the least overdue first."""
        return (self.not_due, self.days_1_30, self.days_31_60, self.days_61_90, self.over_90)

    @model_validator(mode="after")
    def _older_is_not_safer(self) -> Self:
        for (_, lower), (key, rate) in pairwise(zip(type(self).model_fields, self.rates, strict=True)):
            if rate < lower:
                raise RuleError(f"found {rate}; expected at least the rate of younger balances ({lower})", key=key)
        return self


class LatePaymentTable(Table):
    """What waiting for money costs."""

    cost_of_capital: Annotated[
        Share, about("Yearly rate charged on balances beyond their terms", unit="share a year")
    ] = Decimal("0.10")
    day_count: Annotated[Literal[360, 365, 366], about("Days of a year in that rate", unit="days")] = 365
    own_loss_rates: Annotated[
        bool, about("With 24 months of documents, loss rates come from their history instead of from ecl_rates")
    ] = True
    ecl_rates: EclRatesTable = Field(default_factory=EclRatesTable)


class PeriodTable(Table):
    """Which months are judged, and when a month can be closed."""

    window_months: Annotated[
        int, count(3, 36), about("Length of the window that ends with the last closed month", unit="months")
    ] = 12
    close_after_days: Annotated[
        int, count(0, 60), about("Days after its end before a month can be closed", unit="days")
    ] = 5


class PricingTable(Table):
    """What the firm asks for its time."""

    standard_rate: Annotated[
        Amount | None, about("List price of an hour; leave it out if there is none", unit="home currency an hour")
    ] = None


class GuardsTable(Table):
    """When a run stops and asks a person. A first run always asks; that is no number to set."""

    tier_changes_pct: Annotated[
        Percent, about("Stop when more of the rated accounts change tier, and at least tier_changes_min", unit="%")
    ] = Decimal(10)
    tier_changes_min: Annotated[
        int, count(0, 1_000_000), about("Fewer changes of tier never stop a run", unit="accounts")
    ] = 2
    new_flags_max: Annotated[
        int, count(0, 1_000_000), about("Stop when more accounts are newly flagged for review", unit="accounts")
    ] = 5
    new_flags_pct: Annotated[
        Percent, about("Stop when more of the rated accounts are newly flagged, and at least new_flags_min", unit="%")
    ] = Decimal(10)
    new_flags_min: Annotated[
        int, count(0, 1_000_000), about("Fewer new flags never stop a run by their share", unit="accounts")
    ] = 2
    a_to_d_max: Annotated[
        int, count(0, 1_000_000), about("Stop when more accounts fall from A to D at once", unit="accounts")
    ] = 0
    matched_value_min_pct: Annotated[
        Percent, about("Stop when the value matched to accounts falls below this part of the last run's", unit="%")
    ] = Decimal(95)
    totals_low: Annotated[
        Factor,
        about("Stop when total cost or revenue is below the median of the last six closes times this", unit="times"),
    ] = Decimal("0.5")
    totals_high: Annotated[
        Factor,
        about("Stop when total cost or revenue is above the median of the last six closes times this", unit="times"),
    ] = Decimal(2)
    newly_unrated_pct: Annotated[
        Percent, about("Stop when more of the rated accounts lose their tier, and at least newly_unrated_min", unit="%")
    ] = Decimal(5)
    newly_unrated_min: Annotated[
        int, count(0, 1_000_000), about("Fewer accounts that lose their tier never stop a run", unit="accounts")
    ] = 2
    time_max_age_days: Annotated[int, count(0, 366), about("Stop when the newest time entry is older", unit="days")] = 3
    accounting_max_age_days: Annotated[
        int, count(0, 366), about("Stop when the newest record of the books is older", unit="days")
    ] = 35
    pull_min_pct: Annotated[
        Percent, about("Stop when the CRM returns fewer accounts than this part of the last run's", unit="%")
    ] = Decimal(95)

    @model_validator(mode="after")
    def _totals_leave_room(self) -> Self:
        if self.totals_low > 1:
            raise RuleError(f"found {self.totals_low}; expected at most 1", key="totals_low")
        if self.totals_high < 1:
            raise RuleError(f"found {self.totals_high}; expected at least 1", key="totals_high")
        return self


class PolicyFile(Table):
    """`policy.toml`: the numbers that finance owns."""

    tiers: TiersTable = Field(default_factory=TiersTable)
    late_payment: LatePaymentTable = Field(default_factory=LatePaymentTable)
    period: PeriodTable = Field(default_factory=PeriodTable)
    pricing: PricingTable = Field(default_factory=PricingTable)
    remedies: RemediesTable = Field(default_factory=RemediesTable)
    review: ReviewTable = Field(default_factory=ReviewTable)
    exits: ExitsTable = Field(default_factory=ExitsTable)
    time_equations: Annotated[
        dict[str, TimeEquationTable],
        about("How long events take whose time is not logged, each in a table of its name", named="EVENT"),
    ] = Field(default_factory=dict)
    guards: GuardsTable = Field(default_factory=GuardsTable)

    @model_validator(mode="after")
    def _tables_agree(self) -> Self:
        least = self.tiers.coverage_rate_min
        if self.review.coverage_min < least:
            what = f"found {self.review.coverage_min}; expected at least tiers.coverage_rate_min ({least})"
            raise RuleError(what, key="review.coverage_min")
        events: dict[str, str] = {}
        for event in self.time_equations:
            known = events.setdefault(fold(event), event)
            if known != event or not fold(event):
                raise RuleError(
                    f"{shown(event)} is blank, or names the same event as {shown(known)}", key="time_equations"
                )
        return self
