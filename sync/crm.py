"""Build the connector that the settings ask for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from connectors.base import CrmConnector, FieldSpec
from connectors.fields import fields_of_profile, load_fields

if TYPE_CHECKING:
    from sync.settings import Settings


def fields_in_use(settings: Settings) -> tuple[FieldSpec, ...]:
    """Return the CRM fields that the configured profile reads and writes."""
    return fields_of_profile(load_fields(settings.files.fields), settings.crm.profile)


@contextmanager
def connected(settings: Settings) -> Iterator[CrmConnector]:
    """Give the connector of the configured CRM; nothing is sent before its first method is called.

    Raises:
        ConfigError: a secret that the login needs is missing.
    """
    make = _salesforce if settings.crm.kind == "salesforce" else _hubspot
    connector = make(settings)
    try:
        yield connector
    finally:
        connector.close()


def _salesforce(settings: Settings) -> CrmConnector:
    from connectors.salesforce.connector import SalesforceConnector
    from connectors.salesforce.login import SalesforceLogin

    secrets = settings.secrets.salesforce()
    login = SalesforceLogin(
        url=settings.crm.url,
        client_id=secrets.client_id.reveal(),
        client_secret=secrets.client_secret.reveal() if secrets.client_secret else "",
        username=secrets.username.reveal() if secrets.username else "",
        private_key=secrets.private_key.reveal() if secrets.private_key else "",
    )
    crm = settings.crm
    return SalesforceConnector(login, fields=fields_in_use(settings), options=crm.options, patience=crm.patience)


def _hubspot(settings: Settings) -> CrmConnector:
    from connectors.hubspot.client import HubSpotLogin
    from connectors.hubspot.connector import HubSpotConnector

    login = HubSpotLogin(url=settings.crm.url, access_token=settings.secrets.hubspot().access_token.reveal())
    crm = settings.crm
    return HubSpotConnector(login, fields=fields_in_use(settings), options=crm.options, patience=crm.patience)
