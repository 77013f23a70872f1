"""What a read of HubSpot does when the network, the gateway or HubSpot misbehaves."""

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime

import pytest

from connectors.errors import (
    CrmAccessError,
    CrmAnswerError,
    CrmBudgetError,
    CrmLoginError,
    CrmUnavailableError,
)
from connectors.transport import TransientCrmError


def company(number, **properties):
    return {"id": str(number), "properties": {"name": "Secret Client Ltd", **properties}}


def drip(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(200):
        connection.sendall(b" ")
        time.sleep(0.02)


def drip_headers(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    for _ in range(200):
        connection.sendall(b"a")
        time.sleep(0.02)


def drip_packed(connection):
    """Drip the file name in the head of a gzip body: it unpacks to nothing for as long as it comes."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 1000\r\n\r\n")
    connection.sendall(b"\x1f\x8b\x08\x08\0\0\0\0\0\xff")
    for _ in range(200):
        connection.sendall(b"a")
        time.sleep(0.02)


def cut(connection):
    connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{"results": [')


def cut_chunked(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n20\r\n" + b'{"results": []')


def hang_up(connection):
    connection.close()


def silence(connection):
    connection.recv(1)  # nothing more comes: returns when the client hangs up


@pytest.mark.parametrize(
    ("fault", "limits"),
    [
        (cut, {}),
        (cut_chunked, {}),
        (hang_up, {}),
        (silence, {"read_seconds": 0.1}),
        (silence, {"total_seconds": 0.1}),
        (drip, {"total_seconds": 0.1}),
        (drip_headers, {"total_seconds": 0.1}),
    ],
)
def test_a_read_without_a_whole_answer_is_retried_then_given_up(connect_hubspot, haste, peer, fault, limits):
    peer.answer(fault)

    with pytest.raises(CrmUnavailableError):
        connect_hubspot(peer, patience=replace(haste, **limits)).read_fields(["1"])

    assert len(peer.requests) == haste.attempts


@pytest.mark.parametrize("fault", [drip, drip_packed])
def test_an_answer_that_drips_meets_the_clock(connect_hubspot, once, peer, fault):
    peer.answer(fault)

    with pytest.raises(CrmUnavailableError, match=r"not complete within 0\.1 s"):
        connect_hubspot(peer, patience=replace(once, total_seconds=0.1)).read_fields(["1"])


@pytest.mark.parametrize("status", [406, 408, 423, 429, 477, 500, 502, 503, 504, 521, 523, 524])
def test_a_read_is_repeated_when_the_trouble_passes(connect_hubspot, peer, status):
    page = {"results": [company(1, profit_tier="A")]}
    peer.answer(peer.reply(body=b"<html>busy</html>", status=status, Retry_After="0"), peer.reply(page))

    assert connect_hubspot(peer).read_fields(["1"])["1"]["tier"] == "A"
    assert [request.method for request in peer.requests] == ["POST", "POST"]


@pytest.mark.parametrize(
    "body",
    [b"<html>Sign in</html>", b"[]", b'{"results": [{"id": "1"', b"{}", b"", b'{"results": null}', b'{"results": [1]}'],
)
def test_a_200_that_cannot_be_trusted_is_never_the_end_of_a_list(connect_hubspot, peer, body):
    peer.answer(peer.reply({"portalId": 1}), peer.reply(body=body))
    connector = connect_hubspot(peer)

    with pytest.raises(CrmAnswerError):
        list(connector.pull_accounts())
    with pytest.raises(CrmAnswerError):
        connector.read_fields(["1"])


@pytest.mark.parametrize("status", [202, 204])
def test_another_success_than_200_is_not_taken_for_an_empty_list(connect_hubspot, peer, status):
    peer.answer(peer.reply({"portalId": 1}), peer.reply({"results": []}, status=status))

    with pytest.raises(CrmAnswerError):
        list(connect_hubspot(peer).pull_deals())


@pytest.mark.parametrize(
    ("headers", "policy", "wait_seconds"),
    [
        ({"Retry_After": "7"}, {"policyName": "TEN_SECONDLY_ROLLING"}, 7.0),
        ({}, {"policyName": "TEN_SECONDLY_ROLLING"}, 10.0),
        ({}, {"policyName": "SECONDLY"}, 1.0),
        ({}, {}, None),
        ({"Retry_After": "soon"}, {}, None),
    ],
)
def test_the_wait_after_429(connect_hubspot, once, peer, *, headers, policy, wait_seconds):
    peer.answer(peer.reply({"status": "error", "errorType": "RATE_LIMIT", **policy}, status=429, **headers))

    with pytest.raises(TransientCrmError) as caught:
        connect_hubspot(peer, patience=once).read_fields(["1"])

    assert caught.value.retry_after == wait_seconds


def test_retry_after_may_be_a_date(connect_hubspot, peer, once):
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    peer.answer(peer.reply({}, status=503, Retry_After=later))

    with pytest.raises(TransientCrmError) as caught:
        connect_hubspot(peer, patience=once).read_fields(["1"])

    assert 50 < caught.value.retry_after <= 60


def test_a_lock_lasts_two_seconds(connect_hubspot, peer, once):
    peer.answer(peer.reply({}, status=423))

    with pytest.raises(TransientCrmError) as caught:
        connect_hubspot(peer, patience=once).read_fields(["1"])

    assert caught.value.retry_after == 2.0


@pytest.mark.parametrize("headers", [{}, {"Retry_After": "86400"}])
def test_a_portal_that_is_being_moved_stops_the_run(connect_hubspot, peer, headers):
    peer.answer(peer.reply({}, status=477, **headers))

    with pytest.raises(CrmUnavailableError, match="another data centre"):
        connect_hubspot(peer).read_fields(["1"])

    assert len(peer.requests) == 1


@pytest.mark.parametrize(
    "reply",
    [{"content": {"policyName": "DAILY"}}, {"content": {}, "X_HubSpot_RateLimit_Daily_Remaining": "0"}],
)
def test_the_daily_allowance_is_not_waited_for(connect_hubspot, peer, reply):
    peer.answer(peer.reply(status=429, **reply))

    with pytest.raises(CrmBudgetError, match="daily allowance"):
        connect_hubspot(peer).read_fields(["1"])

    assert len(peer.requests) == 1


@pytest.mark.parametrize("status", [401, 530])
def test_a_refused_token_is_tried_once(connect_hubspot, peer, status):
    peer.answer(peer.reply({"status": "error", "category": "EXPIRED_AUTHENTICATION"}, status=status))

    with pytest.raises(CrmLoginError):
        connect_hubspot(peer).check()

    assert len(peer.requests) == 1


def test_missing_scopes_are_named(connect_hubspot, peer):
    scopes = ["crm.objects.companies.read", "<script>"]
    errors = [{"message": "one or more", "context": {"requiredGranularScopes": scopes}}]
    peer.answer(peer.reply({"category": "MISSING_SCOPES", "errors": errors}, status=403))

    with pytest.raises(CrmAccessError, match=r"crm\.objects\.companies\.read") as caught:
        connect_hubspot(peer).check()

    assert "script" not in str(caught.value)


def test_a_value_of_another_type_is_told_by_record_and_name_alone(connect_hubspot, peer):
    peer.answer(peer.reply({"results": [company(7, profit_margin_pct="Secret")]}))

    with pytest.raises(CrmAnswerError, match="profit_margin_pct is not a number") as caught:
        connect_hubspot(peer).read_fields(["7"])

    assert "record 7" in str(caught.value)
    assert "Secret" not in str(caught.value)


def test_a_float_in_the_json_is_refused_where_strings_are_promised(connect_hubspot, peer):
    peer.answer(peer.reply({"results": [company(7, profit_margin_pct=12.5)]}))

    with pytest.raises(CrmAnswerError, match="profit_margin_pct is not a string"):
        connect_hubspot(peer).read_fields(["7"])


def test_a_number_comes_back_at_its_scale(connect_hubspot, peer):
    peer.answer(peer.reply({"results": [company(7, profit_margin_pct="12.50")]}))

    assert connect_hubspot(peer).read_fields(["7"])["7"]["margin_pct"] == Decimal("12.5")


def test_a_company_that_two_others_list_is_part_of_neither_and_none_is_part_of_itself(connect_hubspot, peer):
    listed = [company(1, hs_merged_object_ids="1;7"), company(2, hs_merged_object_ids="7; 8"), company(3)]
    peer.answer(peer.reply({"portalId": 1}), peer.reply({"results": listed}))
    connector = connect_hubspot(peer)
    accounts = list(connector.pull_accounts())

    assert [account.merged_ids for account in accounts] == [("7",), ("7", "8"), ()]
    assert connector.pull_merges(accounts) == {"8": "2"}
