from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from connectors.base import CrmIdentity
from sync.compare import Base
from sync.errors import PlanError
from sync.plan import AccountChange, FieldChange, Plan
from sync.store import bases, budget, closes, journal, matches, orgs, plans, runs
from sync.store.closes import AccountClose
from sync.store.database import open_store
from sync.store.journal import Intent, Settlement, State
from sync.store.runs import InputFile, RunStart, RunStatus

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
AS_OF = date(2026, 10, 31)
ORG = "00D1"


@pytest.fixture
def connection(tmp_path):
    store = open_store(tmp_path / "store.sqlite")
    with store.write() as opened:
        orgs.bind_org(opened, CrmIdentity("salesforce", ORG, "Acme", "integration"), now=NOW)
        yield opened
    store.close()


def start(connection, kind="sync", now=NOW):
    return runs.start_run(connection, RunStart(ORG, kind, AS_OF, "hash", "host", 7), now=now)


def test_run_ids_never_repeat_even_when_the_clock_stands(connection):
    first, second = start(connection), start(connection)

    assert (first, second) == ("20261121T120000Z-1", "20261121T120000Z-2")
    assert len(f"20261121T120000Z-{10**6}") <= 24  # the run field in the CRM holds 24 characters


def test_a_run_that_never_ended_is_marked_when_the_next_starts(connection):
    start(connection)
    start(connection, now=NOW + timedelta(hours=1))
    newest, oldest = runs.latest_runs(connection, limit=5)

    assert (newest.status, oldest.status) == (RunStatus.RUNNING, RunStatus.CRASHED)
    assert oldest.finished == NOW + timedelta(hours=1)


def test_the_last_sync_is_the_last_that_applied_a_plan(connection):
    assert runs.last_sync(connection, ORG) is None
    for kind, status in [("sync", "done"), ("plan", "done"), ("sync", "stopped"), ("sync", "failed")]:
        run_id = start(connection, kind)
        runs.finish_run(connection, run_id, status=RunStatus(status), counters={"planned": 3}, now=NOW, reason="r")
    last = runs.last_sync(connection, ORG)

    assert (last.run_id, last.status, last.counters, last.reason) == (
        "20261121T120000Z-1",
        RunStatus.DONE,
        {"planned": 3},
        "r",
    )
    assert runs.last_sync(connection, "other") is None


def test_an_org_counts_as_written_only_after_a_plan_with_changes(connection):
    """An empty plan needs no approval, so it must not stand for one."""
    for counters in ({"planned": 0}, {"planned": 8}):
        assert not runs.has_written(connection, ORG)
        runs.finish_run(connection, start(connection), status=RunStatus.DONE, counters=counters, now=NOW)

    assert runs.has_written(connection, ORG)
    assert not runs.has_written(connection, "other")


def test_how_a_run_ended_is_recorded_once(connection):
    run_id = start(connection)
    runs.finish_run(connection, run_id, status=RunStatus.STOPPED, counters={"planned": 3}, now=NOW, reason="guard")
    runs.finish_run(connection, run_id, status=RunStatus.FAILED, counters={}, now=NOW, reason="later trouble")

    (run,) = runs.latest_runs(connection, limit=5)
    assert (run.status, run.counters, run.reason) == (RunStatus.STOPPED, {"planned": 3}, "guard")


def test_a_run_without_an_end_is_told_as_crashed_once_no_run_is_active(connection):
    runs.finish_run(connection, start(connection), status=RunStatus.DONE, counters={}, now=NOW)
    start(connection)

    told = runs.marked_as_crashed(runs.latest_runs(connection, limit=5))

    assert [run.status for run in told] == [RunStatus.CRASHED, RunStatus.DONE]


def test_inputs_are_kept_with_their_hash_and_period(connection):
    run_id = start(connection)
    runs.record_inputs(connection, run_id, [])
    runs.record_inputs(connection, run_id, [InputFile("time.csv", "ab" * 32, "toggl", 12, date(2026, 10, 1), AS_OF)])

    rows = connection.exec_driver_sql("SELECT file, mapping, rows, last_day FROM input").all()
    assert rows == [("time.csv", "toggl", 12, "2026-10-31")]


def plan_of(run_id, tier="B"):
    change = AccountChange("a1", "why", (FieldChange("tier", None, tier),))
    return Plan(run_id, AS_OF, 1, (change,), (), 0, ())


def saved(connection, tier="B", now=NOW):
    plan = plan_of(start(connection), tier)
    plans.save_plan(connection, plan, ORG, now=now)
    return plan


def test_a_saved_plan_comes_back_until_it_expires(connection):
    plan = saved(connection)

    assert plans.load_plan(connection, plan.plan_id, ORG, config_hash="hash", now=NOW + timedelta(hours=35)) == plan
    with pytest.raises(PlanError, match="expired at 2026-11-23 00:00 UTC"):
        plans.load_plan(connection, plan.plan_id, ORG, config_hash="hash", now=NOW + timedelta(hours=36))


def test_a_newer_plan_supersedes_the_older(connection):
    older, newer = saved(connection), saved(connection, "C")

    with pytest.raises(PlanError, match="superseded"):
        plans.load_plan(connection, older.plan_id, ORG, config_hash="hash", now=NOW)
    assert plans.load_plan(connection, newer.plan_id, ORG, config_hash="hash", now=NOW) == newer


def test_a_plan_is_applied_once_even_if_its_run_dies(connection):
    plan = saved(connection)
    plans.begin_plan(connection, plan.plan_id)
    with pytest.raises(PlanError, match="applying"):
        plans.load_plan(connection, plan.plan_id, ORG, config_hash="hash", now=NOW)
    plans.finish_plan(connection, plan.plan_id)
    with pytest.raises(PlanError, match="applied"):
        plans.load_plan(connection, plan.plan_id, ORG, config_hash="hash", now=NOW)


def test_unknown_plans_and_plans_of_another_org_are_refused(connection):
    plan = saved(connection)
    for plan_id, org_id in [("no-such-plan", ORG), (plan.plan_id, "00D2")]:
        with pytest.raises(PlanError, match="no such plan"):
            plans.load_plan(connection, plan_id, org_id, config_hash="hash", now=NOW)


def test_a_plan_changed_in_the_store_is_refused(connection):
    plan = saved(connection)
    other = plan_of(plan.run_id, "A").to_json()
    connection.exec_driver_sql("UPDATE plan SET payload = ?", (other,))

    with pytest.raises(PlanError, match="not the one that was saved"):
        plans.load_plan(connection, plan.plan_id, ORG, config_hash="hash", now=NOW)


def test_approval_needs_a_reason(connection):
    plan = saved(connection)
    with pytest.raises(PlanError, match="no reason"):
        plans.approve_plan(connection, plan.plan_id, "  ", now=NOW)
    plans.approve_plan(connection, plan.plan_id, " new price list ", now=NOW)

    assert connection.exec_driver_sql("SELECT reason FROM plan").scalar() == "new price list"


def test_a_plan_made_under_another_configuration_is_refused(connection):
    plan = saved(connection)

    with pytest.raises(PlanError, match="configuration"):
        plans.load_plan(connection, plan.plan_id, ORG, config_hash="other", now=NOW)


def test_the_plan_applied_before_this_one_is_found(connection):
    applied = saved(connection)
    plans.finish_plan(connection, applied.plan_id)
    saved(connection, "C")  # looked at, not applied
    newest = saved(connection, "A")
    plans.finish_plan(connection, newest.plan_id)

    assert plans.last_applied(connection, ORG, before=newest.run_id) == applied
    assert plans.last_applied(connection, ORG, before=applied.run_id) == newest
    assert plans.last_applied(connection, "other", before=newest.run_id) is None


def test_intents_stay_in_flight_until_they_are_settled_once(connection):
    run_id = start(connection)
    first = Intent(run_id, "a1", "net_12m", None, Decimal("10.50"))
    second = Intent(run_id, "a2", "tier_since", date(2026, 1, 31), None)
    journal.announce(connection, ORG, [first, second], now=NOW)
    assert journal.in_flight(connection, ORG) == [first, second]

    journal.settle(connection, [Settlement(first, State.REJECTED, "CODE")], now=NOW)
    journal.settle(connection, [Settlement(first, State.DONE), Settlement(second, State.IN_FLIGHT)], now=NOW)

    assert journal.in_flight(connection, ORG) == [second]
    assert journal.in_flight(connection, "other") == []
    assert journal.settlements_of(connection, run_id) == [
        Settlement(first, State.REJECTED, "CODE"),
        Settlement(second, State.IN_FLIGHT),
    ]


def test_the_same_intent_cannot_be_announced_twice(connection):
    intent = Intent(start(connection), "a1", "tier", None, "B")
    journal.announce(connection, ORG, [intent], now=NOW)

    with pytest.raises(Exception, match="UNIQUE"):
        journal.announce(connection, ORG, [intent], now=NOW)


def test_confirmed_values_replace_earlier_ones(connection):
    run_id = start(connection)
    bases.confirm(connection, ORG, {}, run_id=run_id)
    bases.confirm(connection, ORG, {("a1", "tier"): "B", ("a1", "review"): True}, run_id=run_id)
    bases.confirm(connection, ORG, {("a1", "tier"): None, ("a2", "tier"): "C"}, run_id=run_id)

    assert bases.load_bases(connection, ORG) == {
        ("a1", "tier"): Base(None),
        ("a1", "review"): Base(True),
        ("a2", "tier"): Base("C"),
    }
    assert bases.load_bases(connection, "other") == {}


def account(tier):
    return AccountClose("a1", tier, tier, AS_OF, {"ncp": -5})


def test_a_close_is_stored_once_and_never_changed(connection):
    run_id = start(connection)
    days = [date(2026, 8, 31), date(2026, 9, 30), AS_OF]
    for number, day in enumerate(days):
        own = {"run_id": run_id, "totals_cents": {"revenue": number}, "accounts": [account("ABC"[number])]}
        assert closes.save_close(connection, ORG, day, **own)
    again = closes.save_close(
        connection, ORG, AS_OF, run_id=run_id, totals_cents={"revenue": 99}, accounts=[account("D")]
    )
    found = closes.account_closes(connection, ORG, before=date(2026, 11, 30), limit=2)

    assert not again
    assert {day: accounts["a1"].published_tier for day, accounts in found.items()} == {days[1]: "B", days[2]: "C"}
    assert found[AS_OF]["a1"] == account("C")
    assert closes.firm_totals(connection, ORG, before=AS_OF, limit=6) == [{"revenue": 0}, {"revenue": 1}]


def test_a_close_without_accounts_is_a_close(connection):
    assert closes.save_close(connection, ORG, AS_OF, run_id=start(connection), totals_cents={}, accounts=[])
    assert closes.account_closes(connection, ORG, before=date.max, limit=1) == {AS_OF: {}}


def test_call_counts_only_grow_within_a_day(connection):
    day = NOW.date()
    assert budget.day_budget(connection, ORG, day) == budget.DayBudget(0, None)
    budget.observe_calls(connection, ORG, day, used_calls=40, limit_calls=100)
    budget.observe_calls(connection, ORG, day, used_calls=30, limit_calls=None)

    assert budget.day_budget(connection, ORG, day) == budget.DayBudget(40, 100)
    assert budget.day_budget(connection, ORG, day + timedelta(days=1)) == budget.DayBudget(0, None)


def test_a_decision_replaces_the_earlier_one_on_the_same_customer(connection):
    def said(*rows):
        matches.save_decisions(connection, ORG, [matches.MatchDecision(*row) for row in rows], now=NOW)
        return [(each.handle, each.account_id, each.verdict) for each in matches.load_decisions(connection, ORG)]

    assert said(("number:7", "1", "confirmed"), ("number:7", "2", "rejected")) == [
        ("number:7", "1", "confirmed"),
        ("number:7", "2", "rejected"),
    ]
    assert said(("number:7", "2", "confirmed")) == [("number:7", "2", "confirmed")]
    assert said(("number:7", "2", "rejected"), ("number:8", "2", "confirmed")) == [
        ("number:7", "2", "rejected"),
        ("number:8", "2", "confirmed"),
    ]
    assert matches.match_decisions(matches.load_decisions(connection, ORG)).confirmed == {"number:8": "2"}
    assert matches.load_decisions(connection, "other") == []
