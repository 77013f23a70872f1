"""HubSpot behind the `CrmConnector` protocol: companies are accounts."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo

from connectors.base import (
    AccountRecord,
    CrmIdentity,
    CrmOptions,
    DealRecord,
    FieldSpec,
    FieldValue,
    RecordChange,
    WriteOutcome,
)
from connectors.errors import CrmAccessError, CrmAnswerError
from connectors.hubspot import pull, write
from connectors.hubspot.answers import Json
from connectors.hubspot.client import PAGE_SIZE, HubSpotClient, HubSpotLogin
from connectors.hubspot.properties import (
    COMPANY_PROPERTIES,
    customer_faults,
    deal_faults,
    field_faults,
    missing_names,
)
from connectors.hubspot.rows import field_values, row_of
from connectors.transport import Patience, is_loopback

_UI_HOST = re.compile(r"app(-[a-z0-9]+)?\.hubspot\.com")
_COMPANY_TYPE = "0-2"
"""Object type id of companies in HubSpot's page addresses."""


@dataclass(frozen=True, slots=True)
class _Portal:
    """The HubSpot account that the token belongs to."""

    id: str
    kind: str
    zone: tzinfo
    ui_url: str


class HubSpotConnector:
    """A HubSpot portal, as the nightly job sees it."""

    name = "hubspot"
    batch_size = PAGE_SIZE

    def __init__(
        self,
        login: HubSpotLogin,
        *,
        fields: Sequence[FieldSpec],
        options: CrmOptions = CrmOptions(),  # noqa: B008 - frozen, so one for all calls is safe
        patience: Patience = Patience(),  # noqa: B008 - frozen, so one for all calls is safe
    ) -> None:
        self._login = login
        self._fields = tuple(fields)
        self._options = options
        self._client = HubSpotClient(login, patience=patience)
        self._known_portal: _Portal | None = None

    @property
    def api_usage(self) -> tuple[int, int] | None:
        """Return calls used and allowed on the portal's day, as the last answer told; None before it."""
        limits = self._client.limits
        if limits.daily is None or limits.daily_remaining is None:
            return None
        return limits.daily - limits.daily_remaining, limits.daily

    def check(self) -> CrmIdentity:
        """Log in, and make sure that every field can be read and every field of ours be written.

        Raises:
            CrmLoginError: the access token is refused.
            CrmAccessError: a scope is missing, or properties are missing, read-only or of another type; all are named.
        """
        portal = self._portal()
        companies, deals = self._client.properties_of("companies"), self._client.properties_of("deals")
        faults = [
            *(f"companies: {fault}" for fault in field_faults(self._fields, companies)),
            *(f"companies: {fault}" for fault in missing_names(COMPANY_PROPERTIES, companies)),
            *(f"companies: {fault}" for fault in customer_faults(self._options, companies)),
            *(f"deals: {fault}" for fault in deal_faults(self._options, deals)),
        ]
        if faults:
            raise CrmAccessError(
                "; ".join(faults),
                where=f"HubSpot portal {portal.id}",
                remedy="Create or correct these properties as docs/fields.md shows them, then run again.",
            )
        return CrmIdentity(
            crm=self.name,
            org_id=portal.id,
            org_name=f"{portal.kind} portal {portal.id}",
            user="holder of the access token",
        )

    def pull_accounts(self) -> Iterator[AccountRecord]:
        """Yield every company that is not archived, once, in the order of its id."""
        return pull.accounts(self._client, self._fields, options=self._options, zone=self._portal().zone)

    def pull_merges(self, accounts: Sequence[AccountRecord], vanished: Collection[str] = ()) -> Mapping[str, str]:
        """Return company that was merged away -> the one that took it over.

        The companies themselves tell, without a call; one that vanished and that none of them lists is asked for by
        its id, which leads to whatever company it is part of now.
        """
        steps = pull.merges(accounts)
        living = {each: self._client.living_id(each) for each in sorted(vanished) if each not in steps}
        return steps | {lost: kept for lost, kept in living.items() if kept is not None and kept != lost}

    def pull_deals(self) -> Iterator[DealRecord]:
        """Yield every deal that is not archived, once, in the order of its id."""
        return pull.deals(self._client, options=self._options, zone=self._portal().zone)

    def read_fields(self, account_ids: Sequence[str]) -> dict[str, Mapping[str, FieldValue]]:
        """Return the present values of all our fields by account id; accounts that are gone are left out.

        Raises:
            CrmAnswerError: a record that exists is missing in the answer.
        """
        wanted = list(dict.fromkeys(account_ids))
        values: dict[str, Mapping[str, FieldValue]] = {}
        for start in range(0, len(wanted), PAGE_SIZE):
            values |= self._read_batch(wanted[start : start + PAGE_SIZE])
        return values

    def write_changes(self, changes: Sequence[RecordChange]) -> list[WriteOutcome]:
        """Write up to `batch_size` changes and return one outcome per change, in order of `changes`.

        Raises:
            ValueError: changes that must not be sent at all (a fault of the caller).
            CrmLoginError, CrmAccessError, CrmBudgetError, CrmAnswerError: refused, and nothing was written.
        """
        outcomes = write.write(self._client, write.batch_of(changes, self._fields))
        return [outcomes[change.account_id] for change in changes]

    def record_url(self, account_id: str) -> str:
        """Return the page on which a person sees this company."""
        portal = self._portal()
        return f"{portal.ui_url}/contacts/{portal.id}/record/{_COMPANY_TYPE}/{account_id}"

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _read_batch(self, account_ids: Sequence[str]) -> dict[str, Mapping[str, FieldValue]]:
        where = self._client.where
        found = self._client.batch_read(account_ids, properties=[spec.names["hubspot"] for spec in self._fields])
        for missing in (one for one in account_ids if one not in found):
            # Missing means deleted or merged away, unless the answer lost it: the record itself tells.
            if self._client.living_id(missing) == missing:
                raise CrmAnswerError(
                    "a batch answer lacks this record", where=f"{where} record {missing}", remedy="Run again."
                )
        return {one: field_values(row_of(found[one], where=where), self._fields) for one in account_ids if one in found}

    def _portal(self) -> _Portal:
        if self._known_portal is None:
            self._known_portal = _portal(self._client.account_details(), self._login)
        return self._known_portal


def _portal(details: Json, login: HubSpotLogin) -> _Portal:
    ui_host = str(details.get("uiDomain"))
    vendor_url = f"https://{ui_host if _UI_HOST.fullmatch(ui_host) else 'app.hubspot.com'}"
    return _Portal(
        id=str(details["portalId"]),
        kind=str(details.get("accountType") or "HubSpot").capitalize(),
        zone=_zone(str(details.get("timeZone") or "UTC")),
        ui_url=login.url.rstrip("/") if is_loopback(login.url) else vendor_url,
    )


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):  # not in this machine's zone table: days are then taken in UTC
        return UTC
