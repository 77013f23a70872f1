"""The sandbox: a Salesforce and a HubSpot in one server on loopback.

with Sandbox(Path("crm.sqlite"), fields=load_fields(path)) as box:
    ids = box.seed("salesforce", accounts=[{"name": "Acme", "external_key": "C-001"}])
    ...  # a connector works against box.url
    box.record("salesforce", ids["C-001"])
"""

from __future__ import annotations

import socket
import sqlite3
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from starlette.applications import Starlette

from connectors.base import CrmOptions, FieldSpec
from connectors.sandbox.faults import Faults
from connectors.sandbox.gateway import KEPT_REQUESTS, Gateway, LoggedRequest
from connectors.sandbox.hubspot import HubSpotApi
from connectors.sandbox.hubspot_access import HUBSPOT_TOKEN, HubSpotAccess
from connectors.sandbox.pages import Pages
from connectors.sandbox.people import edit_account, find_account, merge_accounts
from connectors.sandbox.salesforce import SalesforceApi
from connectors.sandbox.salesforce_login import SalesforceLogin, Sessions
from connectors.sandbox.schema import ACCOUNT_OBJECT, CUSTOMER_OPTIONS, Crm, Schema, hubspot_schema, salesforce_schema
from connectors.sandbox.seed import AccountSeed, DealSeed, Identity, seed, settle_identity
from connectors.sandbox.serving import Serving, open_port
from connectors.sandbox.store import HistoryLine, Record, Records, Store
from profitability.errors import WhalecurveError


class SandboxError(WhalecurveError):
    """The sandbox cannot start."""

    code = "WC-026"


@dataclass(frozen=True, slots=True)
class _Running:
    """What exists between start and stop."""

    store: Store
    sessions: Sessions
    serving: Serving


class Sandbox:
    """Both CRMs, their records in one SQLite file that outlives the server.

    Attributes:
        salesforce_login, hubspot_token: credentials, made up and always the same.
        faults: what shall go wrong.
        hubspot_access: scopes and allowance of the HubSpot token.
    """

    salesforce_login = SalesforceLogin()
    hubspot_token = HUBSPOT_TOKEN

    def __init__(
        self,
        path: Path,
        *,
        fields: Sequence[FieldSpec],
        port: int = 0,
        salesforce_public_key: str | None = None,
        is_multi_currency: bool = False,
        salesforce_daily_calls: int = 100_000,
        hubspot_daily_calls: int = 650_000,
        hubspot_burst_calls: int = 190,
    ) -> None:
        """Describe a sandbox; nothing is opened before `start`.

        Args:
            path: SQLite file; made where it is missing.
            fields: our fields, from `config/fields.toml`; all of them exist in both CRMs.
            port: of the server; 0: any free one.
            salesforce_public_key: PEM of the key that JWT logins are signed for; None: client credentials only.
            is_multi_currency: Salesforce records have a `CurrencyIsoCode`, HubSpot deals a `deal_currency_code`.
            salesforce_daily_calls: allowance of a day, counted since the start (default: Enterprise edition).
            hubspot_daily_calls: the same of HubSpot.
            hubspot_burst_calls: most HubSpot calls in any ten seconds.
        """
        self._path, self._port, self._public_key = path, port, salesforce_public_key
        self._schemas: dict[Crm, Schema] = {
            "salesforce": salesforce_schema(fields, is_multi_currency=is_multi_currency),
            "hubspot": hubspot_schema(fields, is_multi_currency=is_multi_currency),
        }
        self._salesforce_daily_calls = salesforce_daily_calls
        self._requests: deque[LoggedRequest] = deque(maxlen=KEPT_REQUESTS)
        self.hubspot_access = HubSpotAccess(burst_calls=hubspot_burst_calls, daily_calls=hubspot_daily_calls)
        self.faults = Faults()
        self._running: _Running | None = None

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.stop()

    def start(self) -> None:
        """Open the file and serve it.

        Raises:
            SandboxError: the port is taken, or the file is not ours.
        """
        listening = self._listen()
        try:
            store = Store(self._path)
            identity = self._identity(store)
        except sqlite3.Error as error:
            listening.close()
            raise SandboxError(
                f"cannot use this file: {error}", where=str(self._path), remedy="Name another file, or delete this one."
            ) from error
        self._port = listening.getsockname()[1]
        sessions = Sessions(self.salesforce_login, identity.org_id, identity.user_id, self._public_key)
        gateway = Gateway(self._application(store, sessions, identity.portal_id), self.faults, self._requests)
        self._running = _Running(store, sessions, Serving(gateway, listening))

    def stop(self) -> None:
        """End open exchanges, free the port, close the file; harmless when stopped."""
        if self._running is None:
            return
        self._running.serving.stop()
        self._running.store.close()
        self._running = None

    @property
    def url(self) -> str:
        """Where both APIs and the pages are; the same after a stop and a start."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def requests(self) -> list[LoggedRequest]:
        """Every request so far, oldest first."""
        return list(self._requests)

    @property
    def writes(self) -> list[LoggedRequest]:
        """The requests that asked to change a record."""
        return [each for each in self._requests if each.is_write]

    def options(self, crm: Crm) -> CrmOptions:
        """Return the fields in which the sandbox's customer keeps customer numbers and start dates."""
        return CUSTOMER_OPTIONS[crm]

    def seed(self, crm: Crm, *, accounts: Iterable[AccountSeed] = (), deals: Iterable[DealSeed] = ()) -> dict[str, str]:
        """Create accounts and deals; return account ids by external key (by name where there is none)."""
        return seed(self._records(crm), crm, accounts=accounts, deals=deals)

    def account_ids(self, crm: Crm) -> list[str]:
        """Return the ids of the accounts that were not deleted, in order."""
        return [each.id for each in self._records(crm).scan(ACCOUNT_OBJECT[crm]) if not each.is_deleted]

    def record(self, crm: Crm, account_id: str) -> Record:
        """Return an account as it is stored now."""
        return find_account(self._records(crm), crm, account_id)

    def history(self, crm: Crm, account_id: str) -> list[HistoryLine]:
        """Return the changes of an account's fields, latest first."""
        return self._records(crm).history(account_id)

    def edit(self, crm: Crm, account_id: str, values: Mapping[str, Any], *, by: str = "Jo Park") -> None:
        """Let a person set fields of an account, in the CRM's names and form (HubSpot: text)."""
        edit_account(self._records(crm), crm, self._schemas[crm], account_id, values, by=by)

    def delete(self, crm: Crm, account_id: str) -> None:
        """Let a person delete an account."""
        self._records(crm).delete(find_account(self._records(crm), crm, account_id).object, account_id)

    def merge(self, crm: Crm, kept_id: str, lost_id: str, *, by: str = "Jo Park") -> str:
        """Let a person merge two accounts; return the id that lives on (HubSpot: a new one)."""
        return merge_accounts(self._records(crm), crm, kept_id, lost_id, by=by)

    def empty_recycle_bin(self, crm: Crm) -> None:
        """Let deleted and merged records be forgotten, as some days do."""
        self._records(crm).purge()

    def hide_field(self, crm: Crm, name: str) -> None:
        """Hide a field from the API, as field-level security or a property that was never made does."""
        self._schemas[crm].hide(name)

    def make_read_only(self, crm: Crm, name: str) -> None:
        """Forbid the API to write a field."""
        self._schemas[crm].make_read_only(name)

    def expire_sessions(self) -> None:
        """End every Salesforce session; logging in again works."""
        self._started().sessions.tokens.clear()

    def _identity(self, store: Store) -> Identity:
        username = self.salesforce_login.username
        return settle_identity(store.records("salesforce"), store.records("hubspot"), username)

    def _records(self, crm: Crm) -> Records:
        return self._started().store.records(crm)

    def _started(self) -> _Running:
        if self._running is None:
            raise SandboxError("the sandbox is not running", remedy="Call start, or use it in a with block.")
        return self._running

    def _application(self, store: Store, sessions: Sessions, portal_id: int) -> Starlette:
        salesforce = SalesforceApi(
            store.records("salesforce"),
            self._schemas["salesforce"],
            sessions,
            daily_calls=self._salesforce_daily_calls,
        )
        hubspot = HubSpotApi(
            store.records("hubspot"), self._schemas["hubspot"], self.hubspot_access, portal_id=portal_id
        )
        pages = Pages(store, self._schemas)
        return Starlette(routes=[*salesforce.routes(), *hubspot.routes(), *pages.routes()])

    def _listen(self) -> socket.socket:
        try:
            return open_port(self._port)
        except OSError as error:
            raise SandboxError(
                f"port {self._port} is taken", where="127.0.0.1", remedy="Name another port, or end what uses it."
            ) from error
