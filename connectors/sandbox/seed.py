"""Fill a CRM from plain rows that name no vendor."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Literal, NamedTuple, NotRequired, TypeAlias, TypedDict

from connectors.sandbox.ids import mint_salesforce_id
from connectors.sandbox.schema import ACCOUNT_OBJECT, CUSTOMER_OPTIONS, DEAL_OBJECT, NAME_FIELD, Crm
from connectors.sandbox.store import Cell, Records

Stage: TypeAlias = Literal["won", "lost", "open"]

SEEDER = "Data import"
_STAGE_NAME: Mapping[str, tuple[str, str]] = {
    "won": ("Closed Won", "closedwon"),
    "lost": ("Closed Lost", "closedlost"),
    "open": ("Proposal/Price Quote", "presentationscheduled"),
}


class AccountSeed(TypedDict):
    """One account to create.

    Keys: `name`; `external_key` (customer number of the books); `started_on` (date or ISO text);
    `parent` (the key of an earlier row); `owner` (id of the user who answers for it);
    `values` (CRM field name -> value as the CRM stores it).
    """

    name: str
    external_key: NotRequired[str | None]
    started_on: NotRequired[date | str | None]
    parent: NotRequired[str | None]
    owner: NotRequired[str | None]
    values: NotRequired[Mapping[str, Cell]]


class DealSeed(TypedDict):
    """One deal to create.

    Keys: `account` (the key of an account row of the same seed, or a CRM id; None: no account);
    `amount` (units of `currency`, as text or Decimal); `close_date`; `stage`;
    `probability` (0-1; closed deals: 1 or 0); `hours` and `starts_on` (of the work that it sells).
    """

    account: str | None
    name: NotRequired[str]
    stage: Stage
    amount: NotRequired[str | int | Decimal | None]
    currency: NotRequired[str | None]
    close_date: NotRequired[date | str | None]
    probability: NotRequired[str | Decimal | None]
    hours: NotRequired[str | Decimal | None]
    starts_on: NotRequired[date | str | None]


def seed(
    records: Records, crm: Crm, *, accounts: Iterable[AccountSeed] = (), deals: Iterable[DealSeed] = ()
) -> dict[str, str]:
    """Create accounts and deals.

    Returns:
        Account id by key: the external key where the row has one, else the name.

    Raises:
        LookupError: a parent that no earlier row names, or a deal's account that is neither a key nor an id.
    """
    ids: dict[str, str] = {}
    for row in accounts:
        key = row.get("external_key") or row["name"]
        values = _account_values(crm, row, ids)
        ids[key] = records.add(ACCOUNT_OBJECT[crm], [values], by=SEEDER)[0]
    rows = [_deal_values(crm, row, _account_id(records, crm, row["account"], ids)) for row in deals]
    records.add(DEAL_OBJECT[crm], rows, by=SEEDER)
    return ids


def _account_id(records: Records, crm: Crm, account: str | None, ids: Mapping[str, str]) -> str | None:
    if account is None or account in ids:
        return ids[account] if account else None
    if records.find(ACCOUNT_OBJECT[crm], account) is None:
        raise LookupError(f"a deal names {account!r}, which is neither the key nor the id of an account")
    return account


def _account_values(crm: Crm, row: AccountSeed, ids: Mapping[str, str]) -> dict[str, Cell]:
    options = CUSTOMER_OPTIONS[crm]
    parent = row.get("parent")
    return {
        NAME_FIELD[crm]: row["name"],
        str(options.account_key): row.get("external_key"),
        str(options.started_on): _text(row.get("started_on")),
        "ParentId" if crm == "salesforce" else "hs_parent_company_id": ids[parent] if parent else None,
        "OwnerId" if crm == "salesforce" else "hubspot_owner_id": row.get("owner"),
        **row.get("values", {}),
    }


def _deal_values(crm: Crm, row: DealSeed, account_id: str | None) -> dict[str, Cell]:
    settled = {"won": Decimal(1), "lost": Decimal(0)}.get(row["stage"])
    probability = settled if settled is not None else Decimal(row.get("probability") or "0.5")
    name = row.get("name") or "Retainer"
    convert = _opportunity if crm == "salesforce" else _hubspot_deal
    options, hours = CUSTOMER_OPTIONS[crm], row.get("hours")
    return convert(row, name, account_id, probability) | {
        str(options.deal_hours): _text(hours) if crm == "hubspot" or hours is None else float(hours),
        str(options.deal_starts_on): _text(row.get("starts_on")),
    }


def _opportunity(row: DealSeed, name: str, account_id: str | None, probability: Decimal) -> dict[str, Cell]:
    amount = row.get("amount")
    return {
        "Name": name,
        "AccountId": account_id,
        "StageName": _STAGE_NAME[row["stage"]][0],
        "Amount": None if amount is None else float(amount),
        "CloseDate": _text(row.get("close_date")),
        "IsWon": row["stage"] == "won",
        "IsClosed": row["stage"] != "open",
        "Probability": float(probability * 100),
        "CurrencyIsoCode": row.get("currency"),
    }


def _hubspot_deal(row: DealSeed, name: str, account_id: str | None, probability: Decimal) -> dict[str, Cell]:
    amount, closes = row.get("amount"), _text(row.get("close_date"))
    return {
        "dealname": name,
        "hs_primary_associated_company": account_id,
        "pipeline": "default",
        "dealstage": _STAGE_NAME[row["stage"]][1],
        "amount": _text(amount),
        "closedate": f"{closes}T00:00:00Z" if closes else None,
        "hs_is_closed_won": _bool(row["stage"] == "won"),
        "hs_is_closed": _bool(row["stage"] != "open"),
        "hs_deal_stage_probability": format(probability.normalize(), "f"),
        "deal_currency_code": row.get("currency"),
    }


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _bool(value: object) -> str:
    return "true" if value else "false"


class Identity(NamedTuple):
    """Which org and which portal a file is."""

    org_id: str
    user_id: str
    portal_id: int


def settle_identity(salesforce: Records, hubspot: Records, username: str) -> Identity:
    """Return the identity of a file; a new file gets a new one, as a new org does."""
    if next(salesforce.scan("Organization"), None) is None:
        org_id = mint_salesforce_id("Organization", secrets.randbelow(62**9))
        portal_id = str(secrets.randbelow(90_000_000) + 10_000_000)
        salesforce.add("Organization", [{"Name": "Sandbox Org", "IsSandbox": True}], by=SEEDER, record_id=org_id)
        salesforce.add("User", [{"Name": "Integration user", "Username": username}], by=SEEDER)
        hubspot.add("portal", [{}], by=SEEDER, record_id=portal_id)
    first = [next(found).id for found in (salesforce.scan("Organization"), salesforce.scan("User"))]
    return Identity(first[0], first[1], int(next(hubspot.scan("portal")).id))
