"""Fixtures: the Salesforce connector, connected to the sandbox."""

from datetime import date
from decimal import Decimal

import pytest

from connectors.salesforce.connector import SalesforceConnector
from connectors.salesforce.login import SalesforceLogin
from connectors.transport import Patience

PATIENCE = Patience(read_seconds=5, total_seconds=10, attempts=3, first_wait_seconds=0, longest_wait_seconds=0)


@pytest.fixture
def open_connector(fields):
    made = []

    def connect(box, **changes):
        app = box.salesforce_login
        credentials = {"client_secret": app.client_secret, **changes.pop("credentials", {})}
        login = SalesforceLogin(box.url, app.client_id, **credentials)
        settings = {"fields": fields, "options": box.options("salesforce"), "patience": PATIENCE, **changes}
        made.append(SalesforceConnector(login, **settings))
        return made[-1]

    yield connect
    for connector in made:
        connector.close()


@pytest.fixture
def connector(sandbox, open_connector):
    return open_connector(sandbox)


@pytest.fixture
def account(ids):
    return ids["salesforce"]


@pytest.fixture
def all_values():
    """A value for every field that is ours."""
    return {
        "tier": "A",
        "tier_since": date(2026, 10, 31),
        "tier_status": "Final",
        "reason": 'Margin 12.5 % - "Ärger" \\ and \U0001f40b',
        "reasons": "one\ntwo",
        "review": True,
        "next_step": "Reprice",
        "next_step_amount": Decimal("1234.50"),
        "net_12m": Decimal("-9999999999999.99"),
        "margin_pct": Decimal("12.5"),
        "coverage": Decimal(87),
        "figures_through": date(2026, 10, 31),
        "notice_by": date(2027, 3, 31),
        "run": "2026-11-21T02",
    }
