"""The Salesforce sandbox against the facts of the vendor's documents, over plain HTTP and the real client."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import jwt
import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from requests.adapters import HTTPAdapter
from simple_salesforce import Salesforce
from simple_salesforce.exceptions import SalesforceAuthenticationFailed, SalesforceMalformedRequest

_COLLECTION = "/composite/sobjects"


def change(account_id, **values):
    return {"attributes": {"type": "Account"}, "id": account_id, **values}


def codes(response):
    """Return the status code of each record of a collection, None where it was written."""
    return [each["errors"][0]["statusCode"] if each["errors"] else None for each in response.json()]


class _ToLoopback(HTTPAdapter):
    """Sends what the client addresses to https://*.salesforce.com, or to https loopback, to the sandbox."""

    def __init__(self, url):
        super().__init__()
        self._url = url

    def send(self, request, **settings):
        request.url = self._url + request.path_url
        return super().send(request, **{**settings, "timeout": 5})


@pytest.fixture
def client_session(sandbox):
    with requests.Session() as session:
        session.mount("https://", _ToLoopback(sandbox.url))
        yield session


def log_in(sandbox, session, **settings):
    login = sandbox.salesforce_login
    given = {"consumer_key": login.client_id, "consumer_secret": login.client_secret, "domain": login.domain}
    return Salesforce(session=session, version="66.0", **{**given, **settings})


def test_the_real_client_logs_in_pulls_and_writes(sandbox, client_session):
    client = log_in(sandbox, client_session)
    rows = client.query_all("SELECT Id, Name, AccountNumber FROM Account ORDER BY Id")["records"]
    first = rows[0]["Id"]
    answer = client.restful(_COLLECTION[1:], method="PATCH", json={"records": [change(first, Profit_Tier__c="A")]})

    assert [row["Name"] for row in rows][:2] == ["Alder & Sons", "Alder Retail"]
    assert answer == [{"id": first, "success": True, "errors": []}]
    assert sandbox.record("salesforce", first).values["Profit_Tier__c"] == "A"
    assert client.api_usage["api-usage"].total == 100_000


def test_the_real_client_logs_in_again_after_its_session_expired(sandbox, client_session):
    client = log_in(sandbox, client_session)
    sandbox.expire_sessions()

    assert client.query("SELECT COUNT() FROM Account")["totalSize"] == 5


def test_the_real_client_is_told_about_a_missing_field(sandbox, client_session):
    client = log_in(sandbox, client_session)

    with pytest.raises(SalesforceMalformedRequest, match="No such column 'Nope__c' on entity 'Account'"):
        client.query("SELECT Nope__c FROM Account")


def test_the_real_client_logs_in_with_a_signed_assertion(make_sandbox):
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    box = make_sandbox(salesforce_public_key=public.decode())
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    with requests.Session() as session:
        session.mount("https://", _ToLoopback(box.url))
        login = {"username": box.salesforce_login.username, "consumer_key": box.salesforce_login.client_id}
        client = Salesforce(session=session, version="66.0", privatekey=pem, **login)

        assert client.query("SELECT Id FROM Organization")["totalSize"] == 1
        with pytest.raises(SalesforceAuthenticationFailed, match="invalid_grant"):
            Salesforce(session=session, version="66.0", privatekey=pem, **{**login, "username": "someone@else.example"})


@pytest.mark.parametrize("claim", ["exp", "aud", "iss", "sub"])
def test_an_assertion_with_a_wrong_claim_is_refused(make_sandbox, claim):
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    box = make_sandbox(salesforce_public_key=public.decode())
    login, soon = box.salesforce_login, datetime.now(UTC) + timedelta(minutes=3)
    claims = {"iss": login.client_id, "sub": login.username, "aud": "https://login.salesforce.com", "exp": soon}
    wrong = {**claims, claim: soon - timedelta(hours=1) if claim == "exp" else "https://elsewhere.example"}
    grant = "urn:ietf:params:oauth:grant-type:jwt-bearer"

    def status(payload):
        form = {"grant_type": grant, "assertion": jwt.encode(payload, key, algorithm="RS256")}
        return requests.post(f"{box.url}/services/oauth2/token", data=form, timeout=5).status_code

    assert (status(claims), status(wrong)) == (200, 400)


@pytest.mark.parametrize(
    ("client_id", "secret", "error"),
    [("sandbox-consumer-key", "wrong", "invalid_client"), ("other", "wrong", "invalid_client_id")],
)
def test_wrong_client_credentials_are_refused_with_400(sandbox, client_id, secret, error):
    form = {"grant_type": "client_credentials"}
    answer = requests.post(f"{sandbox.url}/services/oauth2/token", data=form, auth=(client_id, secret), timeout=5)

    assert (answer.status_code, answer.json()["error"]) == (400, error)


def test_a_request_without_a_living_session_gets_a_list_with_invalid_session_id(sandbox, salesforce_api):
    sandbox.expire_sessions()
    answer = salesforce_api.get("/limits")

    assert answer.status_code == 401
    assert answer.json() == [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]


@pytest.mark.parametrize(("version", "status"), [("66.0", 200), ("30.0", 410), ("69.0", 404), ("abc", 404)])
def test_retired_and_unknown_versions_are_refused(sandbox, salesforce_api, version, status):
    headers = {"Authorization": salesforce_api.headers["Authorization"]}
    url = f"{sandbox.url}/services/data/v{version}/limits"

    assert requests.get(url, headers=headers, timeout=5).status_code == status


def test_versions_are_open_to_all_and_end_with_the_newest(sandbox):
    assert requests.get(f"{sandbox.url}/services/data/", timeout=5).json()[-1]["version"] == "68.0"


def test_the_allowance_of_the_day_counts_down_and_then_refuses(make_sandbox, open_salesforce):
    api = open_salesforce(make_sandbox(salesforce_daily_calls=2))
    first, second, third = api.get("/limits"), api.get("/limits"), api.get("/limits")

    assert first.headers["Sforce-Limit-Info"] == "api-usage=1/2"
    assert second.json()["DailyApiRequests"] == {"Max": 2, "Remaining": 0}
    assert (third.status_code, third.json()[0]["errorCode"]) == (403, "REQUEST_LIMIT_EXCEEDED")
    assert "Retry-After" not in third.headers


def test_describe_tells_what_a_connector_must_check(sandbox, salesforce_api):
    sandbox.hide_field("salesforce", "Profit_Run__c")
    sandbox.make_read_only("salesforce", "Profit_Reason__c")
    fields = {each["name"]: each for each in salesforce_api.get("/sobjects/Account/describe").json()["fields"]}
    tier, reason, money = fields["Profit_Tier__c"], fields["Profit_Reason__c"], fields["Profit_Net_12m__c"]

    assert "Profit_Run__c" not in fields
    assert (tier["type"], tier["restrictedPicklist"], tier["updateable"]) == ("picklist", True, True)
    assert [each["value"] for each in tier["picklistValues"]] == ["A", "B", "C", "D", "N"]
    assert (reason["type"], reason["length"], reason["updateable"]) == ("string", 255, False)
    assert (money["type"], money["precision"], money["scale"]) == ("currency", 18, 2)
    assert not fields["Profit_Review__c"]["nillable"]


def test_a_collection_answers_in_the_order_of_the_request_and_fails_record_by_record(sandbox, salesforce_api, ids):
    good, other, gone = ids["salesforce"]["C-001"], ids["salesforce"]["C-002"], ids["salesforce"]["C-003"]
    sandbox.delete("salesforce", gone)
    entries = [
        change(good, Profit_Tier__c="X"),
        change(good, Profit_Reason__c="x" * 256),
        change(good, Profit_Coverage__c=1000),
        change(good, Profit_Coverage__c="1e400"),
        change(good, Profit_Coverage__c="NaN"),
        change(good, Profit_Tier_Since__c="31.10.2026"),
        change(good, Profit_Review__c="yes"),
        change(good, Nope__c=1),
        change(good, IsDeleted=True),
        change("001", Profit_Tier__c="A"),
        change(gone, Profit_Tier__c="A"),
        change("001gL000000zzzz", Profit_Tier__c="A"),
        change(other, Profit_Tier__c="B"),
    ]
    answer = salesforce_api.patch(_COLLECTION, json={"records": entries})

    assert answer.status_code == 200
    assert codes(answer) == [
        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
        "STRING_TOO_LONG",
        "NUMBER_OUTSIDE_VALID_RANGE",
        "NUMBER_OUTSIDE_VALID_RANGE",
        "INVALID_TYPE_ON_FIELD_IN_RECORD",
        "INVALID_TYPE_ON_FIELD_IN_RECORD",
        "INVALID_TYPE_ON_FIELD_IN_RECORD",
        "INVALID_FIELD",
        "INVALID_FIELD_FOR_INSERT_UPDATE",
        "MALFORMED_ID",
        "ENTITY_IS_DELETED",
        "INVALID_CROSS_REFERENCE_KEY",
        None,
    ]
    assert answer.json()[0]["errors"][0]["fields"] == ["Profit_Tier__c"]
    assert sandbox.record("salesforce", other).values["Profit_Tier__c"] == "B"
    assert "Profit_Tier__c" not in sandbox.record("salesforce", good).values


def test_a_collection_takes_200_records_and_refuses_201(salesforce_api, ids):
    entries = [change(ids["salesforce"]["C-001"], Profit_Coverage__c=n % 100) for n in range(201)]
    most = salesforce_api.patch(_COLLECTION, json={"records": entries[:200]})
    more = salesforce_api.patch(_COLLECTION, json={"records": entries})

    assert (most.status_code, len(most.json())) == (200, 200)
    assert (more.status_code, more.json()[0]["errorCode"]) == (400, "EXCEEDED_ID_LIMIT")


def test_all_or_none_rolls_the_good_ones_back(sandbox, salesforce_api, ids):
    good = ids["salesforce"]["C-001"]
    entries = [change(good, Profit_Tier__c="A"), change(good, Profit_Tier__c="X")]
    answer = salesforce_api.patch(_COLLECTION, json={"allOrNone": True, "records": entries})

    assert codes(answer) == ["ALL_OR_NONE_OPERATION_ROLLED_BACK", "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"]
    assert sandbox.history("salesforce", good) == []


@pytest.mark.parametrize(
    ("field", "sent", "stored"),
    [
        ("Profit_Net_12m__c", 12.345, 12.35),
        ("Profit_Net_12m__c", None, None),
        ("Profit_Margin_Pct__c", -4.05, -4.1),
        ("Profit_Reason__c", "", None),
        ("Profit_Review__c", None, False),
        ("Profit_Tier_Since__c", "2026-10-31", "2026-10-31"),
    ],
)
def test_values_are_stored_at_the_scale_of_the_field(salesforce_api, ids, field, sent, stored):
    account = ids["salesforce"]["C-001"]
    salesforce_api.patch(f"/sobjects/Account/{account}", json={field: sent}).raise_for_status()

    assert salesforce_api.get(f"/sobjects/Account/{account}?fields={field}").json()[field] == stored


def test_a_write_moves_the_stamps_even_when_nothing_changes(sandbox, salesforce_api, ids):
    account = ids["salesforce"]["C-001"]
    before = salesforce_api.get(f"/sobjects/Account/{account}").json()
    for _ in range(2):
        answer = salesforce_api.patch(f"/sobjects/Account/{account}", json={"Profit_Tier__c": "A"})
        after = salesforce_api.get(f"/sobjects/Account/{account}").json()

        assert (answer.status_code, answer.content) == (204, b"")
        assert after["SystemModstamp"] > before["SystemModstamp"]
        assert after["LastModifiedDate"] > before["LastModifiedDate"]
        before = after
    assert len(sandbox.history("salesforce", account)) == 1


def test_a_stale_conditional_write_is_refused_with_412(salesforce_api, ids):
    account = ids["salesforce"]["C-001"]
    past = {"If-Unmodified-Since": format_datetime(datetime.now(UTC) - timedelta(hours=1), usegmt=True)}
    future = {"If-Unmodified-Since": format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)}
    path, body = f"/sobjects/Account/{account}", {"Profit_Tier__c": "A"}

    assert salesforce_api.patch(path, json=body, headers=past).status_code == 412
    assert salesforce_api.patch(path, json=body, headers=future).status_code == 204


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_retrieve_keeps_the_order_and_puts_null_for_what_is_gone(sandbox, salesforce_api, ids, method):
    first, second, gone = (ids["salesforce"][key] for key in ("C-001", "C-002", "C-003"))
    sandbox.delete("salesforce", gone)
    wanted = [second, gone, first[:15]]
    path = f"{_COLLECTION}/Account"
    answer = (
        salesforce_api.get(f"{path}?ids={','.join(wanted)}&fields=Id,Name")
        if method == "GET"
        else salesforce_api.post(path, json={"ids": wanted, "fields": ["Id", "Name"]})
    ).json()

    assert [each and each["Name"] for each in answer] == ["Alder Retail", None, "Alder & Sons"]


def test_retrieve_refuses_an_unknown_field_and_more_than_2000_ids(salesforce_api, ids):
    account, path = ids["salesforce"]["C-001"], f"{_COLLECTION}/Account"
    unknown = salesforce_api.post(path, json={"ids": [account], "fields": ["Nope__c"]})
    many = salesforce_api.post(path, json={"ids": [account] * 2001, "fields": ["Id"]})

    assert (unknown.status_code, unknown.json()[0]["errorCode"]) == (400, "INVALID_FIELD")
    assert (many.status_code, many.json()[0]["errorCode"]) == (400, "EXCEEDED_ID_LIMIT")


def test_unknown_paths_records_and_bodies_are_refused_in_the_vendors_form(sandbox, salesforce_api, ids):
    account = ids["salesforce"]["C-001"]
    sandbox.delete("salesforce", ids["salesforce"]["C-002"])

    def refusal(method, path, **settings):
        answer = salesforce_api.request(method, path, **settings)
        return answer.status_code, answer.json()[0]["errorCode"]

    assert refusal("GET", "/nothing/here") == (404, "NOT_FOUND")
    assert refusal("GET", "/sobjects/Nope/describe") == (404, "NOT_FOUND")
    assert refusal("GET", "/sobjects/Account/001gL0000000000AAA") == (404, "NOT_FOUND")
    assert refusal("GET", f"/sobjects/Account/{ids['salesforce']['C-002']}") == (404, "ENTITY_IS_DELETED")
    assert refusal("PATCH", f"/sobjects/Account/{account}", data="{") == (400, "JSON_PARSER_ERROR")
    assert refusal("PATCH", _COLLECTION, json={"records": []}) == (400, "REQUIRED_FIELD_MISSING")
