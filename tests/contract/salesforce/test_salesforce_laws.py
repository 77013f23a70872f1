"""Laws of the pure parts: values, queries, the matching of results, and who may be a login."""

import json
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base import FieldSpec, RecordChange, WriteStatus
from connectors.errors import CrmLoginError
from connectors.salesforce.login import SalesforceLogin
from connectors.salesforce.soql import any_of, select
from connectors.salesforce.values import at_scale, from_salesforce, key_text, to_json, to_salesforce
from connectors.salesforce.write import match_outcomes

RECORD_ID = st.text("0123456789ABCDEFGHIJabcdefghij", min_size=12, max_size=12).map(lambda tail: f"001{tail}AAA")
AMOUNT = st.decimals("-9999999999999", "9999999999999", places=4, allow_nan=False)


def spec(kind, **settings):
    return FieldSpec(
        key="k", label="", help="", type=kind, owner="product", profile="tier", names={"salesforce": "K__c"}, **settings
    )


def over_the_wire(value):
    return json.loads(to_json({"value": value}), parse_float=Decimal)["value"]


@given(AMOUNT, st.sampled_from(["number", "currency", "percent"]), st.integers(0, 3))
def test_a_number_comes_back_as_it_was_sent(amount, kind, scale):
    field = spec(kind, scale=scale)

    back = from_salesforce(field, over_the_wire(to_salesforce(field, amount)))

    assert back == at_scale(amount, scale)
    assert str(back) == str(at_scale(amount, scale))


@given(st.text(), st.sampled_from(["text", "long_text", "picklist"]))
def test_a_text_comes_back_as_it_was_sent(text, kind):
    back = from_salesforce(spec(kind), over_the_wire(to_salesforce(spec(kind), text)))

    assert back == (text.replace("\r\n", "\n") or None)


@given(st.dates(), st.booleans())
def test_days_and_checkboxes_come_back_as_they_were_sent(day, is_set):
    assert from_salesforce(spec("date"), over_the_wire(to_salesforce(spec("date"), day))) == day
    assert from_salesforce(spec("checkbox"), over_the_wire(to_salesforce(spec("checkbox"), is_set))) is is_set


@pytest.mark.parametrize(
    ("amount", "shown"), [("0.005", "0.01"), ("-0.005", "-0.01"), ("-0.004", "0.00"), ("2", "2.00")]
)
def test_numbers_round_half_up_and_zero_has_no_sign(amount, shown):
    assert str(at_scale(Decimal(amount), 2)) == shown


@pytest.mark.parametrize(
    ("raw", "key"),
    [(" 00123 ", "00123"), ("", None), ("  ", None), (None, None), (1001, "1001"), (Decimal("1001.0"), "1001")],
)
def test_customer_numbers_keep_their_zeros_and_lose_their_blanks(raw, key):
    assert key_text(raw) == key


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("date", "2026-01-01"),
        ("currency", 5.0),
        ("currency", Decimal("1e18")),
        ("checkbox", "true"),
        ("text", date(2026, 1, 1)),
    ],
)
def test_value_of_another_type_is_refused(kind, value):
    with pytest.raises(ValueError, match="is not a value of"):
        to_salesforce(spec(kind), value)


@given(st.lists(RECORD_ID, unique=True, min_size=1, max_size=20), st.randoms(use_true_random=False))
def test_results_with_ids_are_matched_in_any_order(ids, random):
    written = {record_id: random.random() < 0.5 for record_id in ids}
    items = [
        {"id": record_id, "success": is_written, "errors": [] if is_written else [{"statusCode": "X"}]}
        for record_id, is_written in written.items()
    ]
    random.shuffle(items)

    outcomes = match_outcomes([RecordChange(each, {}) for each in ids], items)

    assert [each.account_id for each in outcomes] == ids
    assert [each.status is WriteStatus.WRITTEN for each in outcomes] == [written[each] for each in ids]
    assert all(each.status is not WriteStatus.UNKNOWN for each in outcomes)


@given(st.data())
def test_a_result_that_was_lost_is_unknown_and_no_other_takes_its_place(data):
    ids = data.draw(st.lists(RECORD_ID, unique=True, min_size=1, max_size=20))
    failed = data.draw(st.sets(st.sampled_from(ids)))
    lost = data.draw(st.sampled_from(ids))
    items = [
        {"success": False, "errors": [{"statusCode": "X"}]} if each in failed else {"id": each, "success": True}
        for each in ids
        if each != lost
    ]

    outcomes = {each.account_id: each for each in match_outcomes([RecordChange(each, {}) for each in ids], items)}

    assert outcomes[lost].status is WriteStatus.UNKNOWN
    assert {each for each in ids if outcomes[each].status is WriteStatus.WRITTEN} == set(ids) - failed - {lost}
    assert {each.status for each in outcomes.values()} <= {WriteStatus.WRITTEN, WriteStatus.UNKNOWN}


@given(
    st.lists(st.none() | st.integers() | st.dictionaries(st.sampled_from(["id", "success", "errors"]), st.integers()))
)
def test_any_answer_gives_one_outcome_per_change(answer):
    changes = [RecordChange("001000000000001AAA", {}), RecordChange("001000000000002AAA", {})]

    outcomes = match_outcomes(changes, answer)

    assert [each.account_id for each in outcomes] == [each.account_id for each in changes]
    assert {each.status for each in outcomes} == {WriteStatus.UNKNOWN}


def test_a_result_that_comes_twice_is_unknown():
    item = {"id": "001000000000001AAA", "success": True}

    (outcome,) = match_outcomes([RecordChange("001000000000001AAA", {})], [item, item])

    assert outcome.status is WriteStatus.UNKNOWN


@pytest.mark.parametrize("name", ["Id FROM User--", "a b", "O'Neil' OR Name != '", "", "1st", "Id\n"])
def test_only_api_names_enter_a_query(name):
    with pytest.raises(ValueError, match="not an API name"):
        select([name], of="Account")


@pytest.mark.parametrize("record_id", ["x' OR Id != '", "001", "", "001000000000001AA", "001000000000001AAA\n"])
def test_only_record_ids_enter_a_query(record_id):
    with pytest.raises(ValueError, match="record id"):
        any_of([record_id])


@pytest.mark.parametrize(
    "url",
    [
        "http://acme.my.salesforce.com",
        "https://acme.example.com",
        "https://acme.my.salesforce.com.evil.example",
        "https://salesforce.com",
        "https://user:pw@acme.my.salesforce.com",
        "https://acme.my.salesforce.com/services",
        "https://acme.my.salesforce.com:8443",
        "http://10.0.0.1",
        "https://acme.my.salesforce.com:port",
        "http://127.0.0.1:99999",
        "https://[acme",
        "acme.my.salesforce.com",
        "",
    ],
)
def test_login_takes_only_the_address_of_an_org(url):
    with pytest.raises(CrmLoginError, match="not an org's address"):
        SalesforceLogin(url, "app", client_secret="s")


@pytest.mark.parametrize(
    "credentials",
    [
        {},
        {"username": "u"},
        {"private_key": "k"},
        {"client_secret": "s", "username": "u", "private_key": "k"},
    ],
)
def test_login_takes_the_credentials_of_one_flow(credentials):
    with pytest.raises(CrmLoginError, match="either a client secret"):
        SalesforceLogin("https://acme.my.salesforce.com", "app", **credentials)


def test_client_credentials_need_the_orgs_own_address():
    with pytest.raises(CrmLoginError, match="common address"):
        SalesforceLogin("https://login.salesforce.com", "app", client_secret="s")


def test_login_hides_its_secrets():
    login = SalesforceLogin("https://acme.my.salesforce.com/", "app", username="u", private_key="-----BEGIN")

    assert "BEGIN" not in repr(login)
    assert "hush" not in repr(SalesforceLogin("https://acme.my.salesforce.com", "app", client_secret="hush"))
