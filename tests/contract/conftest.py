"""Fixtures of the contract tests: a fresh sandbox for each test, with five accounts and five deals in each CRM.

`CRMS` is the table of connectors; a test that asks for `connect` or `connector` runs once for each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from connectors.base import CrmConnector, CrmOptions, FieldSpec
from connectors.fields import load_fields
from connectors.hubspot.client import HubSpotLogin
from connectors.hubspot.connector import HubSpotConnector
from connectors.salesforce.connector import SalesforceConnector
from connectors.salesforce.login import SalesforceLogin
from connectors.sandbox.seed import AccountSeed, DealSeed
from connectors.sandbox.server import Sandbox
from connectors.transport import Patience

_FIELD_FILE = Path(__file__).parents[2] / "config" / "fields.toml"


@pytest.fixture(scope="session")
def fields() -> tuple[FieldSpec, ...]:
    """Our fields, as the product ships them."""
    return load_fields(_FIELD_FILE)


@pytest.fixture
def accounts() -> list[AccountSeed]:
    """What the fixture `sandbox` holds: a subsidiary, a name with markup, a blank key, a blank start."""
    return [
        {"name": "Alder & Sons", "external_key": "C-001", "started_on": "2021-03-01"},
        {"name": "Alder Retail", "external_key": "C-002", "started_on": "2022-07-15", "parent": "C-001", "owner": "77"},
        {"name": "<script>alert(1)</script>", "external_key": "C-003", "started_on": "2023-01-09"},
        {"name": "Café Über", "external_key": "C-004", "started_on": None},
        {"name": "No Number Ltd", "external_key": None, "started_on": "2024-11-30"},
    ]


@pytest.fixture
def deals() -> list[DealSeed]:
    """The deals of the fixture `sandbox`: won, lost, open, without amount, without account."""
    return [
        {"account": "C-001", "stage": "won", "amount": "12000.50", "close_date": "2021-02-20", "hours": "120.25"},
        {"account": "C-002", "stage": "won", "amount": "8000", "close_date": "2022-07-01", "starts_on": "2022-09-01"},
        {"account": "C-002", "stage": "lost", "amount": "500", "close_date": "2023-05-05"},
        {"account": "C-003", "stage": "open", "amount": None, "close_date": "2027-01-31", "probability": "0.4"},
        {"account": None, "stage": "open", "amount": "100", "close_date": None, "probability": "0.1"},
    ]


@pytest.fixture
def make_sandbox(tmp_path: Path, fields: tuple[FieldSpec, ...]) -> Iterator[Callable[..., Sandbox]]:
    """Start further sandboxes with other settings; all are stopped after the test."""
    started: list[Sandbox] = []

    def start(name: str = "other.sqlite", **settings: object) -> Sandbox:
        box = Sandbox(tmp_path / name, fields=fields, **settings)
        box.start()
        started.append(box)
        return box

    yield start
    for box in started:
        box.stop()


@pytest.fixture
def sandbox(make_sandbox: Callable[..., Sandbox], accounts: list[AccountSeed], deals: list[DealSeed]) -> Sandbox:
    """A running sandbox with the same accounts and deals in both CRMs."""
    box = make_sandbox("crm.sqlite")
    for crm in ("salesforce", "hubspot"):
        box.seed(crm, accounts=accounts, deals=deals)
    return box


@pytest.fixture
def ids(sandbox: Sandbox) -> Mapping[str, Mapping[str, str]]:
    """CRM -> customer number (or name where it is blank) -> account id, in the order of `accounts`."""
    keys = ("C-001", "C-002", "C-003", "C-004", "No Number Ltd")
    return {crm: dict(zip(keys, sandbox.account_ids(crm), strict=True)) for crm in ("salesforce", "hubspot")}


class ApiSession(requests.Session):
    """Plain HTTP against one of the sandbox's APIs: paths instead of addresses, a bearer token, a deadline."""

    def __init__(self, base_url: str, token: str) -> None:
        super().__init__()
        self.trust_env = False
        self._base_url = base_url
        self.headers["Authorization"] = f"Bearer {token}"

    def request(self, method: str, url: str, **settings: Any) -> requests.Response:
        """Send a request to a path of the API."""
        return super().request(method, self._base_url + url, **{"timeout": 5, **settings})


def salesforce_token(box: Sandbox) -> str:
    """Log in with client credentials."""
    login = box.salesforce_login
    form = {"grant_type": "client_credentials", "client_id": login.client_id, "client_secret": login.client_secret}
    return str(requests.post(f"{box.url}/services/oauth2/token", data=form, timeout=5).json()["access_token"])


@pytest.fixture
def open_salesforce() -> Iterator[Callable[[Sandbox], ApiSession]]:
    """Log in to a sandbox's Salesforce and speak plain HTTP with it, below `/services/data/v66.0`."""
    with ExitStack() as stack:
        yield lambda box: stack.enter_context(ApiSession(f"{box.url}/services/data/v66.0", salesforce_token(box)))


@pytest.fixture
def open_hubspot() -> Iterator[Callable[[Sandbox], ApiSession]]:
    """Speak plain HTTP with a sandbox's HubSpot."""
    with ExitStack() as stack:
        yield lambda box: stack.enter_context(ApiSession(box.url, box.hubspot_token))


@pytest.fixture
def salesforce_api(sandbox: Sandbox, open_salesforce: Callable[[Sandbox], ApiSession]) -> ApiSession:
    """Plain HTTP with the Salesforce of the fixture `sandbox`."""
    return open_salesforce(sandbox)


@pytest.fixture
def hubspot_api(sandbox: Sandbox, open_hubspot: Callable[[Sandbox], ApiSession]) -> ApiSession:
    """Plain HTTP with the HubSpot of the fixture `sandbox`."""
    return open_hubspot(sandbox)


@dataclass(frozen=True)
class Crm:
    """What a contract test must know of one CRM; a new one is one entry in `CRMS`.

    Attributes:
        connect: makes the connector from address, secret and the settings that all connectors share.
        secret: opens the sandbox.
        list_path, write_path: where a GET lists accounts, where changes are written.
        page_size: most accounts of a list page.
        blank_checkbox: what a cleared checkbox reads as.
        no_account: an id in the CRM's form that no account has.
    """

    connect: Callable[..., CrmConnector]
    secret: str
    list_path: str
    write_path: str
    page_size: int
    blank_checkbox: bool | None
    no_account: str


def _salesforce(url: str, secret: str, **settings: Any) -> CrmConnector:
    return SalesforceConnector(
        SalesforceLogin(url, Sandbox.salesforce_login.client_id, client_secret=secret), **settings
    )


def _hubspot(url: str, secret: str, **settings: Any) -> CrmConnector:
    return HubSpotConnector(HubSpotLogin(url, secret), **settings)


CRMS = {
    "salesforce": Crm(
        connect=_salesforce,
        secret=Sandbox.salesforce_login.client_secret,
        list_path="/services/data/v66.0/query",
        write_path="/services/data/v66.0/composite/sobjects",
        page_size=2000,
        blank_checkbox=False,
        no_account="001gL00000ZZZZZ",
    ),
    "hubspot": Crm(
        connect=_hubspot,
        secret=Sandbox.hubspot_token,
        list_path="/crm/v3/objects/companies",
        write_path="/crm/v3/objects/companies/batch/update",
        page_size=100,
        blank_checkbox=None,
        no_account="1",
    ),
}


@pytest.fixture
def crms() -> Mapping[str, Crm]:
    """Every CRM that the contract is proven for."""
    return CRMS


@pytest.fixture(params=CRMS)
def name(request: pytest.FixtureRequest) -> str:
    """The CRM's name, as the sandbox and the field file know it."""
    return str(request.param)


@pytest.fixture
def haste() -> Patience:
    """Three tries of a read without a pause; the deadlines leave room for a busy machine."""
    return Patience(
        connect_seconds=5, read_seconds=5, total_seconds=10, attempts=3, first_wait_seconds=0, longest_wait_seconds=0
    )


@pytest.fixture
def crm(name: str) -> Crm:
    """What the tests must know of it."""
    return CRMS[name]


@pytest.fixture
def connect(
    name: str, crm: Crm, sandbox: Sandbox, fields: tuple[FieldSpec, ...], haste: Patience
) -> Iterator[Callable[..., CrmConnector]]:
    """Connect to the sandbox, or another address; the connections are closed with the test."""
    opened: list[CrmConnector] = []

    def connected(
        url: str | None = None,
        *,
        secret: str = crm.secret,
        patience: Patience = haste,
        options: CrmOptions | None = None,
    ) -> CrmConnector:
        own = sandbox.options(name) if options is None else options
        opened.append(crm.connect(url or sandbox.url, secret, fields=fields, options=own, patience=patience))
        return opened[-1]

    yield connected
    for connector in opened:
        connector.close()


@pytest.fixture
def connector(connect: Callable[..., CrmConnector]) -> CrmConnector:
    """Logged in and checked, so that what follows is the call under test alone."""
    made = connect()
    made.check()
    return made


@pytest.fixture
def account(name: str, ids: Mapping[str, Mapping[str, str]]) -> Mapping[str, str]:
    """Customer number -> account id."""
    return ids[name]
