"""The HubSpot connector, connected to the sandbox."""

import pytest

from connectors.hubspot.client import HubSpotLogin
from connectors.hubspot.connector import HubSpotConnector
from connectors.transport import Patience

HASTE = Patience(
    connect_seconds=5,
    read_seconds=5,
    total_seconds=10,
    attempts=3,
    first_wait_seconds=0.001,
    longest_wait_seconds=0.01,
)


@pytest.fixture
def box(make_sandbox):
    """An empty sandbox."""
    return make_sandbox("hubspot.sqlite")


@pytest.fixture
def seeded(box):
    """Make accounts of these names; return their ids in this order."""
    return lambda *names: list(box.seed("hubspot", accounts=[{"name": name} for name in names]).values())


@pytest.fixture
def connect(box, fields):
    """Connect to the sandbox, or another one; the connections are closed with the test."""
    opened = []

    def connected(to=box, *, token=box.hubspot_token, options=None, api_version="v3") -> HubSpotConnector:
        login = HubSpotLogin(to.url, token, api_version)
        options = options or to.options("hubspot")
        opened.append(HubSpotConnector(login, fields=fields, options=options, patience=HASTE))
        return opened[-1]

    yield connected
    for connector in opened:
        connector.close()
