"""Who is let in, where the token may go, and what is told about it."""

import logging

import pytest

from connectors.base import RecordChange
from connectors.errors import CrmAnswerError, CrmError, CrmLoginError, CrmUnavailableError
from connectors.salesforce.connector import SalesforceConnector
from connectors.salesforce.login import SalesforceLogin

FIRST = "001000000000001AAA"


def refusal(status, code, message="said no"):
    return status, [{"errorCode": code, "message": message}]


@pytest.mark.parametrize("body", [{"errorCode": "INVALID_SESSION_ID"}, b"<html>401</html>", [], ["x"], b""])
def test_unreadable_401_is_a_broken_answer(org, connect, body):
    org.instead("GET", org.query_path, (401, body))

    with pytest.raises(CrmAnswerError):
        connect().check()


@pytest.mark.parametrize("code", ["invalid_client", "invalid_grant", "inactive_user"])
def test_refused_credentials_are_not_tried_again(org, connect, code):
    org.instead("POST", org.login_path, (400, {"error": code, "error_description": org.secret}))

    with pytest.raises(CrmLoginError, match=code) as caught:
        connect().check()

    assert org.secret not in str(caught.value)
    assert len(org.calls) == 1


def test_app_that_is_not_approved_gives_an_error_and_no_warning(org, connect):
    answer = {"error": "invalid_grant", "error_description": "user hasn't approved this consumer"}
    org.instead("POST", org.login_path, (400, answer))

    with pytest.raises(CrmLoginError):
        connect().check()


@pytest.mark.parametrize(
    "answer",
    [
        (200, {"access_token": "x"}),
        (200, {"access_token": None, "instance_url": "http://127.0.0.1"}),
        (200, []),
        (200, b"<html>"),
        (404, b"<html>"),
    ],
)
def test_login_answer_without_its_parts_is_a_broken_answer(org, connect, answer):
    org.always("POST", org.login_path, answer)

    with pytest.raises(CrmAnswerError):
        connect().check()

    assert org.script == []


def test_https_is_never_given_up_for_http(org, quick):
    login = SalesforceLogin(org.url.replace("http:", "https:"), "app", client_secret=org.secret)

    with pytest.raises(CrmUnavailableError):
        SalesforceConnector(login, fields=[], patience=quick).check()

    assert org.calls == []


def test_certificate_that_nobody_signed_is_refused(org, open_tls_org, quick):
    served = open_tls_org()
    login = SalesforceLogin(served.url, "app", client_secret=org.secret)

    with pytest.raises(CrmUnavailableError, match="certificate"):
        SalesforceConnector(login, fields=[], patience=quick).check()

    assert served.calls == []


def test_token_is_not_sent_to_a_foreign_host_that_the_login_names(org, connect):
    org.instead(
        "POST",
        org.login_path,
        (200, {"access_token": org.token, "instance_url": "https://salesforce.com.evil.example"}),
    )

    with pytest.raises(CrmAnswerError, match="evil"):
        connect().check()

    assert len(org.calls) == 1


def test_redirect_is_not_followed(org, open_org, connect):
    other = open_org()
    org.instead("GET", org.query_path, (307, b"", f"Location: {other.url}{org.query_path}"))

    with pytest.raises(CrmAnswerError, match="redirect"):
        connect().check()

    assert other.calls == []


@pytest.mark.parametrize("url", ["@evil.example/services/data/", "https://evil.example/services/data/x", "/other"])
def test_address_of_the_next_page_must_be_a_path_of_the_api(org, connect, url):
    connector = connect()
    connector.check()
    org.instead("GET", org.query_path, org.page([org.account(FIRST)], total=2, next_url=url))

    with pytest.raises(CrmAnswerError):
        list(connector.pull_accounts())

    assert org.seen("GET", "/other") == []


def test_no_secret_name_or_body_in_messages_and_logs(org, connect, caplog):
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, logger="urllib3")
    told = []
    leak = f"{org.account_name} {org.secret} said the body"
    for method, path, answer in (
        ("POST", org.login_path, (400, {"error": leak, "error_description": leak})),
        ("POST", org.login_path, (400, leak.encode())),
        ("GET", org.query_path, refusal(400, "MALFORMED_QUERY", leak)),
        ("GET", org.query_path, refusal(400, leak, leak)),
        ("GET", org.query_path, (418, leak.encode())),
        ("GET", org.query_path, (200, leak.encode())),
        ("GET", org.query_path, org.page([{"Id": leak, "Name": org.account_name}])),
    ):
        org.always(method, path, answer)
        connector = connect()
        with pytest.raises(CrmError) as caught:
            connector.check()
        org.script.clear()
        told.append(f"{caught.value!r} {caught.value} {caught.value.__cause__!r}")
    result = {"success": False, "errors": [{"statusCode": "STRING_TOO_LONG", "message": leak, "fields": ["F__c"]}]}
    org.instead("PATCH", org.write_path, (200, [result]))
    told.append(repr(connect().write_changes([RecordChange(FIRST, {"tier": "A"})])))

    text = " ".join(told) + caplog.text
    assert caplog.records
    assert "F__c" in text
    for word in (org.account_name, "said the body", org.secret, org.token):
        assert word not in text
