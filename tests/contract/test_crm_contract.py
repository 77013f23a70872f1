"""The promises of `connectors.base`, kept by every CRM connector, over real HTTP against the sandbox.

What goes wrong on the way is in `test_crm_contract_faults.py`.
"""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
import requests

import connectors
from connectors.base import CrmOptions, RecordChange, WriteStatus
from connectors.errors import CrmAccessError, CrmLoginError
from connectors.merges import Merges
from connectors.sandbox import faults

WRITTEN, REJECTED, GONE, UNKNOWN = WriteStatus
VALUES = {
    "text": 'one "Ärger" & <b> \\ \U0001f40b',
    "long_text": "one\ntwo",
    "date": date(2026, 10, 31),
    "number": Decimal(87),
    "currency": Decimal("-1234567.05"),
    "percent": Decimal("12.5"),
    "checkbox": True,
}


def listed(connector):
    return [each.account_id for each in connector.pull_accounts()]


def test_every_connector_is_in_the_table(crms):
    folders = {each.parent.name for each in Path(connectors.__file__).parent.glob("*/connector.py")}

    assert folders == set(crms)


def test_check_tells_who_and_where_and_writes_nothing(connect, sandbox, name):
    connector = connect()
    identity = connector.check()

    assert connector.name == identity.crm == name
    assert all((identity.org_id, identity.org_name, identity.user))
    assert identity == connect().check()
    assert sandbox.writes == []


def test_every_account_comes_once_in_order_of_id_over_several_pages(sandbox, connector, crm, name):
    sandbox.seed(name, accounts=[{"name": f"n{number}"} for number in range(crm.page_size)])
    sandbox.delete(name, sandbox.account_ids(name)[7])
    before = len(sandbox.requests)

    found = listed(connector)

    assert found == sorted(sandbox.account_ids(name))
    assert len(found) == crm.page_size + 4
    assert len(sandbox.requests) - before == 2


def test_accounts_have_every_field_typed_and_blanks_as_none(connector, fields, account, crm):
    found = {each.account_id: each for each in connector.pull_accounts()}
    child, blank = found[account["C-002"]], found[account["No Number Ltd"]]
    values = {spec.key: crm.blank_checkbox if spec.type == "checkbox" else None for spec in fields}

    assert (child.name, child.external_key, child.parent_id) == ("Alder Retail", "C-002", account["C-001"])
    assert (child.started_on, found[account["C-004"]].started_on) == (date(2022, 7, 15), None)
    assert (blank.external_key, blank.parent_id) == (None, None)
    assert (child.owner_id, blank.owner_id) == ("77", None)
    assert child.values == blank.values == connector.read_fields([child.account_id])[child.account_id] == values


def test_what_else_identifies_a_company_is_read_where_the_options_name_it(connect, sandbox, name):
    site, number = {"salesforce": "Website", "hubspot": "domain"}[name], sandbox.options(name).account_key
    sandbox.seed(
        name, accounts=[{"name": "Sited", "external_key": "FI20774740", "values": {site: "www.sited.example"}}]
    )
    asked = connect(options=CrmOptions(company_number=number, website=site))
    asked.check()
    found = {each.name: (each.company_number, each.website) for each in asked.pull_accounts()}

    assert found["Sited"] == ("FI20774740", "www.sited.example")
    assert found["No Number Ltd"] == (None, None)
    assert {(each.company_number, each.website) for each in connect(options=CrmOptions()).pull_accounts()} == {
        (None, None)
    }


def test_deals_are_typed(connector, account):
    found = {(each.account_id, each.amount): each for each in connector.pull_deals()}
    won, lost = found[account["C-001"], Decimal("12000.5")], found[account["C-002"], Decimal(500)]
    opened, loose = found[account["C-003"], None], found[None, Decimal(100)]

    assert len(found) == 5
    assert (won.is_won, won.is_closed, won.probability, won.close_date) == (True, True, 1, date(2021, 2, 20))
    assert (lost.is_won, lost.is_closed, lost.probability) == (False, True, 0)
    assert (opened.is_won, opened.is_closed, opened.probability) == (False, False, Decimal("0.4"))
    assert (loose.close_date, loose.currency) == (None, None)


def test_deals_state_the_work_that_they_sell_where_the_crm_has_fields_for_it(connect, connector):
    found = {each.amount: each for each in connector.pull_deals()}
    without = list(connect(options=CrmOptions()).pull_deals())

    assert (found[Decimal("12000.5")].hours, found[Decimal("12000.5")].starts_on) == (Decimal("120.25"), None)
    assert (found[Decimal(8000)].hours, found[Decimal(8000)].starts_on) == (None, date(2022, 9, 1))
    assert {(each.hours, each.starts_on) for each in without} == {(None, None)}
    assert len(without) == 5


def test_fields_of_a_deal_that_are_not_there_or_of_another_type_are_all_named(connect, sandbox, name):
    own = sandbox.options(name)
    swapped = CrmOptions(deal_hours=own.deal_starts_on, deal_starts_on="no_such_day")
    with pytest.raises(CrmAccessError) as caught:
        connect(options=swapped).check()

    assert own.deal_starts_on in str(caught.value)
    assert "no_such_day is missing" in str(caught.value)


def test_what_people_decided_is_pulled_with_the_account(sandbox, connector, name, fields):
    names = {spec.key: spec.names[name] for spec in fields}
    decided = {"decision": "Improve first", "decision_until": "2026-06-30"}
    sandbox.seed(name, accounts=[{"name": "Decided", "values": {names[key]: value for key, value in decided.items()}}])
    (found,) = [each.values for each in connector.pull_accounts() if each.name == "Decided"]

    assert (found["decision"], found["decision_until"]) == ("Improve first", date(2026, 6, 30))


def test_every_type_of_field_comes_back_as_written_and_can_be_cleared(connector, fields, account, crm):
    ours = [spec for spec in fields if spec.owner == "product"]
    assert {spec.type for spec in ours} == {*VALUES, "picklist"}
    values = {spec.key: VALUES[spec.type] if spec.type in VALUES else list(spec.values)[-1] for spec in ours}
    clear = dict.fromkeys(values)
    here = account["C-001"]

    for sent, expected in (
        (values, values),
        (clear, {spec.key: crm.blank_checkbox if spec.type == "checkbox" else None for spec in ours}),
    ):
        assert [each.status for each in connector.write_changes([RecordChange(here, sent)])] == [WRITTEN]
        held = connector.read_fields([here])[here]
        assert {key: held[key] for key in sent} == expected


def test_accounts_that_are_gone_are_left_out(sandbox, connector, account, crm, name):
    sandbox.delete(name, account["C-004"])
    merged = sandbox.merge(name, account["C-001"], account["C-002"])
    stays = {account["C-003"], account["No Number Ltd"]}

    assert set(listed(connector)) == stays | {merged}
    assert set(connector.read_fields([*account.values(), crm.no_account])) - {merged} == stays
    assert connector.read_fields([]) == {}


def merges(connector):
    """Return what a run learns of merges: every account that is there, and the steps that the CRM tells."""
    accounts = list(connector.pull_accounts())
    return Merges().among({each.account_id for each in accounts}, connector.pull_merges(accounts))


def test_a_merged_account_leads_to_the_one_that_took_it_over(sandbox, connector, account, name):
    assert merges(connector).steps == {}

    sandbox.delete(name, account["C-004"])
    survivor = sandbox.merge(name, account["C-001"], account["C-002"])

    found = merges(connector)
    assert {found.master(account[key]) for key in ("C-001", "C-002")} == {survivor}
    assert found.master(account["C-003"]) == account["C-003"]
    assert found.master(account["C-004"]) == account["C-004"]


def test_two_merges_in_a_row_lead_to_the_last_account(sandbox, connector, account, name):
    before = set(listed(connector))
    first = sandbox.merge(name, account["C-002"], account["C-001"])
    last = sandbox.merge(name, account["C-003"], first)

    there = list(connector.pull_accounts())
    ids = {each.account_id for each in there}
    found = Merges().among(ids, connector.pull_merges(there, before - ids))

    assert {found.master(account[key]) for key in ("C-001", "C-002", "C-003")} == {last}


def test_a_master_that_was_deleted_stands_for_nobody(sandbox, connector, account, name):
    survivor = sandbox.merge(name, account["C-001"], account["C-002"])
    before = merges(connector)
    sandbox.delete(name, survivor)

    there = list(connector.pull_accounts())
    ids = {each.account_id for each in there}
    told = connector.pull_merges(there, {survivor})

    assert before.among(ids, told).master(account["C-002"]) == survivor
    assert survivor not in ids


def test_merges_cost_a_call_at_most(sandbox, connector, account, name):
    """Where the CRM lists them; each account that vanished without a trace there is asked for once."""
    sandbox.merge(name, account["C-001"], account["C-002"])
    sandbox.delete(name, account["C-003"])
    accounts = list(connector.pull_accounts())
    before = len(sandbox.requests)

    connector.pull_merges(accounts, {account["C-002"]})
    assert len(sandbox.requests) - before == {"salesforce": 1, "hubspot": 0}[name]
    connector.pull_merges(accounts, {account["C-002"], account["C-003"]})
    assert len(sandbox.requests) - before == {"salesforce": 2, "hubspot": 1}[name]


def test_deals_and_children_hang_on_the_account_that_is_left(sandbox, connector, account, name):
    survivor = sandbox.merge(name, account["C-003"], account["C-001"])

    assert {each.parent_id for each in connector.pull_accounts() if each.name == "Alder Retail"} == {survivor}
    assert sum(each.account_id == survivor for each in connector.pull_deals()) == 2


def test_each_change_has_one_outcome_in_order(sandbox, connector, account, crm, name):
    sandbox.delete(name, account["C-002"])
    wanted = [
        (account["No Number Ltd"], {"tier": "B"}, WRITTEN),
        (account["C-003"], {"tier": "secret"}, REJECTED),
        (account["C-002"], {"tier": "A"}, GONE),
        (account["C-001"], {"tier": "A"}, WRITTEN),
        (crm.no_account, {"tier": "A"}, GONE),
    ]
    outcomes = connector.write_changes([RecordChange(each, values) for each, values, _ in wanted])

    assert [(each.account_id, each.status) for each in outcomes] == [(each, status) for each, _, status in wanted]
    assert all(bool(each.error_code and each.message) == (each.status != WRITTEN) for each in outcomes)
    assert "secret" not in repr(outcomes)


def test_outcomes_are_matched_by_id_whatever_the_order_of_the_answer(sandbox, connector, account, crm):
    changes = [RecordChange(each, {"tier": "A"}) for each in account.values()]
    for fault, lost in ((faults.shuffled(), 0), (faults.missing_item(), 1)):
        sandbox.faults.add(fault, path=crm.write_path)
        outcomes = connector.write_changes(changes)

        assert [each.account_id for each in outcomes] == list(account.values())
        assert [each.status for each in outcomes].count(UNKNOWN) == lost
        assert [each.status for each in outcomes].count(WRITTEN) == 5 - lost


def test_what_must_not_be_sent_is_not_sent(sandbox, connector, account):
    here = account["C-001"]
    for wrong in (
        [RecordChange(here, {"tier": "A"})] * 2,
        [RecordChange(here, {"tier": "A"})] * (connector.batch_size + 1),
        [RecordChange(here, {})],
        [RecordChange(here, {"decision": "Keep"})],
        [RecordChange(here, {"unheard_of": "A"})],
        [RecordChange(here, {"review": "true"})],
        [RecordChange(here, {"net_12m": Decimal("NaN")})],
    ):
        with pytest.raises(ValueError, match=r".+"):
            connector.write_changes(wrong)

    assert connector.write_changes([]) == []
    assert sandbox.writes == []


def test_wrong_credentials_are_refused_once_and_not_quoted(sandbox, connect):
    with pytest.raises(CrmLoginError) as caught:
        connect(secret="not-the-secret").check()

    assert len(sandbox.requests) == 1
    assert "not-the-secret" not in str(caught.value)


def test_missing_and_read_only_fields_are_all_named(sandbox, connect, fields, name):
    names = {spec.key: spec.names[name] for spec in fields}
    for key in ("tier", "decision"):
        sandbox.hide_field(name, names[key])
    for key in ("reason", "review"):
        sandbox.make_read_only(name, names[key])
    with pytest.raises(CrmAccessError) as caught:
        connect().check()

    assert [key for key in names if names[key] + " is" in str(caught.value)] == ["tier", "reason", "review", "decision"]


def test_the_page_of_an_account_is_where_people_see_it(connector, account):
    page = requests.get(connector.record_url(account["C-001"]), timeout=5)

    assert page.status_code == 200
    assert "Alder &amp; Sons" in page.text
