"""Who logs in to Salesforce, and how a token is asked for."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass, field
from typing import Any

import requests
from simple_salesforce import login as library
from simple_salesforce.exceptions import SalesforceAuthenticationFailed

from connectors.errors import CrmError, CrmLoginError
from connectors.transport import BrokenAnswerError, bare_address, is_loopback

VENDOR_DOMAIN = ".salesforce.com"
LOOPBACK_HOST = "loopback.my.salesforce.com"
"""Stands for the loopback address, as the library makes a login host only of a name below `salesforce.com`."""

_CREDENTIALS_REMEDY = (
    "Check client id, secret, key and user name, and that the user is active and may use the external client app."
)
_MY_DOMAIN_REMEDY = "Give the My Domain address of the org, such as https://acme.my.salesforce.com."


@dataclass(frozen=True, slots=True)
class SalesforceLogin:
    """The credentials of one org; either `client_secret`, or `username` with `private_key`.

    Attributes:
        url: My Domain address, https; http is accepted on loopback alone.
        client_id: consumer key of the external client app.
        client_secret: consumer secret, for the client credentials flow.
        username, private_key: integration user and PEM text, for the JWT bearer flow.

    Raises:
        CrmLoginError: the address is no org's, or no flow, or both flows, are given.
    """

    url: str
    client_id: str
    client_secret: str = field(default="", repr=False)
    username: str = ""
    private_key: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        parts = bare_address(self.url)
        is_vendor = (
            parts and parts.scheme == "https" and self.host.endswith(VENDOR_DOMAIN) and parts.port in (None, 443)
        )
        is_local = parts and parts.scheme in ("http", "https") and self.is_local
        if not (is_vendor or is_local):
            raise CrmLoginError(f"{self.host or 'the address'} is not an org's address", remedy=_MY_DOMAIN_REMEDY)
        if not self.client_id or bool(self.client_secret) == bool(self.username and self.private_key):
            raise CrmLoginError(
                "expected a client id and either a client secret or a user name with a private key",
                where=self.host,
                remedy="Set the credentials of one flow, client credentials or JWT bearer.",
            )
        if self.client_secret and self.host in ("login.salesforce.com", "test.salesforce.com"):
            raise CrmLoginError(
                "the client credentials flow is not served at the common address",
                where=self.host,
                remedy=_MY_DOMAIN_REMEDY,
            )

    @property
    def host(self) -> str:
        """Return the host of `url`, in lower case; blank if it is no bare address."""
        parts = bare_address(self.url)
        return (parts.hostname or "") if parts else ""

    @property
    def is_local(self) -> bool:
        """Tell whether the org is on this machine."""
        return is_loopback(self.url)


def request_token(login: SalesforceLogin, *, session: requests.Session) -> tuple[str, str]:
    """Return an access token and the host (with port) that it is for.

    Raises:
        CrmLoginError: the credentials are refused, or the private key cannot be used.
        BrokenAnswerError: the answer is no token answer.
    """
    try:
        # The library warns with the client id in the text when the app is not approved; our error says as much.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # OAuth 2.0 client credentials flow; OAuth 2.0 JWT bearer flow (help: "OAuth Authorization Flows").
            flow: dict[str, Any] = _flow(login)
            given: tuple[object, object] = library.SalesforceLogin(
                session=session, consumer_key=login.client_id, **flow
            )
    except SalesforceAuthenticationFailed as error:
        raise _login_error(error.code, login.host) from None
    except (AttributeError, KeyError, TypeError) as error:
        raise BrokenAnswerError("the login answer has no token or instance address", where=login.host) from error
    except CrmError:
        raise
    except Exception as error:  # noqa: BLE001 - errors of PyJWT and cryptography, which sign, have no root in common
        raise CrmLoginError(
            f"the private key cannot sign a login ({type(error).__name__})",
            where=login.host,
            remedy="Give the whole PEM text of an RSA private key without passphrase.",
        ) from None
    token, instance = given
    if not (isinstance(token, str) and token and isinstance(instance, str) and instance):
        raise BrokenAnswerError("the login answer has no token or instance address", where=login.host)
    return token, instance.rstrip("/")


def _flow(login: SalesforceLogin) -> dict[str, str]:
    host = LOOPBACK_HOST if login.is_local else login.host
    domain = host.removesuffix(VENDOR_DOMAIN)
    if login.client_secret:
        return {"consumer_secret": login.client_secret, "domain": domain}
    # The audience of a JWT is the common login address, of a sandbox org the test one; `instance_url` is a prefix.
    audience = "test" if ".sandbox." in host or host == "test.salesforce.com" else "login"
    return {
        "username": login.username,
        "privatekey": login.private_key,
        "domain": audience,
        "instance_url": domain,
    }


def _login_error(code: object, host: str) -> CrmError:
    """Tell a refusal (`invalid_client`, `invalid_grant`, ...) from an answer that is no OAuth answer."""
    if isinstance(code, str) and re.fullmatch(r"[A-Za-z_]{1,60}", code):
        return CrmLoginError(f"Salesforce refuses the login ({code})", where=host, remedy=_CREDENTIALS_REMEDY)
    status = f"status {code}" if isinstance(code, int) else "no error code"
    return BrokenAnswerError(f"the login answer is not the JSON of an OAuth answer ({status})", where=host)
