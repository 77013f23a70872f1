"""Answers that lack something: never the end of a list, never a blank."""

import json
from datetime import date
from decimal import Decimal

import pytest

from connectors.base import CrmOptions
from connectors.errors import CrmAnswerError

FIRST, SECOND = "001000000000001AAA", "001000000000002AAA"
NEXT = "/services/data/v66.0/query/01g-2000"


def test_pages_are_followed_to_the_end(org, connect):
    connector = connect()
    connector.check()
    org.instead("GET", NEXT, org.page([org.account(SECOND)], total=2))
    org.instead("GET", org.query_path, org.page([org.account(FIRST)], total=2, next_url=NEXT))

    assert [each.account_id for each in connector.pull_accounts()] == [FIRST, SECOND]


@pytest.mark.parametrize(
    "answer",
    [
        (200, b'{"totalSize":2,"done":true,"records":[{"Id":"0010'),
        (200, b"<html>Maintenance</html>"),
        (200, b""),
        (200, {}),
        (200, []),
        (200, {"totalSize": 0, "done": True}),
        (200, {"totalSize": 0, "records": []}),
        (200, {"done": True, "records": []}),
        (200, {"totalSize": 9, "done": False, "records": []}),
        (200, {"totalSize": 1, "done": True, "records": [None]}),
        (200, b"[" * 100_000),
        (200, b"null"),
        (200, {"totalSize": 2, "done": True, "records": [{}]}),
    ],
)
def test_broken_page_raises_and_is_never_the_end_of_the_list(org, connect, answer):
    connector = connect()
    connector.check()
    org.always("GET", org.query_path, answer)

    with pytest.raises(CrmAnswerError):
        list(connector.pull_accounts())


@pytest.mark.parametrize(
    "change",
    [
        {"Id": "none"},
        {"Name": 7},
        {"Profit_Coverage__c": "87"},
        {"Profit_Coverage__c": True},
        {"Profit_Review__c": "true"},
        {"Profit_Tier_Since__c": "soon"},
        {"Profit_Tier_Since__c": 20261031},
        {"Profit_Tier_Since__c": "2026-02-30"},
        {"Profit_Net_12m__c": 10**400},
        {"Profit_Tier__c": 1},
    ],
)
def test_value_of_another_type_raises(org, connect, change):
    org.accounts = [{**org.account(FIRST), **change}]

    with pytest.raises(CrmAnswerError):
        list(connect().pull_accounts())


def test_column_that_was_asked_for_and_is_missing_raises(org, connect):
    org.accounts = [org.account(FIRST)]
    del org.accounts[0]["Profit_Tier__c"]

    with pytest.raises(CrmAnswerError, match="Profit_Tier__c"):
        list(connect().pull_accounts())


def test_rows_that_are_missing_at_the_end_raise(org, connect):
    connector = connect()
    connector.check()
    org.instead("GET", org.query_path, org.page([org.account(FIRST)], total=2))

    with pytest.raises(CrmAnswerError, match="1 record came, 2"):
        list(connector.pull_accounts())


def test_pages_that_go_round_in_a_circle_raise(org, connect):
    connector = connect()
    connector.check()
    for record_id in (FIRST, SECOND):
        org.instead("GET", org.query_path, org.page([org.account(record_id)], total=9, next_url=NEXT))

    with pytest.raises(CrmAnswerError, match="repeats"):
        list(connector.pull_accounts())


def test_a_record_that_comes_in_place_of_another_raises(org, connect):
    connector = connect()
    connector.check()
    org.instead("GET", NEXT, org.page([org.account(FIRST)], total=2))
    org.instead("GET", org.query_path, org.page([org.account(FIRST)], total=2, next_url=NEXT))

    with pytest.raises(CrmAnswerError, match="came twice"):
        list(connector.pull_accounts())


def test_body_cut_by_the_connection_is_read_again(org, connect):
    connector = connect()
    connector.check()
    org.instead("GET", org.query_path, b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{")

    assert len(list(connector.pull_accounts())) == 2


def test_answer_larger_than_the_cap_is_dropped(org, connect):
    connector = connect()
    connector.check()

    org.instead("GET", org.query_path, "flood")

    with pytest.raises(CrmAnswerError, match="larger"):
        list(connector.pull_accounts())


def test_read_fields_refuses_accounts_that_were_not_asked_for(org, connect):
    org.accounts = [org.account(FIRST), org.account(SECOND)]

    with pytest.raises(CrmAnswerError):
        connect().read_fields([FIRST, "001000000000003AAA"])


def test_queries_stay_below_the_limit_of_an_address(org, connect):
    ids = [f"001{number:012d}AAA" for number in range(450)]
    org.accounts = []

    assert connect().read_fields(ids) == {}

    targets = [call.target for call in org.seen("GET", org.query_path)]
    assert len(targets) == 3
    assert max(map(len, targets)) < 10_000


def test_values_are_exact_and_typed(org, connect):
    org.accounts = []
    row = json.dumps(org.account(FIRST, Profit_Review__c=True, Profit_Tier_Since__c="2026-10-31", AccountNumber=" 7 "))
    row = row.replace('"Profit_Net_12m__c": null', '"Profit_Net_12m__c": 9007199254740993.005')
    row = row.replace('"Profit_Coverage__c": null', '"Profit_Coverage__c": 87.0')
    connector = connect(options=CrmOptions(account_key="accountnumber"))
    connector.check()
    org.instead("GET", org.query_path, (200, f'{{"totalSize":1,"done":true,"records":[{row}]}}'.encode()))

    (found,) = connector.pull_accounts()

    assert (found.external_key, found.name) == ("7", org.account_name)
    assert found.values["net_12m"] == Decimal("9007199254740993.01")
    assert str(found.values["coverage"]) == "87"
    assert (found.values["review"], found.values["tier"]) == (True, None)
    assert found.values["tier_since"] == date(2026, 10, 31)


@pytest.mark.parametrize("row", [{}, {"MasterRecordId": None}, {"MasterRecordId": "none"}, {"MasterRecordId": FIRST}])
def test_a_merged_account_without_its_own_or_its_masters_id_is_no_merge(org, connect, row):
    org.always("GET", f"{org.query_path}All", org.page([row]))

    with pytest.raises(CrmAnswerError):
        connect().pull_merges([])


def test_merges_come_from_the_recycle_bin_page_after_page(org, connect):
    masters = {FIRST: SECOND, SECOND: FIRST}
    first, second = ({"Id": each, "MasterRecordId": master} for each, master in masters.items())
    org.instead("GET", NEXT, org.page([second], total=2))
    org.instead("GET", f"{org.query_path}All", org.page([first], total=2, next_url=NEXT))

    assert connect().pull_merges([]) == masters
    (asked,) = [call.soql for call in org.calls if "All" in call.path]
    assert asked.endswith("FROM Account WHERE IsDeleted = true AND MasterRecordId != null")
