"""The currencies of the records, and the rate of exchange of each currency and day."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from connectors.errors import InputError
from connectors.exports.frames import create_table
from connectors.exports.records import KINDS
from connectors.fx import EcbRates, OwnRates, Rate, Rates
from profitability.facts import FX_ONE
from profitability.units import half_up, minor_digits

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_LARGEST_RATE_E12 = (1 << 63) - 1
_WITH_CURRENCY = [kind for kind, fields in KINDS.items() if any(field.name == "currency" for field in fields)]
_RATED_BY = {"document": "issue_date", "direct_cost": "cost_date", "gl_line": "line_date", "cost_rate": "rated_on"}
"""Record kind whose amounts are converted at the rate of one day -> that day. All others are in the home currency, or
take the rate of their document."""

_MAY_STATE_RATE = frozenset(kind for kind, fields in KINDS.items() if any(field.name == "fx_rate" for field in fields))

_RATE_COLUMNS = {
    "currency": "VARCHAR",
    "fx_rate": "VARCHAR",
    "day": "DATE",
    "fx_rate_e12": "BIGINT",
    "origin": "VARCHAR",
}


def add_rates(connection: DuckDBPyConnection, home_currency: str, ecb_rates: Path | None) -> None:
    """Create `currencies` (currency, scale) and `fx_rates`, one row per currency, fx_rate and day of the records.

    What people cost is rated by the spans of `cost_spans`, which must be there.

    `fx_rate_e12` is the rate that the record states, else that of the day by `connectors.fx`; null where none is known.
    `origin` tells in words where a rate comes from; null in the home currency.

    Raises:
        InputError: no currency of ISO 4217, or no rate above zero, or a home currency at another rate than one; or
            `ecb_rates` is no file of that bank.
    """
    records = " UNION ALL ".join(map(_stated, _WITH_CURRENCY))
    stated = connection.execute(
        f"SELECT currency, fx_rate, day, min(place) FROM ({records}) GROUP BY currency, fx_rate, day"  # noqa: S608 own names
    ).fetchall()
    places = {home_currency: "settings"} | {currency or home_currency: place for currency, _, _, place in stated}
    scales = [(code, 10 ** _digits(code, place)) for code, place in sorted(places.items())]
    create_table(connection, "currencies", {"currency": "VARCHAR", "scale": "BIGINT"}, scales)
    rates = Rates(home_currency, _own_rates(connection, home_currency), EcbRates(ecb_rates))
    rows = [
        (currency, rate, day, *_rate_of(rates, currency, rate, day, place)) for currency, rate, day, place in stated
    ]
    create_table(connection, "fx_rates", _RATE_COLUMNS, rows)


def _stated(kind: str) -> str:
    rate, day = "fx_rate" if kind in _MAY_STATE_RATE else "NULL", _RATED_BY.get(kind, "NULL::DATE")
    table = "cost_spans" if kind == "cost_rate" else kind
    return f"SELECT currency, {rate} AS fx_rate, {day} AS day, source_file || ':' || source_line AS place FROM {table}"  # noqa: S608 own names


def _own_rates(connection: DuckDBPyConnection, home_currency: str) -> OwnRates:
    by_currency: dict[str, list[tuple[date, Decimal]]] = defaultdict(list)
    found = connection.execute(
        "SELECT currency, day, rate, source_file || ':' || source_line FROM fx ORDER BY currency, day"
    ).fetchall()
    for currency, day, rate, place in found:
        if currency == home_currency:
            raise InputError(
                f"a rate of {currency}, which is the home currency", where=place, remedy="Take the line out."
            )
        by_currency[currency].append((day, _positive(currency, rate, place)))
    return OwnRates(by_currency)


def _rate_of(
    rates: Rates, currency: str | None, stated: str | None, day: date | None, place: str
) -> tuple[int | None, str | None]:
    """Return the rate of a record in the units of the facts, and its origin."""
    home = rates.home_currency
    value = None if stated is None else _positive(currency or home, stated, place)
    if currency is None or currency == home:
        if value not in (None, 1):
            what = f"{home} is the home currency and has the rate {stated}"
            raise InputError(what, where=place, remedy="Correct the rate, or the currency.")
        return FX_ONE, None
    rate = Rate(Fraction(value), "stated") if value else rates.rate(currency, day) if day else None
    if rate is None:
        return None, None
    digits = _digits(home, "settings") - _digits(currency, place)
    rate_e12 = half_up(rate.value * FX_ONE * Fraction(10) ** digits)
    if not 0 < rate_e12 <= _LARGEST_RATE_E12:
        raise _no_rate(currency, stated, place)
    return rate_e12, f"{_shown(rate.value)} {rate.origin}"


def _shown(value: Fraction) -> str:
    """Return a rate with six digits that count, for people."""
    return f"{float(value):.6g}"


def _digits(currency: str, place: str) -> int:
    try:
        return minor_digits(currency)
    except ValueError as error:
        raise InputError(
            f"{currency!r} is no currency", where=place, remedy="Use the code of ISO 4217, such as EUR."
        ) from error


def _positive(currency: str, rate: str, place: str) -> Decimal:
    try:
        value = Decimal(rate)
    except InvalidOperation:
        value = Decimal(0)
    if not (value.is_finite() and value > 0):
        raise _no_rate(currency, rate, place)
    return value


def _no_rate(currency: str, rate: str | None, place: str) -> InputError:
    what = f"{rate!r} is no rate of exchange for {currency}"
    return InputError(what, where=place, remedy="Correct the rate: home currency units for one unit, above zero.")
