"""Writes whose answer is lost, late or strange, and sessions that end on the way."""

import json
from decimal import Decimal

import pytest

from connectors.base import RecordChange, WriteStatus
from connectors.errors import CrmAccessError, CrmBudgetError, CrmError, CrmLoginError, CrmUnavailableError

FIRST, SECOND = "001000000000001AAA", "001000000000002AAA"
TIER_A, TIER_B = RecordChange(FIRST, {"tier": "A"}), RecordChange(SECOND, {"tier": "B"})


def refusal(status, code, message="said no"):
    return status, [{"errorCode": code, "message": message}]


@pytest.mark.parametrize(
    "fault",
    [
        "silence",
        "hang up",
        {"at once": b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n", "trickle": b" " * 900},
        (500, [{"errorCode": "UNKNOWN_EXCEPTION", "message": "x"}]),
        (503, b"<html>Maintenance</html>"),
        (504, b""),
        (520, [{"errorCode": "UNKNOWN_EXCEPTION", "message": "x"}]),
        (408, [{"errorCode": "UNKNOWN_EXCEPTION", "message": "x"}]),
        (429, b""),
        (200, b""),
        (200, b'[{"id":"00100000'),
        (200, b"<html>Sign in</html>"),
        (200, []),
        (200, {"records": []}),
        (200, b"null"),
        (200, b"5"),
        (200, [None, {"success": "true"}]),
        (200, [{"success": False, "errors": []}, {"success": True}]),
        (400, b"<html>gateway</html>"),
        (401, b"<html>gateway</html>"),
        (302, b"", "Location: https://evil.example.com/"),
        b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n[{",
    ],
)
def test_write_without_clear_answer_is_unknown_and_never_repeated(org, connect, quick, fault):
    connector = connect(quick)
    connector.check()
    org.instead("PATCH", org.write_path, fault)

    outcomes = connector.write_changes([TIER_A, TIER_B])

    assert [(each.account_id, each.status) for each in outcomes] == [
        (FIRST, WriteStatus.UNKNOWN),
        (SECOND, WriteStatus.UNKNOWN),
    ]
    assert len(org.seen("PATCH", "/")) == 1


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (refusal(400, "JSON_PARSER_ERROR"), CrmError),
        (refusal(403, "INSUFFICIENT_ACCESS"), CrmAccessError),
        (refusal(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."), CrmBudgetError),
        (refusal(401, "SESSION_NOT_ALLOWED"), CrmLoginError),
    ],
)
def test_write_refused_as_a_whole_raises(org, connect, answer, error):
    org.instead("PATCH", org.write_path, answer)

    with pytest.raises(error) as caught:
        connect().write_changes([TIER_A])

    assert type(caught.value) is error
    assert len(org.seen("PATCH", "/")) == 1


def test_write_that_cannot_log_in_raises_and_sends_nothing(org, connect):
    connector = connect()
    connector.check()
    connector.close()
    org.instead("POST", org.login_path, (503, b""))

    with pytest.raises(CrmUnavailableError):
        connector.write_changes([TIER_A])

    assert org.seen("PATCH", "/") == []


def test_results_are_matched_by_id_whatever_their_order(org, connect):
    org.instead(
        "PATCH",
        org.write_path,
        (
            200,
            [
                {"id": SECOND, "success": False, "errors": [{"statusCode": "ENTITY_IS_DELETED", "message": "x"}]},
                {"id": FIRST, "success": True, "errors": []},
            ],
        ),
    )

    outcomes = connect().write_changes([TIER_A, TIER_B])

    assert [each.status for each in outcomes] == [WriteStatus.WRITTEN, WriteStatus.GONE]


def test_numbers_are_sent_with_all_their_digits(org, connect):
    connect().write_changes([RecordChange(FIRST, {"net_12m": Decimal("9007199254740993.01")})])

    body = org.seen("PATCH", org.write_path)[0].body

    assert b'"Profit_Net_12m__c":9007199254740993.01' in body
    assert json.loads(body)["allOrNone"] is False


@pytest.mark.parametrize("code", ["INVALID_SESSION_ID", "INVALID_AUTH_HEADER", "INVALID_JWT_FORMAT"])
def test_write_keeps_its_headers_after_a_new_login(org, connect, code):
    connector = connect()
    connector.check()
    org.instead("PATCH", org.write_path, refusal(401, code))

    outcomes = connector.write_changes([TIER_A])

    first, second = org.seen("PATCH", org.write_path)
    assert outcomes[0].status is WriteStatus.WRITTEN
    assert second.body == first.body
    for name in ("sforce-auto-assign", "sforce-call-options", "sforce-duplicate-rule-header", "content-type"):
        assert second.headers[name] == first.headers[name]
    assert first.headers["sforce-auto-assign"] == "FALSE"
    assert (first.headers["authorization"], second.headers["authorization"]) == (
        f"Bearer {org.token}-1",
        f"Bearer {org.token}-2",
    )


def test_bulk_form_of_an_expired_session_is_known(org, connect):
    connector = connect()
    connector.check()
    org.instead("GET", org.query_path, refusal(400, "INVALID_SESSION_ID"))

    assert len(list(connector.pull_accounts())) == 2
    assert org.logins == 2


def test_token_refused_twice_stops(org, connect):
    org.instead("GET", org.query_path, *[refusal(401, "INVALID_SESSION_ID")] * 20)

    with pytest.raises(CrmLoginError):
        connect().check()

    assert org.logins == 2
