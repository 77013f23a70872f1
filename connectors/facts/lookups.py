"""The small tables that records are joined with: who is who, which category, which use, which rate of exchange.

Each is computed over the *distinct* words of the records, so its size does not grow with the hours of a firm.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import TYPE_CHECKING

from connectors.base import AccountRecord
from connectors.errors import InputError
from connectors.exports.frames import create_table
from connectors.exports.records import KINDS
from connectors.identity import Identities, Party, resolve
from connectors.maps import CategoryMap, GlAccountMap, fold
from profitability.facts import FX_ONE
from profitability.units import half_up, minor_digits

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_LARGEST_RATE_E12 = (1 << 63) - 1
_WITH_CURRENCY = [kind for kind, fields in KINDS.items() if any(field.name == "currency" for field in fields)]
_WITH_RATE = [kind for kind, fields in KINDS.items() if any(field.name == "fx_rate" for field in fields)]


def add_params(connection: DuckDBPyConnection, home_currency: str, window: tuple[date, date] | None) -> None:
    """Create `params`: one row with the home currency, the window, and the first and last month of the records."""
    months = connection.execute(
        """
        SELECT date_trunc('month', min(day))::DATE, date_trunc('month', max(day))::DATE
        FROM (SELECT issue_date AS day FROM document UNION ALL SELECT cost_date FROM direct_cost
              UNION ALL SELECT line_date FROM gl_line UNION ALL SELECT work_date FROM time_entry)
        """
    ).fetchall()[0]
    columns = {
        "home_currency": "VARCHAR",
        "window_start": "DATE",
        "window_end": "DATE",
        "first_month": "DATE",
        "last_month": "DATE",
    }
    create_table(connection, "params", columns, [(home_currency, *(window or (None, None)), *months)])


def add_rates(connection: DuckDBPyConnection, home_currency: str) -> None:
    """Create `currencies` (currency, scale) and `fx_rates` (currency and fx_rate as stated, fx_rate_e12).

    `fx_rate_e12` is null where a foreign currency states no rate.

    Raises:
        InputError: no currency of ISO 4217, or no rate above zero, or a home currency at another rate than one.
    """
    rated = [_stated_rates(kind) for kind in _WITH_CURRENCY]
    stated = connection.execute(
        f"SELECT currency, fx_rate, min(place) FROM ({' UNION ALL '.join(rated)}) GROUP BY currency, fx_rate"  # noqa: S608 own names
    ).fetchall()
    places = {home_currency: "settings"} | {currency or home_currency: place for currency, _, place in stated}
    scales = [(code, 10 ** _digits(code, place)) for code, place in sorted(places.items())]
    create_table(connection, "currencies", {"currency": "VARCHAR", "scale": "BIGINT"}, scales)
    rates = [
        (currency, rate, _rate_e12(currency or home_currency, rate, home_currency, place))
        for currency, rate, place in stated
    ]
    create_table(connection, "fx_rates", {"currency": "VARCHAR", "fx_rate": "VARCHAR", "fx_rate_e12": "BIGINT"}, rates)


def _stated_rates(kind: str) -> str:
    rate = "fx_rate" if kind in _WITH_RATE else "NULL"
    return f"SELECT currency, {rate} AS fx_rate, source_file || ':' || source_line AS place FROM {kind}"  # noqa: S608 own names


def _digits(currency: str, place: str) -> int:
    try:
        return minor_digits(currency)
    except ValueError as error:
        raise InputError(
            f"{currency!r} is no currency", where=place, remedy="Use the code of ISO 4217, such as EUR."
        ) from error


def _rate_e12(currency: str, rate: str | None, home_currency: str, place: str) -> int | None:
    value = _positive(currency, rate, place)
    if currency == home_currency:
        if value not in (None, 1):
            what = f"{currency} is the home currency and has the rate {rate}"
            raise InputError(what, where=place, remedy="Correct the rate, or the currency.")
        return FX_ONE
    if value is None:
        return None
    digits = _digits(home_currency, "settings") - _digits(currency, place)
    rate_e12 = half_up(Fraction(value) * FX_ONE * Fraction(10) ** digits)
    if not 0 < rate_e12 <= _LARGEST_RATE_E12:
        raise _no_rate(currency, rate, place)
    return rate_e12


def _positive(currency: str, rate: str | None, place: str) -> Decimal | None:
    if rate is None:
        return None
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


def add_uses(connection: DuckDBPyConnection, gl_accounts: GlAccountMap) -> None:
    """Create `gl_uses` (gl_account, supplier, use): one row per pair of the postings, use null where unknown."""
    pairs = connection.execute("SELECT DISTINCT gl_account, supplier FROM gl_line").fetchall()
    rows = [(account, supplier, gl_accounts.use(gl_account=account, supplier=supplier)) for account, supplier in pairs]
    create_table(connection, "gl_uses", {"gl_account": "VARCHAR", "supplier": "VARCHAR", "use": "VARCHAR"}, rows)


def add_categories(connection: DuckDBPyConnection, categories: CategoryMap) -> None:
    """Create `task_categories` (is_internal, task, project, tags, category, is_category_known).

    Unknown hours for a customer are delivery, unknown hours for nobody internal; hours for nobody that carry no
    word at all are known to be internal.
    """
    found = connection.execute(
        "SELECT DISTINCT party_key IS NULL AND party IS NULL, task, project, tags FROM time_entry"
    ).fetchall()
    rows = []
    for is_internal, task, project, tags in found:
        category = categories.category(is_internal=is_internal, task=task, project=project, tags=tags)
        is_known = category is not None or (is_internal and not (task or project or tags))
        rows.append(
            (is_internal, task, project, tags, category or ("internal" if is_internal else "delivery"), is_known)
        )
    words = {"task": "VARCHAR", "project": "VARCHAR", "tags": "VARCHAR", "category": "VARCHAR"}
    create_table(
        connection, "task_categories", {"is_internal": "BOOLEAN"} | words | {"is_category_known": "BOOLEAN"}, rows
    )


def add_people(connection: DuckDBPyConnection) -> None:
    """Create `people` (person as stated, person_id).

    A person is who the rates name: by that name or by the e-mail beside it, whatever the case. Who has no rate
    stays who the source names.

    Raises:
        InputError: one e-mail or name stands for two people.
    """
    rated = connection.execute("SELECT DISTINCT person, email FROM cost_rate ORDER BY ALL").fetchall()
    named = connection.execute(
        "SELECT person FROM time_entry UNION SELECT person FROM timesheet ORDER BY person"
    ).fetchall()
    person_ids: dict[str, str] = {}
    for person, email in rated:
        for alias in (person, email):
            owner = person_ids.setdefault(fold(alias), person) if alias else person
            if fold(owner) != fold(person):
                raise InputError(
                    "an e-mail or name in the rates stands for two people",
                    remedy="Give each person an e-mail of their own in the rates template.",
                )
    people = {person for person, _ in rated} | {person for (person,) in named}
    rows = [(person, person_ids.setdefault(fold(person), person)) for person in sorted(people)]
    create_table(connection, "people", {"person": "VARCHAR", "person_id": "VARCHAR"}, rows)


def add_parties(connection: DuckDBPyConnection, accounts: Sequence[AccountRecord], parties_sql: str) -> Identities:
    """Create `party_accounts` (party_key, party, account_id) and `unmatched_parties` (account_id, name)."""
    parties = [Party(*row) for row in connection.execute(parties_sql).fetchall()]
    identities = resolve(parties, accounts)
    columns = {"party_key": "VARCHAR", "party": "VARCHAR", "account_id": "VARCHAR"}
    rows = [(key, name, account_id) for (key, name), account_id in identities.account_ids.items()]
    create_table(connection, "party_accounts", columns, rows)
    unmatched = [(party.account_id, party.name) for party in identities.unmatched]
    create_table(connection, "unmatched_parties", {"account_id": "VARCHAR", "name": "VARCHAR"}, unmatched)
    return identities
