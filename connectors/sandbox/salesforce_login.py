"""The OAuth token endpoint and the sessions of the Salesforce sandbox."""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

import jwt
from starlette.requests import Request
from starlette.responses import JSONResponse

from connectors.sandbox.salesforce_values import SalesforceError

_AUDIENCES = ("https://login.salesforce.com", "https://test.salesforce.com")
_JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"


@dataclass(frozen=True, slots=True)
class SalesforceLogin:
    """What a client needs to log in to the sandbox; made up, and the same every time.

    Attributes:
        domain: My Domain prefix; the client's address for tokens, `https://{domain}.salesforce.com`.
        username: whom a JWT must name as its subject.
    """

    client_id: str = "sandbox-consumer-key"
    client_secret: str = "sandbox-consumer-secret"  # noqa: S105 - made up, opens nothing but the sandbox
    domain: str = "sandbox.my"
    username: str = "whalecurve@sandbox.example"


class LoginRefusedError(Exception):
    """The token endpoint says no."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error, self.description = error, description


@dataclass(slots=True)
class Sessions:
    """The tokens that were given out and are still good.

    Attributes:
        public_key: PEM of the certificate for JWT logins; None: only client credentials are set up.
    """

    login: SalesforceLogin
    org_id: str
    user_id: str
    public_key: str | None = None
    tokens: set[str] = field(default_factory=set)

    @property
    def identity_url(self) -> str:
        """The vendor's name of a user in an org."""
        return f"https://login.salesforce.com/id/{self.org_id}/{self.user_id}"

    async def issue(self, request: Request) -> JSONResponse:
        """Answer `POST /services/oauth2/token`.

        Source: Salesforce "OAuth 2.0 Client Credentials Flow" and "JWT Bearer Flow".
        """
        form = dict(parse_qsl((await request.body()).decode()))
        try:
            self._check_grant(form, request.headers.get("authorization", ""))
        except LoginRefusedError as refusal:
            return JSONResponse({"error": refusal.error, "error_description": refusal.description}, status_code=400)
        token = f"{self.org_id[:15]}!{secrets.token_urlsafe(48)}"
        self.tokens.add(token)
        return JSONResponse(
            {
                "access_token": token,
                "instance_url": str(request.base_url).rstrip("/"),
                "id": self.identity_url,
                "token_type": "Bearer",
                "scope": "api",
            }
        )

    def check(self, request: Request) -> None:
        """Let a request pass if it carries a living token.

        Raises:
            SalesforceError: it does not.
        """
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme not in {"Bearer", "OAuth"} or token not in self.tokens:
            raise SalesforceError("INVALID_SESSION_ID", "Session expired or invalid", status=401)

    def _check_grant(self, form: Mapping[str, str], authorization: str) -> None:
        grant = form.get("grant_type")
        if grant == "client_credentials":
            self._check_secret(*(_basic(authorization) or (form.get("client_id", ""), form.get("client_secret", ""))))
        elif grant == _JWT_GRANT:
            self._check_assertion(form.get("assertion", ""))
        else:
            raise LoginRefusedError("unsupported_grant_type", "grant type not supported")

    def _check_secret(self, client_id: str, client_secret: str) -> None:
        if client_id != self.login.client_id:
            raise LoginRefusedError("invalid_client_id", "client identifier invalid")
        if not secrets.compare_digest(client_secret.encode(), self.login.client_secret.encode()):
            raise LoginRefusedError("invalid_client", "invalid client credentials")

    def _check_assertion(self, assertion: str) -> None:
        if self.public_key is None:
            raise LoginRefusedError("invalid_grant", "invalid assertion")
        try:
            jwt.decode(
                assertion,
                self.public_key,
                algorithms=["RS256"],
                audience=[*_AUDIENCES, f"https://{self.login.domain}.salesforce.com"],
                issuer=self.login.client_id,
                subject=self.login.username,
                options={"require": ["exp", "iss", "sub", "aud"]},
            )
        except jwt.ExpiredSignatureError as error:
            raise LoginRefusedError("invalid_grant", "expired authorization code") from error
        except jwt.InvalidTokenError as error:
            raise LoginRefusedError("invalid_grant", "invalid assertion") from error


def _basic(header: str) -> tuple[str, str] | None:
    scheme, _, encoded = header.partition(" ")
    if scheme != "Basic":
        return None
    try:
        client_id, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return client_id, secret
