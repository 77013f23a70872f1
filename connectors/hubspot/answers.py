"""What an answer of HubSpot means: the error that a status asks for, the results that a body holds.

All fields of HubSpot's error bodies are optional (docs, "Error handling"), so everything here reads them as such.
Statuses and categories are contract there, message texts are not.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from connectors.errors import (
    CrmAccessError,
    CrmAnswerError,
    CrmBudgetError,
    CrmError,
    CrmLoginError,
    CrmUnavailableError,
)
from connectors.hubspot.limits import rate_limits, retry_after_seconds
from connectors.hubspot.wire import Answer
from connectors.transport import BrokenAnswerError, TransientCrmError, is_passing

Json: TypeAlias = Mapping[str, Any]

OK = 200
PARTLY = 207
"""A batch of which some inputs failed; the client never raises for it."""
NOT_FOUND = 404

_LOGIN_STATUS = frozenset({401, 530})  # 530: the gateway's answer to a malformed token
_FORBIDDEN, _LOCKED, _TOO_MANY, _MIGRATION = 403, 423, 429, 477
_LOCK_SECONDS = 2.0  # docs, "Error handling", 423: a lock lasts two seconds
# Docs, "API usage guidelines": Retry-After is not always sent, the policy tells the window.
_POLICY_SECONDS = {"TEN_SECONDLY_ROLLING": 10.0, "SECONDLY": 1.0}
_CODE = re.compile(r"[A-Z][A-Z0-9_]{1,63}")
_SCOPE = re.compile(r"[a-z][a-z0-9._-]{2,79}")
_CODE_IN_TEXT = re.compile(r'"error"\s*:\s*"([A-Z][A-Z0-9_]{1,63})"')


def document(answer: Answer, *, where: str) -> Json:
    """Return the JSON object of an answer.

    Raises:
        BrokenAnswerError: the body is cut short, is not JSON, or is JSON of another shape.
    """
    try:
        content = json.loads(answer.body)
    except (ValueError, RecursionError):
        # The cause holds the whole body: it must not travel with the error.
        raise _untrusted(f"status {answer.status} with a body that is not whole JSON", where) from None
    if not isinstance(content, dict):
        raise _untrusted(f"status {answer.status} with JSON that is a {type(content).__name__}, not an object", where)
    return content


def results(content: Json, *, where: str) -> list[Json]:
    """Return the records of an answer; without this check a broken answer reads as the end of a list.

    Raises:
        BrokenAnswerError: `results` is missing or is no list of objects.
    """
    found = content.get("results")
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise _untrusted("the answer has no list of results", where)
    return found


def record_id(record: Json, *, where: str) -> str:
    """Return the id of a record: digits, as text.

    Raises:
        BrokenAnswerError: there is none.
    """
    found = record.get("id")
    if not isinstance(found, str) or not (found.isascii() and found.isdigit()):
        raise _untrusted("a record in the answer has no numeric id", where)
    return found


def records_by_id(content: Json, *, where: str) -> dict[str, Json]:
    """Return the records of an answer by their id.

    Raises:
        BrokenAnswerError: there is no list of records, or one of them has no id.
    """
    return {record_id(one, where=where): one for one in results(content, where=where)}


def next_cursor(page: Json, *, where: str) -> str | None:
    """Return the cursor of the page after this one, None after the last.

    Raises:
        BrokenAnswerError: a further page is announced without its cursor.
    """
    paging = page.get("paging")
    following = paging.get("next") if isinstance(paging, Mapping) else None
    if following is None:
        return None
    after = following.get("after") if isinstance(following, Mapping) else None
    if not isinstance(after, str) or not after:
        raise _untrusted("a further page is announced without its cursor", where)
    return after


def error_body(answer: Answer) -> Json:
    """Return the error object of an answer, empty where there is none (a gateway answers in HTML)."""
    try:
        content = json.loads(answer.body)
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def single_errors(body: Json) -> list[Json]:
    """Return the entries of `errors`."""
    entries = body.get("errors")
    return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []


def error_codes(body: Json) -> list[str]:
    """Return the codes of a refused request, most specific first, as far as they look like codes."""
    codes = [entry.get("code") for entry in single_errors(body)]
    # Older answers carry the code inside the text alone.
    codes += _CODE_IN_TEXT.findall(str(body.get("message", "")))
    codes += [entry.get("category") for entry in single_errors(body)]
    codes += [body.get("category")]
    return [code for code in codes if isinstance(code, str) and _CODE.fullmatch(code)]


def refusal(answer: Answer, *, where: str, longest_wait_seconds: float) -> CrmError:
    """Return the error that an answer other than success asks for, by the recovery that it allows."""
    body = error_body(answer)
    codes = error_codes(body)
    told = f"status {answer.status}" + (f" {codes[0]}" if codes else "")
    if answer.status in _LOGIN_STATUS:
        return CrmLoginError(
            f"HubSpot refuses the access token ({told})",
            where=where,
            remedy="Check the service key or private app token, and that it belongs to this portal and region.",
        )
    if answer.status == _FORBIDDEN:
        return _forbidden(body, told, where)
    if answer.status == _TOO_MANY:
        return _too_many(answer, body, where)
    if answer.status == _MIGRATION or is_passing(answer.status):
        return _passing(answer, told, where, longest_wait_seconds)
    return CrmAnswerError(
        f"HubSpot refuses the request ({told})", where=where, remedy="Run `whalecurve doctor`; report it if it stays."
    )


def _forbidden(body: Json, told: str, where: str) -> CrmError:
    scopes = sorted(set(_scopes(body)))
    missing = f"; it needs {' or '.join(scopes)}" if scopes else ""
    return CrmAccessError(
        f"the access token may not do this ({told}){missing}",
        where=where,
        remedy="Grant the scope to the service key or private app, then run again.",
    )


def _scopes(body: Json) -> Iterator[str]:
    for entry in single_errors(body):
        context = entry.get("context")
        for key in ("requiredScopes", "requiredGranularScopes"):
            named = context.get(key) if isinstance(context, dict) else None
            yield from (s for s in named or () if isinstance(s, str) and _SCOPE.fullmatch(s))


def _too_many(answer: Answer, body: Json, where: str) -> CrmError:
    policy = body.get("policyName")
    if policy == "DAILY" or rate_limits(answer.headers).daily_remaining == 0:
        return CrmBudgetError(
            "the portal's daily allowance of API calls is used up",
            where=where,
            remedy="Run again after midnight in the portal's time zone.",
        )
    asked = retry_after_seconds(answer.headers)
    return TransientCrmError(
        "too many calls in a short time (status 429)",
        where=where,
        remedy="Run again in a minute.",
        retry_after=asked if asked is not None else _POLICY_SECONDS.get(str(policy)),
    )


def _passing(answer: Answer, told: str, where: str, longest_wait_seconds: float) -> CrmError:
    asked = retry_after_seconds(answer.headers)
    if answer.status == _MIGRATION and (asked is None or asked > longest_wait_seconds):
        return CrmUnavailableError(
            f"the portal is being moved to another data centre ({told})",
            where=where,
            remedy="Run again " + (f"in {asked / 3600:.1f} hours." if asked else "tomorrow."),
        )
    if answer.status == _LOCKED:
        asked = max(_LOCK_SECONDS, asked or 0.0)
    return TransientCrmError(
        f"HubSpot cannot answer now ({told})", where=where, remedy="Run again later.", retry_after=asked
    )


def _untrusted(what: str, where: str) -> BrokenAnswerError:
    return BrokenAnswerError(what, where=where, remedy="Nothing of it was used. Run again; report it if it stays.")
