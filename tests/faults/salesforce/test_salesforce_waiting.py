"""Salesforce that is slow, silent or out of order: every call ends, reads are tried again."""

import gzip
import json

import pytest

from connectors.base import RecordChange
from connectors.errors import CrmAnswerError, CrmBudgetError, CrmUnavailableError

FIRST, SECOND = "001000000000001AAA", "001000000000002AAA"


def refusal(status, code, message="said no"):
    return status, [{"errorCode": code, "message": message}]


@pytest.mark.parametrize(
    "fault",
    ["silence", "hang up", {"at once": b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n", "trickle": b" " * 900}],
)
def test_login_that_hangs_ends_by_its_deadline(org, connect, quick, fault):
    org.instead("POST", org.login_path, *[fault] * 3)

    with pytest.raises(CrmUnavailableError):
        connect(quick).check()

    assert len(org.calls) == quick.attempts


@pytest.mark.parametrize(
    ("at_once", "slowly"),
    [
        (b"HTTP/1.1 200 OK\r\n", b"X-Pad: 1\r\n" * 90 + b"Content-Length: 2\r\n\r\n{}"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n", b" " * 900),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n384\r\n", b" " * 900 + b"\r\n0\r\n\r\n"),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n", gzip.compress(b" " * 10**6)),
    ],
    ids=["headers", "body", "chunk", "gzip"],
)
def test_answer_that_trickles_ends_by_the_total_deadline(org, connect, quick, at_once, slowly):
    connector = connect(quick)
    connector.check()
    org.instead("GET", org.query_path, *[{"at once": at_once, "trickle": slowly}] * 3)

    with pytest.raises(CrmUnavailableError):
        list(connector.pull_accounts())

    assert not org.script
    assert org.most_trickled < len(slowly) // 2


def test_read_is_tried_again_and_succeeds(org, connect):
    org.instead("GET", org.query_path, "hang up", (503, b"<html>Maintenance</html>"))

    connector = connect()

    assert connector.check().org_id == org.org_id
    assert [each.account_id for each in connector.pull_accounts()] == [FIRST, SECOND]


def test_read_that_keeps_failing_is_given_up(org, connect):
    org.instead("GET", org.query_path, *[(500, b"")] * 9)

    with pytest.raises(CrmUnavailableError):
        connect().check()

    assert len(org.seen("GET", org.query_path)) == 3


def test_limit_of_calls_at_one_time_passes(org, connect):
    message = "ConcurrentRequests (Concurrent API Requests) Limit exceeded."
    org.instead("GET", org.query_path, refusal(403, "REQUEST_LIMIT_EXCEEDED", message))

    assert connect().check().org_id == org.org_id


def test_daily_limit_stops_at_once(org, connect):
    org.instead("GET", org.query_path, refusal(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."))

    with pytest.raises(CrmBudgetError):
        connect().check()

    assert len(org.seen("GET", org.query_path)) == 1


def test_usage_is_taken_from_the_header(org, connect):
    connector = connect()
    assert connector.api_usage is None
    connector.check()
    told = "Sforce-Limit-Info: api-usage=18/5000; per-app-api-usage=17/250(appName=sync)"
    org.instead("PATCH", org.write_path, (200, [{"id": FIRST, "success": True}], told))

    connector.write_changes([RecordChange(FIRST, {"tier": "A"})])

    assert connector.api_usage == (18, 5000)


def test_answer_that_is_packed_is_unpacked(org, connect):
    connector = connect()
    connector.check()
    packed = gzip.compress(json.dumps(org.page([org.account(FIRST)])[1]).encode())
    org.instead("GET", org.query_path, (200, packed, "Content-Encoding: gzip"))

    assert [each.account_id for each in connector.pull_accounts()] == [FIRST]


def test_answer_that_unpacks_to_more_than_the_cap_is_dropped(org, connect):
    connector = connect()
    connector.check()
    org.instead("GET", org.query_path, (200, gzip.compress(b" " * 2**27), "Content-Encoding: gzip"))

    with pytest.raises(CrmAnswerError, match="larger"):
        list(connector.pull_accounts())
