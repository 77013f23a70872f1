"""Read and write: the Salesforce connector against the sandbox, over real HTTP."""

from datetime import date
from decimal import Decimal

import pytest

from connectors.base import RecordChange, WriteStatus
from connectors.errors import CrmBudgetError
from connectors.sandbox import faults


def test_every_field_comes_back_as_it_was_written_and_can_be_cleared(connector, account, all_values):
    written = all_values
    cleared = dict.fromkeys(written) | {"review": False}

    (first,) = connector.write_changes([RecordChange(account["C-001"], written)])
    held = connector.read_fields([account["C-001"]])[account["C-001"]]
    (second,) = connector.write_changes([RecordChange(account["C-001"], dict.fromkeys(written))])
    blank = connector.read_fields([account["C-001"]])[account["C-001"]]

    assert (first.status, second.status) == (WriteStatus.WRITTEN, WriteStatus.WRITTEN)
    assert {key: held[key] for key in written} == written
    assert {key: blank[key] for key in written} == cleared


def test_values_of_people_are_read(sandbox, connector, account):
    sandbox.edit(
        "salesforce", account["C-001"], {"Profit_Decision__c": "Keep", "Profit_Decision_Until__c": "2027-01-31"}
    )

    held = connector.read_fields([account["C-001"]])[account["C-001"]]

    assert (held["decision"], held["decision_until"]) == ("Keep", date(2027, 1, 31))


def test_each_record_has_its_own_outcome(sandbox, connector, account):
    sandbox.delete("salesforce", account["C-002"])
    changes = [
        RecordChange(account["C-001"], {"tier": "A"}),
        RecordChange(account["C-002"], {"tier": "A"}),
        RecordChange(account["C-003"], {"tier": "Z", "reason": "secret words"}),
        RecordChange("001000000ZZZZZZ", {"tier": "A"}),
        RecordChange(account["C-004"], {"reason": "x" * 256}),
        RecordChange(account["No Number Ltd"], {"tier": "B"}),
    ]

    outcomes = connector.write_changes(changes)

    assert [(each.status, each.error_code) for each in outcomes] == [
        (WriteStatus.WRITTEN, ""),
        (WriteStatus.GONE, "ENTITY_IS_DELETED"),
        (WriteStatus.REJECTED, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"),
        (WriteStatus.GONE, "INVALID_CROSS_REFERENCE_KEY"),
        (WriteStatus.REJECTED, "STRING_TOO_LONG"),
        (WriteStatus.WRITTEN, ""),
    ]
    assert [each.account_id for each in outcomes] == [each.account_id for each in changes]
    assert "Profit_Reason__c" in outcomes[4].message
    assert "xxx" not in repr(outcomes)
    assert sandbox.record("salesforce", account["C-003"]).values.get("Profit_Reason__c") is None


def test_two_hundred_changes_are_one_call_and_more_are_refused(sandbox, connector):
    sandbox.seed("salesforce", accounts=[{"name": f"n{number}"} for number in range(201)])
    changes = [RecordChange(each, {"tier": "C"}) for each in sandbox.account_ids("salesforce")]

    with pytest.raises(ValueError, match="at most 200"):
        connector.write_changes(changes[:201])
    outcomes = connector.write_changes(changes[:200])

    assert {each.status for each in outcomes} == {WriteStatus.WRITTEN}
    assert len(sandbox.writes) == 1
    assert connector.write_changes([]) == []


@pytest.mark.parametrize(
    "values",
    [{"decision": "Keep"}, {"Name": "x"}, {"tier_since": "2026-10-31"}, {"net_12m": Decimal("NaN")}, {"review": "yes"}],
)
def test_what_is_not_ours_to_write_is_never_sent(sandbox, connector, account, values):
    with pytest.raises(ValueError):  # noqa: PT011 - the messages differ
        connector.write_changes([RecordChange(account["C-001"], values)])

    assert sandbox.writes == []


def test_an_account_twice_in_a_batch_is_refused(sandbox, connector, account):
    full = account["C-001"]

    with pytest.raises(ValueError, match="twice"):
        connector.write_changes([RecordChange(full, {"tier": "A"}), RecordChange(full[:15], {"tier": "B"})])

    assert sandbox.writes == []


def test_record_url_is_the_page_that_people_see(sandbox, connector, account):
    url = connector.record_url(account["C-001"])

    assert url == f"{sandbox.url}/lightning/r/Account/{account['C-001']}/view"


@pytest.mark.parametrize(
    "fault",
    [faults.applied_then(504), faults.applied_then(None), faults.cut_json(), faults.dropped_body(), faults.html_page()],
)
def test_lost_answer_is_unknown_and_settled_by_reading(sandbox, connector, account, fault):
    connector.check()
    sandbox.faults.add(fault, method="PATCH")

    outcomes = connector.write_changes([RecordChange(account["C-001"], {"tier": "A"})])
    held = connector.read_fields([account["C-001"]])
    stored = sandbox.record("salesforce", account["C-001"]).values.get("Profit_Tier__c")

    assert [each.status for each in outcomes] == [WriteStatus.UNKNOWN]
    assert len(sandbox.writes) == 1
    assert held[account["C-001"]]["tier"] == stored


def test_shuffled_and_missing_results(sandbox, connector, account):
    changes = [RecordChange(account[key], {"tier": "A"}) for key in ("C-001", "C-002", "C-003")]
    sandbox.faults.add(faults.shuffled(), method="PATCH")
    sandbox.faults.add(faults.missing_item(), method="PATCH")

    shuffled = connector.write_changes(changes)
    short = connector.write_changes(changes)

    assert [each.status for each in shuffled] == [WriteStatus.WRITTEN] * 3
    assert [each.status for each in short] == [WriteStatus.WRITTEN] * 2 + [WriteStatus.UNKNOWN]


def test_session_that_ends_between_calls_is_opened_again(sandbox, connector, account):
    connector.check()
    sandbox.expire_sessions()

    (outcome,) = connector.write_changes([RecordChange(account["C-001"], {"tier": "A"})])

    assert outcome.status is WriteStatus.WRITTEN
    refused, taken = sandbox.writes
    assert (refused.status, taken.status) == (401, 200)
    assert taken.headers["sforce-auto-assign"] == refused.headers["sforce-auto-assign"] == "FALSE"


def test_daily_limit_stops_and_usage_is_known(make_sandbox, open_connector):
    box = make_sandbox("small.sqlite", salesforce_daily_calls=6)
    connector = open_connector(box)
    connector.check()

    assert connector.api_usage == (5, 6)
    with pytest.raises(CrmBudgetError):
        list(connector.pull_accounts()) + list(connector.pull_deals())
