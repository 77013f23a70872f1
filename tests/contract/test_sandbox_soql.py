"""SOQL in the sandbox: what it answers, in which pages, and what it refuses."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st


@pytest.fixture
def query(salesforce_api):
    """Run a query and return its answer."""

    def run(text, path="/query"):
        answer = salesforce_api.get(path, params={"q": text})
        assert answer.status_code == 200, answer.text
        return answer.json()

    return run


@pytest.fixture
def refusal(salesforce_api):
    """Run a query that must be refused and return error code and message."""

    def run(text):
        answer = salesforce_api.get("/query", params={"q": text})
        assert answer.status_code == 400, answer.text
        return answer.json()[0]["errorCode"], answer.json()[0]["message"]

    return run


@pytest.mark.parametrize(
    ("condition", "keys"),
    [
        ("AccountNumber = 'c-001'", ["C-001"]),
        ("AccountNumber != 'C-001'", ["C-002", "C-003", "C-004", None]),
        ("AccountNumber = null", [None]),
        ("AccountNumber != null AND Client_Since__c = null", ["C-004"]),
        ("Client_Since__c >= 2022-07-15 AND Client_Since__c < 2024-01-01", ["C-002", "C-003"]),
        ("AccountNumber IN ('C-001', 'C-003')", ["C-001", "C-003"]),
        ("AccountNumber NOT IN ('C-001', 'C-003')", ["C-002", "C-004", None]),
        ("NOT AccountNumber LIKE 'C-00%'", [None]),
        ("(AccountNumber = 'C-001' OR Name = 'Café Über') AND IsDeleted = false", ["C-001", "C-004"]),
        ("Parent.AccountNumber = 'C-001'", ["C-002"]),
        ("Name = '<script>alert(1)</script>'", ["C-003"]),
        ("Name LIKE 'alder%'", ["C-001", "C-002"]),
        ("CreatedDate > 2020-01-01T00:00:00Z AND CreatedDate < 2020-01-02T00:00:00+0200", []),
    ],
)
def test_conditions_choose_the_rows(query, condition, keys):
    rows = query(f"SELECT AccountNumber FROM Account WHERE {condition} ORDER BY Id")["records"]  # noqa: S608 - SOQL

    assert [row["AccountNumber"] for row in rows] == keys


def test_ids_match_in_both_lengths_and_dates_of_deals_compare(query, ids):
    short, whole = ids["salesforce"]["C-001"][:15], ids["salesforce"]["C-002"]
    accounts = query(f"SELECT Id FROM Account WHERE Id IN ('{short}', '{whole}')")  # noqa: S608 - SOQL
    deals = query("SELECT Amount FROM Opportunity WHERE IsWon = true AND Amount > 10000")

    assert {row["Id"] for row in accounts["records"]} == {ids["salesforce"]["C-001"], whole}
    assert [row["Amount"] for row in deals["records"]] == [12000.5]


def test_an_apostrophe_is_escaped(sandbox, query):
    sandbox.seed("salesforce", accounts=[{"name": "O'Brien \\ Co"}])

    assert query(r"SELECT Id FROM Account WHERE Name = 'O\'Brien \\ Co'")["totalSize"] == 1


def test_rows_are_ordered_and_limited(query):
    rows = query("SELECT AccountNumber FROM Account ORDER BY Client_Since__c DESC, Id LIMIT 2")["records"]
    blank_first = query("SELECT AccountNumber FROM Account ORDER BY AccountNumber")["records"]

    assert [row["AccountNumber"] for row in rows] == [None, "C-003"]
    assert blank_first[0]["AccountNumber"] is None


def test_a_parent_comes_as_an_object_or_null(query):
    rows = query("SELECT Name, Account.Name, AccountId FROM Opportunity ORDER BY Id")["records"]

    assert rows[0]["Account"]["Name"] == "Alder & Sons"
    assert rows[0]["Account"]["attributes"]["type"] == "Account"
    assert rows[-1]["Account"] is None


def test_deals_carry_what_the_engine_needs(query):
    rows = query("SELECT StageName, IsWon, IsClosed, Probability, Amount, CloseDate FROM Opportunity ORDER BY Id")
    shown = [tuple(value for name, value in row.items() if name != "attributes") for row in rows["records"]]

    assert shown[0] == ("Closed Won", True, True, 100.0, 12000.5, "2021-02-20")
    assert shown[2][:4] == ("Closed Lost", False, True, 0.0)
    assert shown[3][1:5] == (False, False, 40.0, None)


def test_deleted_and_merged_accounts_are_seen_by_query_all_only(sandbox, query, ids):
    kept, lost, gone = (ids["salesforce"][key] for key in ("C-001", "C-002", "C-003"))
    sandbox.merge("salesforce", kept, lost)
    sandbox.delete("salesforce", gone)
    text = "SELECT Id, MasterRecordId FROM Account WHERE IsDeleted = true ORDER BY Id"

    assert query(text)["totalSize"] == 0
    assert [row["MasterRecordId"] for row in query(text, "/queryAll")["records"]] == [kept, None]
    assert query(f"SELECT Id FROM Opportunity WHERE AccountId = '{kept}'")["totalSize"] == 3  # noqa: S608 - SOQL
    sandbox.empty_recycle_bin("salesforce")
    assert query(text, "/queryAll")["totalSize"] == 0
    assert {gone, lost}.isdisjoint(sandbox.seed("salesforce", accounts=[{"name": "New"}]).values())


def test_long_answers_come_in_pages_that_can_be_read_again(make_sandbox, open_salesforce):
    box = make_sandbox()
    box.seed("salesforce", accounts=[{"name": f"Account {n:04d}"} for n in range(2001)])
    api = open_salesforce(box)
    first = api.get("/query", params={"q": "SELECT Id FROM Account ORDER BY Id"}).json()
    path = first["nextRecordsUrl"].removeprefix("/services/data/v66.0")
    second, again = api.get(path).json(), api.get(path).json()

    assert (len(first["records"]), first["done"], first["totalSize"]) == (2000, False, 2001)
    assert (len(second["records"]), second["done"], "nextRecordsUrl" in second) == (1, True, False)
    assert second == again
    assert {row["Id"] for row in first["records"] + second["records"]} == set(box.account_ids("salesforce"))


@pytest.mark.parametrize(("asked", "given"), [(1, 200), (250, 250), (9999, 450)])
def test_the_page_size_can_be_asked_for_between_200_and_2000(make_sandbox, open_salesforce, asked, given):
    box = make_sandbox()
    box.seed("salesforce", accounts=[{"name": f"Account {n}"} for n in range(450)])
    headers = {"Sforce-Query-Options": f"batchSize={asked}"}
    page = open_salesforce(box).get("/query", params={"q": "SELECT Id FROM Account"}, headers=headers).json()

    assert len(page["records"]) == given


def test_an_unknown_cursor_is_refused(salesforce_api):
    answer = salesforce_api.get("/query/01g000000000000AAA-2000")

    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "INVALID_QUERY_LOCATOR")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("SELECT Nope__c FROM Account", "INVALID_FIELD"),
        ("SELECT Id FROM Account WHERE Nope__c = 1", "INVALID_FIELD"),
        ("SELECT Id FROM Account ORDER BY Nope__c", "INVALID_FIELD"),
        ("SELECT Nope.Name FROM Account", "INVALID_FIELD"),
        ("SELECT CurrencyIsoCode FROM Opportunity", "INVALID_FIELD"),
        ("SELECT Id FROM Opportunity WHERE CloseDate > '2026-01-01'", "INVALID_FIELD"),
        ("SELECT Id FROM Opportunity WHERE Amount > '5'", "INVALID_FIELD"),
        ("SELECT Id FROM Account WHERE Name = 5", "INVALID_FIELD"),
        ("SELECT Id FROM Account WHERE Id = 'nonsense'", "INVALID_QUERY_FILTER_OPERATOR"),
        ("SELECT Id FROM Nope", "INVALID_TYPE"),
        ("SELECT Id, FROM Account", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account WHERE", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account WHERE Name = 'O'Brien'", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account ORDER Id", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account GROUP BY Id", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account LIMIT -1", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account WHERE Name ( 'a'", "MALFORMED_QUERY"),
        ("", "MALFORMED_QUERY"),
    ],
)
def test_what_is_wrong_is_refused_with_the_vendors_code(refusal, text, code):
    assert refusal(text)[0] == code


def test_a_hidden_field_is_refused_like_one_that_does_not_exist(sandbox, refusal):
    sandbox.hide_field("salesforce", "Profit_Tier__c")

    assert "No such column 'Profit_Tier__c' on entity 'Account'" in refusal("SELECT Profit_Tier__c FROM Account")[1]


def test_a_multi_currency_org_shows_the_currency_of_a_deal(make_sandbox, open_salesforce):
    box = make_sandbox(is_multi_currency=True)
    box.seed("salesforce", deals=[{"account": None, "stage": "won", "amount": "5", "currency": "JPY"}])
    answer = open_salesforce(box).get("/query", params={"q": "SELECT CurrencyIsoCode FROM Opportunity"}).json()

    assert answer["records"][0]["CurrencyIsoCode"] == "JPY"


_FIELDS = ["Id", "Name", "Parent.Name", "ParentId", "CreatedDate", "Client_Since__c", "IsDeleted", "Profit_Coverage__c"]
_OPERATORS = ["=", "!=", "<", ">=", "LIKE", "IN", "NOT IN", "(", "NOT"]
_LITERALS = ["null", "true", "'C-001'", "('a', 5)", "5", "-2.5", "2026-01-01", "2026-99-99", "2026-01-01T00:00:00Z"]
_CONDITIONS = st.tuples(*(st.sampled_from(words) for words in (_FIELDS, _OPERATORS, _LITERALS)))


def test_no_query_makes_the_sandbox_fail(salesforce_api):
    """A refusal is a 400 in the vendor's form; a 5xx would be a bug of the sandbox."""

    @settings(max_examples=120, deadline=None)
    @given(_CONDITIONS, st.sampled_from(["", "LIMIT 2.5", "LIMIT 1", "ORDER BY Name", "AND NOT Id = null", ")"]))
    def no_failure(condition, tail):
        text = f"SELECT Id FROM Account WHERE {' '.join(condition)} {tail}"  # noqa: S608 - SOQL
        assert salesforce_api.get("/query", params={"q": text}).status_code in {200, 400}

    no_failure()
