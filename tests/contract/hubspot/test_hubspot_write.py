"""Writing to a HubSpot portal: the connector against the sandbox, through the real client."""

from datetime import date
from decimal import Decimal

import pytest

from connectors.base import RecordChange, WriteStatus
from connectors.errors import CrmAccessError, CrmBudgetError
from connectors.sandbox import faults
from connectors.sandbox.server import Sandbox

COMPANIES = "/crm/v3/objects/companies"
VALUES = {
    "tier": "B",
    "tier_since": date(2026, 3, 31),
    "tier_status": "Provisional",
    "reason": "Work <b>costs</b> more than it brings; 100 % & rising",
    "reasons": "one\ntwo",
    "review": True,
    "next_step": "Reprice",
    "next_step_amount": Decimal("1234.50"),
    "net_12m": Decimal("-0.10"),
    "margin_pct": Decimal("12.5"),
    "coverage": Decimal(87),
    "figures_through": date(2026, 2, 28),
    "notice_by": date(2027, 12, 31),
    "run": "2026-04-01-abc",
}


def changes(ids, **values):
    return [RecordChange(one, values or {"tier": "A"}) for one in ids]


def statuses(outcomes):
    return [outcome.status for outcome in outcomes]


@pytest.mark.parametrize("api_version", ["v3", "2026-09"])
def test_what_is_written_is_what_is_read(box, connect, api_version, seeded, fields):
    (account_id,) = seeded("Acme")
    connector = connect(api_version=api_version)

    assert statuses(connector.write_changes([RecordChange(account_id, VALUES)])) == [WriteStatus.WRITTEN]

    people = {spec.key: None for spec in fields if spec.owner == "people"}
    assert connector.read_fields([account_id]) == {account_id: {**VALUES, **people}}
    assert box.record("hubspot", account_id).values["profit_margin_pct"] == "12.5"


def test_none_clears(connect, seeded):
    (account_id,) = seeded("Acme")
    connector = connect()
    connector.write_changes([RecordChange(account_id, VALUES)])

    connector.write_changes([RecordChange(account_id, dict.fromkeys(VALUES))])

    assert set(connector.read_fields([account_id])[account_id].values()) == {None}


def test_one_outcome_per_change_in_the_order_of_the_changes(box, connect, seeded):
    ids = seeded(*(f"Client {number}" for number in range(100)))
    ids.reverse()

    outcomes = connect().write_changes(changes(ids))

    assert [outcome.account_id for outcome in outcomes] == ids
    assert set(statuses(outcomes)) == {WriteStatus.WRITTEN}
    assert len(box.writes) == 1


def test_gone_records_do_not_stop_the_others(box, connect, seeded):
    kept, deleted, merged, other = seeded("Kept", "Deleted", "Merged", "Other")
    box.delete("hubspot", deleted)
    survivor = box.merge("hubspot", merged, other)

    on_kept, on_deleted, on_merged = connect().write_changes(changes([kept, deleted, merged]))

    assert on_kept.status == WriteStatus.WRITTEN
    assert (on_deleted.status, on_deleted.message) == (WriteStatus.GONE, "deleted")
    assert (on_merged.status, on_merged.message) == (WriteStatus.GONE, f"merged into {survivor}")
    assert box.record("hubspot", survivor).values.get("profit_tier") is None


def test_a_bad_value_costs_one_record_and_not_the_batch(box, connect, seeded):
    ids = seeded(*(f"Client {number}" for number in range(20)))
    batch = changes(ids)
    batch[13] = RecordChange(ids[13], {"tier": "Z", "run": "r1"})

    outcomes = connect().write_changes(batch)

    assert [place for place, status in enumerate(statuses(outcomes)) if status != WriteStatus.WRITTEN] == [13]
    assert (outcomes[13].status, outcomes[13].error_code) == (WriteStatus.REJECTED, "INVALID_OPTION")
    assert box.record("hubspot", ids[13]).values.get("profit_run") is None


@pytest.mark.parametrize("change", [Sandbox.hide_field, Sandbox.make_read_only])
def test_a_property_that_is_taken_away_between_check_and_write_stops_the_run(box, connect, change, seeded):
    ids = seeded("One", "Two")
    connector = connect()
    connector.check()
    change(box, "hubspot", "profit_tier")

    with pytest.raises(CrmAccessError, match="profit_tier"):
        connector.write_changes(changes(ids))

    assert len(box.writes) == 1


@pytest.mark.parametrize(
    "fault",
    [
        faults.applied_then(504),
        faults.applied_then(None),
        faults.cut_json(),
        faults.dropped_body(),
        faults.html_page(),
        faults.empty_list(),
        faults.closed_connection(),
        faults.answer(500),
        faults.too_many_requests(),
    ],
)
def test_a_write_of_unknown_fate_is_sent_once_and_reading_back_settles_it(box, connect, fault, seeded):
    ids = seeded("One", "Two")
    connector = connect()
    box.faults.add(fault, path=f"{COMPANIES}/batch/update")

    outcomes = connector.write_changes(changes(ids))

    assert set(statuses(outcomes)) == {WriteStatus.UNKNOWN}
    assert len(box.writes) == 1
    stored = [box.record("hubspot", one).values.get("profit_tier") for one in ids]
    assert [values["tier"] for values in connector.read_fields(ids).values()] == stored


def test_an_item_that_an_answer_lost_is_unknown(box, connect, seeded):
    ids = seeded("One", "Two", "Three")
    box.faults.add(faults.missing_item(), path=f"{COMPANIES}/batch/update")

    assert sorted(statuses(connect().write_changes(changes(ids)))) == ["unknown", "written", "written"]


def test_a_used_up_day_ends_the_run_and_the_allowance_is_known(box, connect):
    connector = connect()
    connector.check()

    assert connector.api_usage == (box.hubspot_access.calls, box.hubspot_access.daily_calls)
    box.faults.add(faults.daily_limit())
    with pytest.raises(CrmBudgetError):
        connector.write_changes(changes(["1"]))
