"""What `describe` says of our fields, checked against what we need."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from simple_salesforce.api import Salesforce

from connectors.base import CrmOptions, FieldSpec
from connectors.errors import CrmAccessError
from connectors.salesforce.client import SalesforceClient
from connectors.transport import BrokenAnswerError

CRM = "salesforce"

# Object Reference: "Field Types"; one CRM type for each of ours.
_TYPES: Mapping[str, tuple[str, ...]] = {
    "text": ("string",),
    "long_text": ("textarea",),
    "picklist": ("picklist",),
    "date": ("date",),
    "number": ("double", "int"),
    "currency": ("currency",),
    "percent": ("percent",),
    "checkbox": ("boolean",),
}
_ACCOUNT_NAMES = ("Id", "Name", "ParentId", "OwnerId")
_DEAL_NAMES = ("Id", "AccountId", "Amount", "CloseDate", "IsWon", "IsClosed", "Probability")
_CURRENCY = "CurrencyIsoCode"
_REMEDY = (
    "Give the integration user a permission set that grants these fields; if they are missing in Setup too, create"
    " them as docs/fields.md says. Then run `whalecurve doctor`."
)


class ObjectFields:
    """The fields of one object that the integration user can see, found by name whatever its case."""

    def __init__(self, name: str, fields: Sequence[Mapping[str, Any]]) -> None:
        self.name = name
        self._by_name = {str(field["name"]).casefold(): field for field in fields}

    def __contains__(self, name: str) -> bool:
        return name.casefold() in self._by_name

    def __getitem__(self, name: str) -> Mapping[str, Any]:
        return self._by_name[name.casefold()]

    def api_name(self, name: str) -> str:
        """Return the name as Salesforce spells it, and as the keys of records are spelt."""
        return str(self[name]["name"])


@dataclass(frozen=True, slots=True)
class Names:
    """The names to read and write by, as `describe` spells them.

    Attributes:
        fields: our field key -> API name, for all fields of ours.
        account_key, started_on, company_number, website, deal_hours, deal_starts_on: API names of the customer's own
            fields, None: not used.
        deal: API names of the opportunity's fields, the customer's own included.
    """

    fields: Mapping[str, str]
    account_key: str | None
    started_on: str | None
    company_number: str | None
    website: str | None
    deal_hours: str | None
    deal_starts_on: str | None
    deal: tuple[str, ...]

    @property
    def account(self) -> tuple[str, ...]:
        """Return every name that the pull of accounts selects, each once."""
        own = (name for name in (self.account_key, self.started_on, self.company_number, self.website) if name)
        return tuple(dict.fromkeys((*_ACCOUNT_NAMES, *own, *self.fields.values())))


def find_names(client: SalesforceClient, *, fields: Sequence[FieldSpec], options: CrmOptions) -> Names:
    """Describe both objects and return the names of all that we need.

    Raises:
        CrmAccessError: something is missing, hidden, read-only or of another form; all of it is named.
    """
    account, deal = _describe(client, "Account"), _describe(client, "Opportunity")
    faults = [*_account_faults(account, fields, options), *_deal_faults(deal, options)]
    if faults:
        raise CrmAccessError("not all fields are as needed: " + "; ".join(faults), where=client.host, remedy=_REMEDY)
    currency = (_CURRENCY,) if _CURRENCY in deal else ()  # only in an org with several currencies
    hours = deal.api_name(options.deal_hours) if options.deal_hours else None
    starts_on = deal.api_name(options.deal_starts_on) if options.deal_starts_on else None
    return Names(
        fields={spec.key: account.api_name(spec.names[CRM]) for spec in fields},
        account_key=account.api_name(options.account_key) if options.account_key else None,
        started_on=account.api_name(options.started_on) if options.started_on else None,
        company_number=account.api_name(options.company_number) if options.company_number else None,
        website=account.api_name(options.website) if options.website else None,
        deal_hours=hours,
        deal_starts_on=starts_on,
        deal=tuple(dict.fromkeys((*_DEAL_NAMES, *currency, *(name for name in (hours, starts_on) if name)))),
    )


def _describe(client: SalesforceClient, name: str) -> ObjectFields:
    """Return an object's fields; of an object that is hidden as a whole, none."""

    def ask(api: Salesforce) -> ObjectFields:
        # REST API: "sObject Describe".
        answer = api.restful(f"sobjects/{name}/describe")
        fields = answer.get("fields") if isinstance(answer, dict) else None
        if not (isinstance(fields, list) and all(isinstance(field, dict) and "name" in field for field in fields)):
            raise BrokenAnswerError(f"the description of {name} has no list of fields", where=client.host)
        return ObjectFields(name, fields)

    try:
        return client.read(ask)
    except CrmAccessError:
        return ObjectFields(name, ())


def _missing(of: ObjectFields, names: Sequence[str]) -> Iterator[str]:
    for name in names:
        if name not in of:
            yield f"{of.name}.{name} is missing or hidden"


def _account_faults(account: ObjectFields, fields: Sequence[FieldSpec], options: CrmOptions) -> Iterator[str]:
    yield from _missing(account, [*_ACCOUNT_NAMES, *options.of_accounts])
    own: Mapping[str | None, tuple[str, ...]] = {
        options.account_key: ("string", "double", "int"),
        options.started_on: ("date", "datetime"),
        options.company_number: ("string", "double", "int"),
        options.website: ("url", "string"),
    }
    for name, types in own.items():
        if name and name in account:
            yield from _type_fault(account, name, types)
    for spec in fields:
        yield from _field_faults(account, spec)


def _deal_faults(deal: ObjectFields, options: CrmOptions) -> Iterator[str]:
    own = {options.deal_hours: ("double", "int"), options.deal_starts_on: ("date", "datetime")}
    named = {name: types for name, types in own.items() if name}
    yield from _missing(deal, [*_DEAL_NAMES, *named])
    for name, types in named.items():
        if name in deal:
            yield from _type_fault(deal, name, types)


def _field_faults(account: ObjectFields, spec: FieldSpec) -> Iterator[str]:
    name = spec.names[CRM]
    if name not in account:
        yield from _missing(account, [name])
        return
    has_other_type = False
    for fault in _type_fault(account, name, _TYPES[spec.type]):
        has_other_type = True
        yield fault
    if spec.owner == "product" and account[name].get("updateable") is not True:
        yield f"Account.{name} is read-only for us"
    if spec.owner == "product" and not has_other_type:
        yield from _size_faults(account[name], spec)


def _type_fault(of: ObjectFields, name: str, expected: Sequence[str]) -> Iterator[str]:
    found = of[name].get("type")
    if found not in expected:
        yield f"{of.name}.{name} is of type {found}, expected {' or '.join(expected)}"


def _size_faults(field: Mapping[str, Any], spec: FieldSpec) -> Iterator[str]:
    """Tell where a value of ours would not fit: length of a text, digits of a number, values of a picklist."""
    name = f"Account.{spec.names[CRM]}"
    if spec.type in ("text", "long_text") and int(field.get("length") or 0) < spec.length:
        yield f"{name} holds {field.get('length')} characters, expected {spec.length}"
    if spec.type in ("number", "currency", "percent") and int(field.get("scale") or 0) < spec.scale:
        yield f"{name} keeps {field.get('scale')} digits after the point, expected {spec.scale}"
    if spec.type == "picklist":
        offered = {entry.get("value") for entry in field.get("picklistValues") or () if entry.get("active", True)}
        lacking = [value for value in spec.values if value not in offered]
        if lacking:
            yield f"{name} lacks the values {', '.join(lacking)}"
