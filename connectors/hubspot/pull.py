"""Read companies and deals page by page, each once, in order of id."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import tzinfo
from functools import partial
from typing import Any

from connectors.base import AccountRecord, CrmOptions, DealRecord, FieldSpec
from connectors.errors import CrmAnswerError
from connectors.hubspot.answers import Json
from connectors.hubspot.client import HubSpotClient, ObjectType, Page
from connectors.hubspot.properties import COMPANY_PROPERTIES, DEAL_PROPERTIES
from connectors.hubspot.rows import Row, field_values, row_of
from connectors.hubspot.values import checkbox, day, number

_PRIMARY = "deal_to_company"
"""Association label of a deal's primary company; the unlabelled twin of each association repeats its id."""

_MERGED_IDS = "hs_merged_object_ids"
"""Ids of the companies that became part of a company, joined by semicolons; HubSpot sets it."""


def accounts(
    client: HubSpotClient, fields: Sequence[FieldSpec], *, options: CrmOptions, zone: tzinfo
) -> Iterator[AccountRecord]:
    """Yield every company that is not archived; `zone` is the portal's."""
    asked = [*COMPANY_PROPERTIES, _MERGED_IDS, *(spec.names["hubspot"] for spec in fields)]
    asked += options.of_accounts
    for record in _records(client, "companies", properties=asked):
        yield _account(row_of(record, where=client.where), fields, options=options, zone=zone)


def merges(accounts: Sequence[AccountRecord]) -> dict[str, str]:
    """Return company that was merged away -> the one that lists it; one that several list is nobody's.

    A merge makes a new company, which lists both old ids; these are in no list of companies any more, and each of them
    leads to the new company when it is asked for alone. Merges before that change kept the id of one of the two
    (HubSpot changelog, "Updated merge functionality for contacts and companies"). Whether the list goes on to name what
    had been merged into one of the two before is documented nowhere.
    """
    keepers: dict[str, set[str]] = defaultdict(set)
    for account in accounts:
        for lost in account.merged_ids:
            keepers[lost].add(account.account_id)
    return {lost: next(iter(ids)) for lost, ids in keepers.items() if len(ids) == 1}


def deals(client: HubSpotClient, *, options: CrmOptions, zone: tzinfo) -> Iterator[DealRecord]:
    """Yield every deal that is not archived; `zone` is the portal's."""
    asked = [*DEAL_PROPERTIES, "deal_currency_code"]
    asked += [name for name in (options.deal_hours, options.deal_starts_on) if name]
    for record in _records(client, "deals", properties=asked, associations=["companies"]):
        yield _deal(row_of(record, where=client.where), record, options=options, zone=zone)


def _records(
    client: HubSpotClient, object_type: ObjectType, *, properties: Sequence[str], associations: Sequence[str] = ()
) -> Iterator[Json]:
    """Yield the records of all pages by ascending id.

    HubSpot lists by id. While records are merged and deleted beside us a page may repeat some of the one before;
    anything else out of order would mean that records can be missed, and raises.
    """
    where = f"{client.where} {object_type}"
    last, before = -1, set[int]()
    for page in _pages(client, object_type, properties=properties, associations=associations):
        by_id = {int(record_id): record for record_id, record in page.records.items()}
        fresh = sorted(number for number in by_id if number not in before)
        if fresh and fresh[0] <= last:
            raise CrmAnswerError("the list is not in order of id", where=where, remedy="Run again.")
        yield from (by_id[number] for number in fresh)
        last = max(last, *by_id) if by_id else last
        before = set(by_id)


def _pages(
    client: HubSpotClient, object_type: ObjectType, *, properties: Sequence[str], associations: Sequence[str]
) -> Iterator[Page]:
    after: str | None = None
    followed = set[str]()
    while True:
        page = client.page(object_type, properties=properties, after=after, associations=associations)
        yield page
        after = page.after
        if after is None:
            return
        if after in followed:
            raise CrmAnswerError(
                "the list goes in a circle", where=f"{client.where} {object_type}", remedy="Run again."
            )
        followed.add(after)


def _account(row: Row, fields: Sequence[FieldSpec], *, options: CrmOptions, zone: tzinfo) -> AccountRecord:
    return AccountRecord(
        account_id=row.id,
        name=row.text("name") or "",
        external_key=row.text(options.account_key) if options.account_key else None,
        parent_id=row.text("hs_parent_company_id"),
        started_on=row.read(options.started_on, partial(day, zone=zone)) if options.started_on else None,
        values=field_values(row, fields),
        owner_id=row.text("hubspot_owner_id"),
        company_number=row.text(options.company_number) if options.company_number else None,
        website=row.text(options.website) if options.website else None,
        merged_ids=tuple(one for one in re.findall("[0-9]+", row.text(_MERGED_IDS) or "") if one != row.id),
    )


def _deal(row: Row, record: Json, *, options: CrmOptions, zone: tzinfo) -> DealRecord:
    return DealRecord(
        deal_id=row.id,
        account_id=row.text("hs_primary_associated_company") or _primary_company(record),
        amount=row.read("amount", number),
        currency=row.text("deal_currency_code"),
        close_date=row.read("closedate", partial(day, zone=zone)),
        is_won=row.read("hs_is_closed_won", checkbox) is True,
        is_closed=row.read("hs_is_closed", checkbox) is True,
        probability=row.read("hs_deal_stage_probability", number),
        hours=row.read(options.deal_hours, number) if options.deal_hours else None,
        starts_on=row.read(options.deal_starts_on, partial(day, zone=zone)) if options.deal_starts_on else None,
    )


def _primary_company(record: Json) -> str | None:
    """Return the company that the associations name as primary, or the only one; no guess among several."""
    found: Any = record.get("associations") or {}
    listed = (found.get("companies") or {}).get("results") or [] if isinstance(found, Mapping) else []
    pairs = {(str(one.get("id")), one.get("type")) for one in listed if isinstance(one, Mapping)}
    primary = {company_id for company_id, label in pairs if label == _PRIMARY}
    candidates = primary or {company_id for company_id, _ in pairs}
    return candidates.pop() if len(candidates) == 1 else None
