"""What the CRM knows: accounts with what people decided about them, and deals, in the units of the facts."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, TypeAlias

from connectors.base import AccountRecord, DealRecord, FieldValue
from connectors.errors import InputError
from connectors.exports.frames import create_table
from profitability.facts import PPM
from profitability.units import SECONDS_PER_HOUR, half_up, minor_digits

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_DECISIONS = ("open", "keep", "improve_first", "phase_out")
_LARGEST = (1 << 63) - 1

_ACCOUNT_COLUMNS = {
    "account_id": "VARCHAR",
    "name": "VARCHAR",
    "started_on": "DATE",
    "parent_id": "VARCHAR",
    "owner": "VARCHAR",
    "decision": "VARCHAR",
    "holds_until": "DATE",
}
_DEAL_COLUMNS = {
    "deal_id": "VARCHAR",
    "account_id": "VARCHAR",
    "stage": "VARCHAR",
    "amount_minor": "BIGINT",
    "demand_seconds": "BIGINT",
    "probability_ppm": "BIGINT",
    "starts_on": "DATE",
    "closes_on": "DATE",
}

_Row: TypeAlias = tuple[object, ...]


def add_crm(
    connection: DuckDBPyConnection,
    accounts: Iterable[AccountRecord],
    deals: Iterable[DealRecord],
    home_currency: str,
) -> None:
    """Create `crm_accounts`, and `crm_deals` of the deals that are open or won.

    Raises:
        InputError: a decision that is none of ours, or a deal with an amount, hours or chance that cannot be.
    """
    create_table(connection, "crm_accounts", _ACCOUNT_COLUMNS, map(_account_row, accounts))
    scale = 10 ** minor_digits(home_currency)
    alive = (deal for deal in deals if deal.is_won or not deal.is_closed)
    create_table(connection, "crm_deals", _DEAL_COLUMNS, (_deal_row(deal, home_currency, scale) for deal in alive))


def _account_row(account: AccountRecord) -> _Row:
    return (
        account.account_id,
        account.name,
        account.started_on,
        account.parent_id,
        account.owner_id,
        _decision(account.account_id, account.values.get("decision")),
        account.values.get("decision_until"),
    )


def _decision(account_id: str, stored: FieldValue) -> str | None:
    """Return `improve_first` for `Improve first`. What is told names the record, not the words people wrote there."""
    if stored is None:
        return None
    found = "_".join(str(stored).casefold().split())
    if found not in _DECISIONS:
        raise InputError(
            "the review decision of this account is none of Open, Keep, Improve first, Phase out",
            where=f"CRM account {account_id}",
            remedy="Choose one of the four, or clear the field; take further values out of the field's list.",
        )
    return found


def _deal_row(deal: DealRecord, home_currency: str, scale: int) -> _Row:
    is_home = deal.currency in (None, home_currency)
    return (
        deal.deal_id,
        deal.account_id,
        "won" if deal.is_won else "open",
        _in_units(deal, "amount", deal.amount, scale) if is_home else None,
        _in_units(deal, "number of hours", deal.hours, SECONDS_PER_HOUR, least=0),
        None if deal.is_won else _in_units(deal, "probability", deal.probability, PPM, least=0, most=PPM),
        deal.starts_on,
        deal.close_date,
    )


def _in_units(
    deal: DealRecord, name: str, value: Decimal | None, scale: int, *, least: int = -_LARGEST, most: int = _LARGEST
) -> int | None:
    """Return a number of a deal in our units, half away from zero."""
    if value is None:
        return None
    units = half_up(Fraction(value) * scale)
    if not least <= units <= most:
        raise InputError(
            f"the {name} of this deal cannot be", where=f"CRM deal {deal.deal_id}", remedy="Correct it in the CRM."
        )
    return units
