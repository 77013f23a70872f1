"""What people do to records in a CRM's own screens, behind our back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.sandbox.hubspot_values import HubSpotError, check_all
from connectors.sandbox.salesforce_values import SalesforceError, check_values
from connectors.sandbox.schema import ACCOUNT_OBJECT, DEAL_OBJECT, Crm, Schema
from connectors.sandbox.store import Record, Records

_LINKS: Mapping[Crm, tuple[str, str]] = {
    "salesforce": ("AccountId", "ParentId"),
    "hubspot": ("hs_primary_associated_company", "hs_parent_company_id"),
}
"""Fields by which a deal and a child account hang on an account."""


def find_account(records: Records, crm: Crm, account_id: str) -> Record:
    """Return an account, deleted or not.

    Raises:
        LookupError: there never was one.
    """
    record = records.find(ACCOUNT_OBJECT[crm], account_id)
    if record is None:
        raise LookupError(f"no account {account_id} in {crm}")
    return record


def edit_account(
    records: Records, crm: Crm, schema: Schema, account_id: str, values: Mapping[str, Any], *, by: str
) -> None:
    """Set fields of an account.

    Raises:
        ValueError: the CRM refuses a value.
    """
    record = find_account(records, crm, account_id)
    try:
        checked = (
            check_values(schema, record.object, values)
            if crm == "salesforce"
            else check_all(schema, record.object, [values])[0]
        )
    except (SalesforceError, HubSpotError) as refusal:
        raise ValueError(refusal.message) from refusal
    records.update(record.object, account_id, checked, by=by)


def merge_accounts(records: Records, crm: Crm, kept_id: str, lost_id: str, *, by: str) -> str:
    """Merge two accounts and return the id that lives on; deals and child accounts follow.

    Salesforce keeps the first one's id and deletes the other; HubSpot makes a new record for both, which lists these
    two alone, even where they are mergers themselves.
    """
    kept, lost = find_account(records, crm, kept_id), find_account(records, crm, lost_id)
    gone: tuple[str, ...] = (lost_id,) if crm == "salesforce" else (kept_id, lost_id)
    values = {**lost.values, **{name: value for name, value in kept.values.items() if value is not None}}
    if crm == "salesforce":
        survivor = kept_id
        records.update(kept.object, kept_id, values, by=by)
    else:
        values["hs_merged_object_ids"] = f"{kept_id};{lost_id}"
        survivor = records.add(kept.object, [values], by=by)[0]
    for each in gone:
        records.delete(kept.object, each, merged_into=survivor)
    deal_link, parent_link = _LINKS[crm]
    _move(records, DEAL_OBJECT[crm], deal_link, gone, survivor, by=by)
    _move(records, ACCOUNT_OBJECT[crm], parent_link, gone, survivor, by=by)
    return survivor


def _move(records: Records, object_name: str, link: str, gone: tuple[str, ...], survivor: str, *, by: str) -> None:
    """Hand the records that hang on merged accounts to the survivor, which never hangs on itself."""
    for each in records.scan(object_name):
        if each.values.get(link) in gone and not each.is_deleted:
            records.update(object_name, each.id, {link: None if each.id == survivor else survivor}, by=by)
