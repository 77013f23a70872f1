"""What `[reader.datev]` of a mapping says of the books: what each account is, and which tax an amount on it holds."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import BeforeValidator, Field, StrictInt, StrictStr, model_validator

from connectors.exports.mapping_part import MappingPart

TaxClass: TypeAlias = Literal["none", "reduced", "standard"]
AccountRole: TypeAlias = Literal["bank", "revenue", "write_off", "cost", "balance", "carried"]


class AccountRange(MappingPart):
    """Accounts from the first to the last, written `8400-8409`, or `8400` for one."""

    first: Annotated[str, Field(pattern=r"^\d{4}$")]
    last: Annotated[str, Field(pattern=r"^\d{4}$")]

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        first, _, last = value.partition("-")
        return {"first": first, "last": last or first}

    def holds(self, account: str) -> bool:
        """Tell whether an account of four digits is one of them."""
        return self.first <= account <= self.last


Ranges: TypeAlias = tuple[AccountRange, ...]


class DatevChart(MappingPart):
    """The accounts of one chart, in four digits; an account in none of the first six is unknown.

    Attributes:
        bank: bank, cash, money under way. revenue, write_off, cost: of the income statement. balance: any other
            account of the balance sheet. carried: balances brought forward, and statistics.
        untaxed, reduced, standard: the tax that an amount on the account holds where the booking has no key.
    """

    bank: Ranges
    revenue: Ranges
    write_off: Ranges = ()
    cost: Ranges
    balance: Ranges = ()
    carried: Ranges = ()
    untaxed: Ranges = ()
    reduced: Ranges = ()
    standard: Ranges = ()

    def role(self, account: str) -> AccountRole | None:
        """Return what an account is, None where the chart does not know it; narrow roles come before wide ones."""
        roles: tuple[tuple[AccountRole, Ranges], ...] = (
            ("write_off", self.write_off),
            ("bank", self.bank),
            ("revenue", self.revenue),
            ("cost", self.cost),
            ("carried", self.carried),
            ("balance", self.balance),
        )
        return next((role for role, ranges in roles if _any_holds(ranges, account)), None)

    def tax(self, account: str) -> TaxClass | None:
        """Return the tax that an account implies, None where that is not known."""
        classes: tuple[tuple[TaxClass, Ranges], ...] = (
            ("standard", self.standard),
            ("reduced", self.reduced),
            ("none", self.untaxed),
        )
        return next((tax for tax, ranges in classes if _any_holds(ranges, account)), None)


def _any_holds(ranges: Ranges, account: str) -> bool:
    return any(each.holds(account) for each in ranges)


Percent = Annotated[Decimal, BeforeValidator(lambda value: value if isinstance(value, str) else None), Field(ge=0)]


class TaxRates(MappingPart):
    """Percent of tax on top of the net amount, from a day on."""

    since: date
    reduced: Percent
    standard: Percent


class DatevBooks(MappingPart):
    """How the bookings of a DATEV stack are read.

    Attributes:
        chart: number of the chart as line 1 states it -> its accounts. Where line 1 states none, the bookings must
            show which one it is.
        key: tax key of a booking, whole or its last digit -> the tax that the amount holds. Where tax is owed by the
            one who buys, the amount holds none.
        default_chart: taken where line 1 states none.
        rates: ordered by day. payment_days: days after an invoice that states no due date; None: it has none.
    """

    chart: Annotated[dict[StrictStr, DatevChart], Field(min_length=1)]
    default_chart: StrictStr = ""
    key: dict[StrictStr, TaxClass]
    rates: Annotated[tuple[TaxRates, ...], Field(min_length=1)]
    payment_days: Annotated[StrictInt, Field(ge=0)] | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if list(self.rates) != sorted(self.rates, key=lambda rates: rates.since):
            raise ValueError("`rates` must be ordered by `since`")
        return self

    def percent(self, tax: TaxClass, day: date) -> Decimal | None:
        """Return the percent of tax in force on a day, None where the table does not reach back that far."""
        if tax == "none":
            return Decimal(0)
        rates = next((rates for rates in reversed(self.rates) if rates.since <= day), None)
        return None if rates is None else rates.standard if tax == "standard" else rates.reduced


class Readers(MappingPart):
    """Settings of built-in readers, by their names."""

    datev: DatevBooks | None = None
