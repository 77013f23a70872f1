"""Checking and reading a HubSpot portal: the connector against the sandbox, through the real client."""

import urllib.request
from datetime import date
from decimal import Decimal

import pytest

from connectors.base import AccountRecord, CrmConnector, CrmOptions, DealRecord
from connectors.errors import CrmAccessError, CrmAnswerError, CrmLoginError
from connectors.sandbox import faults

COMPANIES = "/crm/v3/objects/companies"


def test_it_is_a_crm_connector(connect):
    connector: CrmConnector = connect()

    assert (connector.name, connector.batch_size) == ("hubspot", 100)


@pytest.mark.parametrize("api_version", ["v3", "2026-09"])
def test_check_names_the_portal(connect, api_version):
    identity = connect(api_version=api_version).check()

    assert identity.crm == "hubspot"
    assert identity.org_id.isdigit()


def test_check_names_every_fault_at_once_and_writes_nothing(box, connect):
    box.hide_field("hubspot", "profit_tier")
    box.hide_field("hubspot", "profit_decision")
    box.make_read_only("hubspot", "profit_review")
    box.make_read_only("hubspot", "profit_decision_note")

    with pytest.raises(CrmAccessError) as caught:
        connect(options=CrmOptions(account_key="no_such_number", started_on="name")).check()

    told = str(caught.value)
    assert "profit_tier is missing" in told
    assert "profit_decision is missing" in told
    assert "profit_review is read-only" in told
    assert "no_such_number is missing" in told
    assert "name is string, expected date" in told
    assert "profit_decision_note" not in told, "people's fields need not be writable"
    assert not box.writes


def test_check_refuses_a_wrong_token(connect):
    with pytest.raises(CrmLoginError):
        connect(token="pat-eu1-wrong").check()


def test_check_names_the_missing_scope(box, connect):
    box.hubspot_access.scopes.discard("crm.objects.deals.read")

    with pytest.raises(CrmAccessError, match=r"crm\.objects\.deals\.read"):
        connect().check()


def test_accounts_come_whole(box, connect, fields):
    ids = box.seed(
        "hubspot",
        accounts=[
            {"name": "Group", "external_key": "C-1", "started_on": date(2019, 5, 1)},
            {"name": " Child ", "parent": "C-1", "values": {"profit_tier": "A", "profit_margin_pct": "12.50"}},
        ],
    )

    group, child = connect().pull_accounts()

    blank = {spec.key: None for spec in fields}
    assert group == AccountRecord(ids["C-1"], "Group", "C-1", None, date(2019, 5, 1), blank)
    assert (child.name, child.external_key, child.parent_id, child.started_on) == ("Child", None, ids["C-1"], None)
    assert child.values == {**blank, "tier": "A", "margin_pct": Decimal("12.5")}


def test_each_account_comes_once_in_order_of_id_with_the_fewest_calls(box, connect, seeded):
    ids = seeded(*(f"Client {number}" for number in range(201)))
    box.delete("hubspot", ids[150])
    survivor = box.merge("hubspot", ids[3], ids[4])

    pulled = [account.account_id for account in connect().pull_accounts()]

    assert pulled == sorted({*ids, survivor} - {ids[150], ids[3], ids[4]}, key=int)
    assert sum(request.path == COMPANIES for request in box.requests) == 2


def test_a_page_in_another_order_is_put_in_order(box, connect, seeded):
    ids = seeded("One", "Two", "Three")
    box.faults.add(faults.shuffled(), path=COMPANIES)

    assert [account.account_id for account in connect().pull_accounts()] == ids


def test_the_last_page_shown_again_is_a_circle_and_not_a_list_without_end(box, connect, seeded):
    seeded(*(f"Client {number}" for number in range(101)))
    page = '{"results": [], "paging": {"next": {"after": "7"}}}'
    box.faults.add(faults.answer(200, page), path=COMPANIES, times=9)

    with pytest.raises(CrmAnswerError, match="circle"):
        list(connect().pull_accounts())


@pytest.mark.parametrize(
    ("pages", "expected"),
    [
        ([[1, 2, 3], [3, 4]], [1, 2, 3, 4]),
        ([[10, 9], [9, 10, 11]], [9, 10, 11]),
        ([[2, 10, 2]], [2, 10]),
    ],
)
def test_rows_that_slide_into_the_next_page_come_once(box, connect, pages, expected):
    script_pages(box, pages)

    assert [int(account.account_id) for account in connect().pull_accounts()] == expected


def test_a_list_out_of_order_is_refused_rather_than_half_read(box, connect):
    script_pages(box, [[5, 6], [7, 8], [1]])

    with pytest.raises(CrmAnswerError, match="order of id"):
        list(connect().pull_accounts())


def script_pages(box, pages):
    for place, numbers in enumerate(pages):
        rows = ", ".join(f'{{"id": "{number}", "properties": {{}}}}' for number in numbers)
        paging = f', "paging": {{"next": {{"after": "{place}"}}}}' if place < len(pages) - 1 else ""
        box.faults.add(faults.answer(200, f'{{"results": [{rows}]{paging}}}'), path=COMPANIES)


def test_deals_come_whole(box, connect):
    ids = box.seed(
        "hubspot",
        accounts=[{"name": "Acme", "external_key": "C-1"}],
        deals=[
            {"account": "C-1", "stage": "won", "amount": "1200.50", "close_date": "2025-06-30"},
            {"account": "C-1", "stage": "open", "amount": "70", "probability": "0.25"},
            {"account": None, "stage": "lost"},
        ],
    )

    won, still_open, lost = connect().pull_deals()

    account_id, closed_on = ids["C-1"], date(2025, 6, 30)
    assert won == DealRecord(won.deal_id, account_id, Decimal("1200.5"), None, closed_on, True, True, Decimal(1))
    assert (still_open.is_won, still_open.is_closed, still_open.probability) == (False, False, Decimal("0.25"))
    assert (lost.account_id, lost.amount, lost.close_date, lost.is_won, lost.is_closed) == (
        None,
        None,
        None,
        False,
        True,
    )


def test_a_deal_has_a_currency_where_the_portal_has_several(make_sandbox, connect):
    several = make_sandbox("several.sqlite", is_multi_currency=True)
    several.seed("hubspot", deals=[{"account": None, "stage": "open", "amount": "100", "currency": "JPY"}])

    (pulled,) = connect(several).pull_deals()

    assert (pulled.amount, pulled.currency) == (Decimal(100), "JPY")


@pytest.mark.parametrize(
    ("associations", "expected"),
    [
        ([("5", "deal_to_company"), ("5", "deal_to_company_unlabeled")], "5"),
        ([("6", "deal_to_company_unlabeled"), ("5", "deal_to_company"), ("5", "deal_to_company_unlabeled")], "5"),
        ([("6", "deal_to_company_unlabeled")], "6"),
        ([("6", "deal_to_company_unlabeled"), ("7", "deal_to_company_unlabeled")], None),
        ([], None),
    ],
)
def test_a_deal_without_the_shortcut_belongs_to_the_primary_association(box, connect, associations, expected):
    listed = ", ".join(f'{{"id": "{number}", "type": "{label}"}}' for number, label in associations)
    row = f'{{"id": "1", "properties": {{}}, "associations": {{"companies": {{"results": [{listed}]}}}}}}'
    box.faults.add(faults.answer(200, f'{{"results": [{row}]}}'), path="/crm/v3/objects/deals")

    (deal,) = connect().pull_deals()

    assert deal.account_id == expected


def test_read_fields_leaves_out_what_is_gone(box, connect, seeded):
    kept, deleted, merged, other = seeded("Kept", "Deleted", "Merged", "Other")
    box.delete("hubspot", deleted)
    survivor = box.merge("hubspot", merged, other)

    assert set(connect().read_fields([kept, deleted, merged, survivor, kept])) == {kept, survivor}


def test_read_fields_takes_any_number_of_accounts(connect, seeded):
    ids = seeded(*(f"Client {number}" for number in range(130)))

    assert set(connect().read_fields(ids)) == set(ids)


def test_a_record_that_an_answer_lost_is_not_taken_for_gone(box, connect, seeded):
    ids = seeded("One", "Two")
    box.faults.add(faults.missing_item(), path=f"{COMPANIES}/batch/read")

    with pytest.raises(CrmAnswerError, match="lacks this record"):
        connect().read_fields(ids)


def test_a_read_survives_trouble_that_passes(box, connect, seeded):
    ids = seeded("One")
    for trouble in (faults.too_many_requests(retry_after="0"), faults.answer(503)):
        box.faults.add(trouble, path=COMPANIES)
        box.faults.add(trouble, path=f"{COMPANIES}/batch/read")

    connector = connect()

    assert [account.account_id for account in connector.pull_accounts()] == ids
    assert set(connector.read_fields(ids)) == set(ids)


def test_the_record_page_is_there_for_people(connect, seeded):
    (account_id,) = seeded("Acme")

    with urllib.request.urlopen(connect().record_url(account_id), timeout=5) as page:  # noqa: S310 - loopback
        assert "Acme" in page.read().decode()
