"""Calls of the Salesforce API: logged in, with bounded reads, one new login, and our errors for theirs."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import TypeAlias, TypeVar

from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import SalesforceError

from connectors.errors import (
    CrmAccessError,
    CrmAnswerError,
    CrmBudgetError,
    CrmError,
    CrmLoginError,
    CrmUnavailableError,
)
from connectors.salesforce.login import SalesforceLogin, request_token
from connectors.salesforce.session import SalesforceSession
from connectors.transport import BrokenAnswerError, Patience, TransientCrmError, retrying_reads

T = TypeVar("T")

Ask: TypeAlias = Callable[[Salesforce], T]
"""One call through the library; it is made a second time after a new login, with all that it carries."""

# Reference: "Error codes"; newer tokens are refused with the last two.
_EXPIRED = frozenset({"INVALID_SESSION_ID", "INVALID_AUTH_HEADER", "INVALID_JWT_FORMAT"})
_PASSING = frozenset({"SERVER_UNAVAILABLE", "QUERY_TIMEOUT", "UNABLE_TO_LOCK_ROW"})
_NO_ACCESS = frozenset({"INVALID_FIELD", "INVALID_TYPE", "NOT_FOUND", "INSUFFICIENT_ACCESS", "API_DISABLED_FOR_ORG"})
_ACCESS_REMEDY = "Give the integration user a permission set that grants what is named, then run `whalecurve doctor`."


class _SessionExpiredError(CrmError):
    """The token is no longer taken; nothing was done with the request."""


class SalesforceClient:
    """One org, logged in on first use.

    The library is given a token and no credentials, so that its own login on 401 stays off: that one drops the
    caller's headers, knows one of three codes, and keeps the address of the first login.
    """

    def __init__(self, login: SalesforceLogin, *, patience: Patience, api_version: str) -> None:
        self.host = login.host
        self._login = login
        self._patience = patience
        self._api_version = api_version
        self._session = SalesforceSession(login, patience=patience)
        self._salesforce: Salesforce | None = None

    @property
    def api_usage(self) -> tuple[int, int] | None:
        """Return calls used and allowed in the org's rolling 24 hours, from the last answer; None before it."""
        usage = self._salesforce.api_usage.get("api-usage") if self._salesforce else None
        return (usage.used, usage.total) if usage else None

    def read(self, ask: Ask[T]) -> T:
        """Make a call that changes nothing, again if it fails in a way that may pass.

        `ask` takes the answer apart too, and raises `BrokenAnswerError` for one without the parts that it needs.

        Raises:
            CrmUnavailableError: no usable answer after all attempts.
            CrmLoginError, CrmAccessError, CrmBudgetError, CrmAnswerError: see `connectors.errors`.
        """
        return retrying_reads(self._patience)(lambda: self.call_once(ask))

    def call_once(self, ask: Ask[T]) -> T:
        """Make a call; only a refused token, with which nothing was done, has it made a second time."""
        try:
            return self._translated(ask, self.log_in())
        except _SessionExpiredError:
            self._salesforce = None
        try:
            return self._translated(ask, self.log_in())
        except _SessionExpiredError as error:
            raise CrmLoginError(
                "Salesforce refuses a token that it has just given",
                where=self.host,
                remedy="Check the session policies and IP ranges of the external client app.",
            ) from error

    def log_in(self) -> Salesforce:
        """Return the library's client, logged in."""
        if self._salesforce is None:
            token, instance = request_token(self._login, session=self._session)
            self._salesforce = Salesforce(
                session_id=token,
                instance=instance,
                session=self._session,
                version=self._api_version,
                parse_float=Decimal,  # money must not pass through float
            )
        return self._salesforce

    def close(self) -> None:
        """Close the connections and forget the token."""
        self._session.close()
        self._salesforce = None

    def _translated(self, ask: Ask[T], salesforce: Salesforce) -> T:
        try:
            return ask(salesforce)
        except SalesforceError as error:
            # `from None`: the library's error carries the response body in its text.
            raise _refusal(error, self.host) from None
        except (ValueError, TypeError, RecursionError):
            raise BrokenAnswerError("the answer is not JSON, or is cut short", where=self.host) from None


def _refusal(error: SalesforceError, host: str) -> CrmError:
    """Return our error for a status of 300 and above (REST API: "Status Codes and Error Responses")."""
    status = error.status
    code, message = _code_and_message(error.content)
    refused = f"Salesforce refuses the call ({status} {code}{_column(message)})"
    if code in _EXPIRED:
        return _SessionExpiredError(refused, where=host)
    if code in _PASSING:
        return TransientCrmError(refused, where=host)
    if code == "REQUEST_LIMIT_EXCEEDED":
        return _limit_error(message, host)
    if code == "INVALID_QUERY_LOCATOR":
        return CrmUnavailableError("the query result expired while it was read", where=host, remedy="Run again.")
    if not code:
        return CrmAnswerError(f"status {status} without a Salesforce error code", where=host)
    return _final_refusal(status, code, refused, host)


def _final_refusal(status: int, code: str, refused: str, host: str) -> CrmError:
    if status == 401:  # noqa: PLR2004 - Unauthorized
        return CrmLoginError(refused, where=host, remedy="Check that the integration user may use the API.")
    if code in _NO_ACCESS or status in (403, 404):
        return CrmAccessError(refused, where=host, remedy=_ACCESS_REMEDY)
    return CrmError(refused, where=host, remedy="Report this message; the request was not carried out.")


def _limit_error(message: str, host: str) -> CrmError:
    """Tell the limit of long calls at one time, which passes in seconds, from that of calls in 24 hours."""
    if "concurrent" in message.casefold():
        return TransientCrmError("too many long calls run in this org at present", where=host)
    return CrmBudgetError(
        "the org's API calls of 24 hours are used up",
        where=host,
        remedy="Run again tomorrow, or ask for a higher allowance; what was written stays.",
    )


def _code_and_message(content: object) -> tuple[str, str]:
    """Return code and text of the first error of a body `[{"errorCode", "message"}]`; blanks for another body."""
    first = content[0] if isinstance(content, list) and content else None
    if not isinstance(first, dict):
        return "", ""
    code, message = first.get("errorCode"), first.get("message")
    is_code = isinstance(code, str) and re.fullmatch(r"[A-Z][A-Z0-9_]{1,99}", code)
    return (str(code) if is_code else ""), (message if isinstance(message, str) else "")


def _column(message: str) -> str:
    """Return the column that an INVALID_FIELD names; the rest of its text repeats our query."""
    found = re.search(r"No such column '(\w+)'", message)
    return f" {found.group(1)}" if found else ""
