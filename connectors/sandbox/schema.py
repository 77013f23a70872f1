"""Which fields each CRM has: its standard ones, and ours as `config/fields.toml` defines them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, TypeAlias

from connectors.base import CrmOptions, FieldSpec

Crm: TypeAlias = Literal["salesforce", "hubspot"]
FieldOwner: TypeAlias = Literal["product", "people", "crm"]

ACCOUNT_OBJECT: Mapping[str, str] = {"salesforce": "Account", "hubspot": "companies"}
DEAL_OBJECT: Mapping[str, str] = {"salesforce": "Opportunity", "hubspot": "deals"}
NAME_FIELD: Mapping[str, str] = {"salesforce": "Name", "hubspot": "name"}
CUSTOMER_OPTIONS: Mapping[str, CrmOptions] = {
    "salesforce": CrmOptions("AccountNumber", "Client_Since__c", "Sold_Hours__c", "Work_Starts__c"),
    "hubspot": CrmOptions("client_number", "client_since", "sold_hours", "work_starts"),
}
"""The fields in which this made-up customer keeps customer numbers, start dates, and the work that its deals sell."""

_PRECISION = {"number": 3, "percent": 5, "currency": 18}
"""Digits of our number fields in all, as the field table of the product says: (3,0), (5,1), (18,2)."""


@dataclass(frozen=True, slots=True)
class FieldDef:
    """One field of one object, in the words of `connectors.base.FieldSpec`.

    Attributes:
        type: a type of `FieldSpec`, or `id`, `reference`, `datetime`.
        key: our name of the field; empty where it is not ours.
        precision, scale: digits of a number in all, and after the point.
        owner: who keeps the value: our product, people, or the CRM itself.
    """

    name: str
    label: str
    type: str
    help: str = ""
    length: int = 0
    precision: int = 0
    scale: int = 0
    options: Mapping[str, str] = field(default_factory=dict)
    owner: FieldOwner = "crm"
    is_custom: bool = False
    is_writable: bool = False
    refers_to: str = ""
    key: str = ""


class Schema:
    """The fields of one CRM as our login sees them."""

    def __init__(self, objects: Mapping[str, Sequence[FieldDef]]) -> None:
        self._objects = {name: {each.name: each for each in fields} for name, fields in objects.items()}
        self._hidden: set[str] = set()
        self._read_only: set[str] = set()

    @property
    def objects(self) -> tuple[str, ...]:
        """The objects that exist."""
        return tuple(self._objects)

    def fields(self, object_name: str) -> dict[str, FieldDef]:
        """Return the visible fields of an object by name."""
        known = self._objects[object_name].items()
        return {name: each for name, each in known if name not in self._hidden}

    def is_writable(self, each: FieldDef) -> bool:
        """Tell whether our login may write a field."""
        return each.is_writable and each.name not in self._read_only

    def hide(self, name: str) -> None:
        """Take a field from our sight, as missing field-level security or a missing property does."""
        self._require(name)
        self._hidden.add(name)

    def make_read_only(self, name: str) -> None:
        """Forbid our login to write a field."""
        self._require(name)
        self._read_only.add(name)

    def _require(self, name: str) -> None:
        if not any(name in fields for fields in self._objects.values()):
            raise LookupError(f"no field {name!r}; the sandbox knows {sorted(set().union(*self._objects.values()))}")


def is_plain_date(text: str) -> bool:
    """Tell whether a text is a day in the one form that both CRMs take, YYYY-MM-DD."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def product_fields(crm: Crm, fields: Sequence[FieldSpec]) -> list[FieldDef]:
    """Return our fields under the names of one CRM."""
    return [
        FieldDef(
            name=spec.names[crm],
            label=spec.label,
            type=spec.type,
            help=spec.help,
            length=spec.length if spec.type in {"text", "long_text"} else 0,
            precision=_PRECISION.get(spec.type, 0),
            scale=spec.scale,
            options=spec.values,
            owner=spec.owner,
            is_custom=True,
            is_writable=True,
            key=spec.key,
        )
        for spec in fields
    ]


def salesforce_schema(fields: Sequence[FieldSpec], *, is_multi_currency: bool) -> Schema:
    """Return the objects of a Salesforce org in which our package is deployed."""
    system = (
        FieldDef("Id", "Record ID", "id"),
        FieldDef("IsDeleted", "Deleted", "checkbox"),
        FieldDef("CreatedDate", "Created Date", "datetime"),
        FieldDef("LastModifiedDate", "Last Modified Date", "datetime"),
        FieldDef("SystemModstamp", "System Modstamp", "datetime"),
    )
    name = FieldDef("Name", "Name", "text", length=255, is_writable=True)
    currency = (FieldDef("CurrencyIsoCode", "Currency", "text", length=3, is_writable=True),)
    shared = (*system, name, *(currency if is_multi_currency else ()))
    return Schema(
        {
            "Account": (*shared, *_ACCOUNT, *product_fields("salesforce", fields)),
            "Opportunity": (*shared, *_OPPORTUNITY),
            "Organization": (system[0], name, FieldDef("IsSandbox", "Is Sandbox", "checkbox")),
            "User": (system[0], name, FieldDef("Username", "Username", "text", length=80)),
        }
    )


_ACCOUNT = (
    FieldDef("AccountNumber", "Account Number", "text", length=40, is_writable=True),
    FieldDef("Website", "Website", "text", length=255, is_writable=True),
    FieldDef("ParentId", "Parent Account", "reference", is_writable=True, refers_to="Account"),
    FieldDef("OwnerId", "Account Owner", "reference", is_writable=True, refers_to="User"),
    FieldDef("MasterRecordId", "Master Record", "reference", refers_to="Account"),
    FieldDef("Client_Since__c", "Client since", "date", is_custom=True, is_writable=True),
)
_OPPORTUNITY = (
    FieldDef("AccountId", "Account", "reference", is_writable=True, refers_to="Account"),
    FieldDef("StageName", "Stage", "text", length=255, is_writable=True),
    FieldDef("Amount", "Amount", "currency", precision=18, scale=2, is_writable=True),
    FieldDef("CloseDate", "Close Date", "date", is_writable=True),
    FieldDef("IsWon", "Won", "checkbox"),
    FieldDef("IsClosed", "Closed", "checkbox"),
    FieldDef("Probability", "Probability (%)", "percent", precision=3, is_writable=True),
    FieldDef("Sold_Hours__c", "Hours sold", "number", precision=10, scale=2, is_custom=True, is_writable=True),
    FieldDef("Work_Starts__c", "Work starts on", "date", is_custom=True, is_writable=True),
)


def hubspot_schema(fields: Sequence[FieldSpec], *, is_multi_currency: bool) -> Schema:
    """Return the objects of a HubSpot account in which our properties exist."""
    system = (
        FieldDef("hs_object_id", "Record ID", "number"),
        FieldDef("createdate", "Create Date", "datetime"),
        FieldDef("hs_lastmodifieddate", "Last Modified Date", "datetime"),
    )
    currency = (FieldDef("deal_currency_code", "Currency", "text", is_writable=True),)
    return Schema(
        {
            "companies": (*system, *_COMPANY, *product_fields("hubspot", fields)),
            "deals": (*system, *_DEAL, *(currency if is_multi_currency else ())),
        }
    )


_COMPANY = (
    FieldDef("name", "Company name", "text", length=65_536, is_writable=True),
    FieldDef("domain", "Company Domain Name", "text", length=65_536, is_writable=True),
    FieldDef("hs_parent_company_id", "Parent Company", "number"),
    FieldDef("hubspot_owner_id", "Company owner", "text", is_writable=True),
    FieldDef("hs_merged_object_ids", "Merged record IDs", "text"),
    FieldDef("client_number", "Client number", "text", length=65_536, is_custom=True, is_writable=True),
    FieldDef("client_since", "Client since", "date", is_custom=True, is_writable=True),
)
_DEAL = (
    FieldDef("dealname", "Deal Name", "text", length=65_536, is_writable=True),
    FieldDef("dealstage", "Deal Stage", "text", is_writable=True),
    FieldDef("pipeline", "Pipeline", "text", is_writable=True),
    FieldDef("amount", "Amount", "number", scale=2, is_writable=True),
    FieldDef("closedate", "Close Date", "datetime", is_writable=True),
    FieldDef("hs_is_closed", "Is Deal Closed?", "checkbox"),
    FieldDef("hs_is_closed_won", "Is Closed Won", "checkbox"),
    FieldDef("hs_deal_stage_probability", "Deal Probability", "number"),
    FieldDef("hs_primary_associated_company", "Primary Associated Company", "number"),
    FieldDef("sold_hours", "Hours sold", "number", scale=2, is_custom=True, is_writable=True),
    FieldDef("work_starts", "Work starts on", "date", is_custom=True, is_writable=True),
)
