"""Reading: accounts, deals, and the present values of our fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from connectors.base import AccountRecord, DealRecord, FieldSpec, FieldValue
from connectors.errors import CrmAnswerError
from connectors.salesforce import values
from connectors.salesforce.client import SalesforceClient
from connectors.salesforce.fields import Names
from connectors.salesforce.soql import IDS_PER_QUERY, Row, any_of, is_record_id, rows_of, select

ID_LENGTH = 15
"""The first 15 characters of an id tell records apart; the last 3 are a checksum that some sources leave out."""


def accounts(client: SalesforceClient, *, names: Names, fields: Sequence[FieldSpec]) -> Iterator[AccountRecord]:
    """Yield every account that is not deleted, in the order of its id."""
    for row in _records(client, select(names.account, of="Account", order_by="Id")):
        yield AccountRecord(
            account_id=record_id(row),
            name=values.text(cell(row, "Name")) or "",
            external_key=values.key_text(cell(row, names.account_key)) if names.account_key else None,
            parent_id=values.text(cell(row, "ParentId")),
            started_on=values.day(cell(row, names.started_on)) if names.started_on else None,
            values=field_values(row, names=names, fields=fields),
            owner_id=values.text(cell(row, "OwnerId")),
            company_number=values.key_text(cell(row, names.company_number)) if names.company_number else None,
            website=values.text(cell(row, names.website)) if names.website else None,
        )


def merges(client: SalesforceClient) -> dict[str, str]:
    """Return account that was merged away -> its master, for every one that is still in the recycle bin.

    A loser of a merge is a deleted record that names its master, which only queryAll shows (SOAP API: "merge()").
    """
    query = select(("Id", "MasterRecordId"), of="Account", where="IsDeleted = true AND MasterRecordId != null")
    steps: dict[str, str] = {}
    for row in rows_of(client, query, with_deleted=True):
        master = cell(row, "MasterRecordId")
        if not (isinstance(master, str) and is_record_id(master)):
            raise CrmAnswerError("a merged account came without a well-formed id of its master", where=client.host)
        steps[record_id(row)] = master
    return steps


def deals(client: SalesforceClient, *, names: Names) -> Iterator[DealRecord]:
    """Yield every opportunity that is not deleted; its percentage becomes a probability of 0-1."""
    for row in _records(client, select(names.deal, of="Opportunity", order_by="Id")):
        percentage = values.number(cell(row, "Probability"))
        yield DealRecord(
            deal_id=record_id(row),
            account_id=values.text(cell(row, "AccountId")),
            amount=values.number(cell(row, "Amount")),
            currency=values.text(cell(row, "CurrencyIsoCode")) if "CurrencyIsoCode" in names.deal else None,
            close_date=values.day(cell(row, "CloseDate")),
            is_won=values.truth(cell(row, "IsWon")),
            is_closed=values.truth(cell(row, "IsClosed")),
            probability=None if percentage is None else percentage / Decimal(100),
            hours=values.number(cell(row, names.deal_hours)) if names.deal_hours else None,
            starts_on=values.day(cell(row, names.deal_starts_on)) if names.deal_starts_on else None,
        )


def _records(client: SalesforceClient, query: str) -> Iterator[Row]:
    """Yield the rows of a query; a record that comes twice stands where another is missing, as the total agrees."""
    seen = set[str]()
    for row in rows_of(client, query):
        found = record_id(row)
        if found in seen:
            raise CrmAnswerError("a record came twice", where=f"{client.host} record {found}", remedy="Run again.")
        seen.add(found)
        yield row


def present_values(
    client: SalesforceClient, account_ids: Sequence[str], *, names: Names, fields: Sequence[FieldSpec]
) -> dict[str, Mapping[str, FieldValue]]:
    """Return our fields by account id, as the caller writes it; accounts that are deleted or unknown are left out.

    Raises:
        CrmAnswerError: an account came that was not asked for, or came twice.
    """
    found: dict[str, Mapping[str, FieldValue]] = {}
    columns = tuple(dict.fromkeys(("Id", *names.fields.values())))
    for start in range(0, len(account_ids), IDS_PER_QUERY):
        asked = {account_id[:ID_LENGTH]: account_id for account_id in account_ids[start : start + IDS_PER_QUERY]}
        condition = f"{any_of(list(asked.values()))} AND IsDeleted = false"
        for row in rows_of(client, select(columns, of="Account", where=condition)):
            account_id = asked.pop(record_id(row)[:ID_LENGTH], None)
            if account_id is None:
                raise CrmAnswerError("an account came twice, or was not asked for", where=client.host)
            found[account_id] = field_values(row, names=names, fields=fields)
    return found


def field_values(row: Row, *, names: Names, fields: Sequence[FieldSpec]) -> dict[str, FieldValue]:
    """Return the typed values of a row by our field key."""
    return {spec.key: values.from_salesforce(spec, cell(row, names.fields[spec.key])) for spec in fields}


def cell(row: Row, name: str) -> object:
    """Return one column; a column that is not there is a broken answer, not a blank."""
    if name not in row:
        raise CrmAnswerError(f"a record came without {name}, which was asked for")
    return row[name]


def record_id(row: Row) -> str:
    """Return the id of a row."""
    found = cell(row, "Id")
    if not (isinstance(found, str) and is_record_id(found)):
        raise CrmAnswerError("a record came without a well-formed id")
    return found
