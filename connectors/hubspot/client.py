"""The calls we make to HubSpot, through API objects of `hubspot-api-client` that are built once and held.

Reads are retried here, by one policy; the write is sent once and its raw answer returned.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from types import ModuleType
from typing import Any, Literal, TypeAlias, TypeVar

import hubspot

from connectors.errors import CrmError, CrmLoginError
from connectors.hubspot.answers import (
    NOT_FOUND,
    OK,
    PARTLY,
    Json,
    document,
    error_body,
    next_cursor,
    record_id,
    records_by_id,
    refusal,
    results,
)
from connectors.hubspot.limits import RateLimits
from connectors.hubspot.paths import ACCOUNT_DETAILS, ApiVersion
from connectors.hubspot.wire import Answer, Wire
from connectors.transport import BrokenAnswerError, Patience, bare_address, is_loopback, retrying_reads

PAGE_SIZE = 100
"""Most records of a list page, and most inputs of a batch (HubSpot docs, "Using object APIs")."""

T = TypeVar("T")

ObjectType: TypeAlias = Literal["companies", "deals"]

_VENDOR_HOST, _VENDOR_DOMAIN = "api.hubapi.com", ".hubapi.com"


@dataclass(frozen=True, slots=True)
class HubSpotLogin:
    """Where HubSpot is and how to get in; the token shows in no repr.

    Attributes:
        url: `https://api.hubapi.com`; plain http, or another host, only on this machine.
        access_token: service key or token of a private app.
        api_version: `v3`, or a dated version.

    Raises:
        CrmLoginError: the URL may not receive a token, or the token cannot be one.
    """

    url: str
    access_token: str = field(repr=False)
    api_version: ApiVersion = "v3"

    def __post_init__(self) -> None:
        if not _may_receive_token(self.url):
            raise CrmLoginError(
                "the HubSpot address is not one that may receive a token",
                where="crm url",
                remedy=f"Use https://{_VENDOR_HOST}.",
            )
        token = self.access_token
        # A line break in a header value is an error whose text quotes the value: stop it here.
        if not token or not token.isascii() or not token.isprintable() or " " in token:
            raise CrmLoginError(
                "the HubSpot access token is empty or holds spaces or control characters",
                where="crm access token",
                remedy="Copy the token again, on one line.",
            )


def _may_receive_token(url: str) -> bool:
    """Tell whether a URL is a bare https address of HubSpot, or one on this machine."""
    parts = bare_address(url)
    if parts is None:
        return False
    host = parts.hostname or ""
    is_vendor = parts.scheme == "https" and (host == _VENDOR_HOST or host.endswith(_VENDOR_DOMAIN))
    return is_vendor or (parts.scheme in ("http", "https") and is_loopback(url))


@dataclass(frozen=True, slots=True)
class Page:
    """Records of a list by id, and the cursor of the next page; None: this is the last."""

    records: Mapping[str, Json]
    after: str | None


class HubSpotClient:
    """The six calls of the connector. `where` of every error is the host."""

    def __init__(self, login: HubSpotLogin, *, patience: Patience) -> None:
        self._patience = patience
        self._wire = Wire(login.url.rstrip("/"), api_version=login.api_version, patience=patience)
        self.where = self._wire.host
        # Building an API object sets the level of the logger `urllib3`, which is not the client's to set.
        shared = logging.getLogger("urllib3")
        level = shared.level
        hub = hubspot.HubSpot(
            host=login.url.rstrip("/"), access_token=login.access_token, retry=False, api_factory=self._api
        )
        # Each access to hub.crm... builds a new API object (and a connection pool): build once, hold.
        self._companies = hub.crm.companies.basic_api
        self._company_batches = hub.crm.companies.batch_api
        self._deals = hub.crm.deals.basic_api
        self._properties = hub.crm.properties.core_api
        shared.setLevel(level)

    @property
    def limits(self) -> RateLimits:
        """The allowance as the latest answer stated it."""
        return self._wire.limits

    def account_details(self) -> Json:
        """Return portal id (a number), time zone and UI host. HubSpot docs, "Account information API"."""

        def details_of(answer: Answer) -> Json:
            content = self._document(answer)
            if not isinstance(content.get("portalId"), int):
                raise BrokenAnswerError("the account details name no portal id", where=self.where)
            return content

        ask = partial(self._companies.api_client.call_api, ACCOUNT_DETAILS, "GET", auth_settings=["oauth2"])
        return self._read(ask, details_of)

    def properties_of(self, object_type: ObjectType) -> list[Json]:
        """Return the definitions of all properties. HubSpot docs, "Properties API", read all."""
        ask = partial(self._properties.get_all, object_type, archived=False)
        return self._read(ask, lambda answer: results(self._document(answer), where=self.where))

    def page(
        self, object_type: ObjectType, *, properties: Sequence[str], after: str | None, associations: Sequence[str] = ()
    ) -> Page:
        """Return one list page of records that are not archived. HubSpot docs, "Using object APIs", list."""
        api = self._companies if object_type == "companies" else self._deals
        more: dict[str, object] = {"after": after} if after is not None else {}
        if associations:
            more["associations"] = list(associations)
        ask = partial(api.get_page, limit=PAGE_SIZE, properties=list(properties), archived=False, **more)
        where = f"{self.where} {object_type}"

        def page_of(answer: Answer) -> Page:
            content = self._document(answer)
            return Page(records_by_id(content, where=where), next_cursor(content, where=where))

        return self._read(ask, page_of)

    def living_id(self, company_id: str) -> str | None:
        """Return the id that a company has now, None if it is deleted. HubSpot docs, "Using object APIs", read.

        It is another one where the company was merged away: that of the record that took it over.
        """

        def id_of(answer: Answer) -> str | None:
            # Only a 404 that is HubSpot's own speaks of the record; a gateway's page does not.
            if answer.status == NOT_FOUND and error_body(answer):
                return None
            return record_id(self._document(answer), where=self.where)

        return self._read(
            partial(self._companies.get_by_id, company_id, properties=["hs_object_id"], archived=False), id_of
        )

    def batch_read(self, company_ids: Sequence[str], *, properties: Sequence[str]) -> dict[str, Json]:
        """Return up to 100 companies by id; ids that are gone are missing. HubSpot docs, "Batch read".

        A POST, yet a read: it is retried like one.
        """
        body = {"inputs": [{"id": one} for one in company_ids], "properties": list(properties)}
        ask = partial(self._company_batches.read, body, archived=False)
        return self._read(ask, lambda answer: records_by_id(self._document(answer), where=self.where))

    def batch_update(self, inputs: Sequence[Mapping[str, Any]]) -> Answer:
        """Send up to 100 changes of companies, once, and return the raw answer. HubSpot docs, "Batch update".

        `idProperty` stays out: HubSpot refuses every batch in which it names the record id.

        Raises:
            CrmUnavailableError: no whole answer came; whether anything was written is not known.
            CrmAnswerError: the answer is too large to be taken; neither is it known then.
        """
        answer: Answer = self._company_batches.update({"inputs": list(inputs)}, _preload_content=False)
        return answer

    def refusal(self, answer: Answer) -> CrmError:
        """Return the error that an answer other than success asks for."""
        return refusal(answer, where=self.where, longest_wait_seconds=self._patience.longest_wait_seconds)

    def close(self) -> None:
        """Close the connections."""
        self._wire.close()

    def _read(self, ask: Callable[..., Answer], take: Callable[[Answer], T]) -> T:
        """Ask until `take` can make something of the answer, by the retry policy of reads."""

        def attempt() -> T:
            # Raw bodies: the client's models cost 35 times as much and take broken answers for empty ones.
            return take(ask(_preload_content=False))

        return retrying_reads(self._patience)(attempt)

    def _document(self, answer: Answer) -> Json:
        if answer.status not in (OK, PARTLY):
            raise self.refusal(answer)
        return document(answer, where=self.where)

    def _api(self, package: ModuleType, api_name: str, config: Mapping[str, Any]) -> object:
        """Build an API object whose requests go through our wire (the client's hook `api_factory`)."""
        configuration = package.Configuration(host=config["host"])
        configuration.access_token = config["access_token"]
        configuration.retries = config["retry"]
        api_client = package.ApiClient(configuration=configuration)
        api_client.user_agent = "whalecurve"
        api_client.rest_client = self._wire
        return getattr(package, api_name)(api_client=api_client)
