"""What apply does when the CRM refuses, forgets, hides, delays or changes records."""

from __future__ import annotations

from decimal import Decimal

import pytest

from connectors.errors import CrmUnavailableError
from sync.apply import Fate
from sync.errors import DriftError
from sync.store import bases, journal
from sync.store.journal import State
from tests.faults.apply.crm_peer import undisturbed


def fates(outcome):
    return {record.account_id: record.fate for record in outcome.records}


def journaled(night, run_id):
    store = night.open()
    with store.read() as connection:
        found = journal.settlements_of(connection, run_id)
    store.close()
    return found


def test_a_good_night_writes_all_and_the_next_writes_nothing(night, peer, wishes):
    plan, outcome = night.run(wishes)
    written = len(peer.writes())
    second_plan, second = night.run(wishes)

    assert outcome.is_complete
    assert outcome.count(Fate.DONE) == outcome.planned == 5
    assert peer.records["a3"] == {"tier": "B", "decision": "Keep", "reason": "margin 3 %", "run": plan.run_id}
    assert written == 15  # tier, reason and run of five accounts; the blank checkbox is False already
    assert second_plan.changes == ()
    assert second.planned == 0
    assert len(peer.writes()) == written


def test_every_write_has_a_journal_row_with_the_value_before_it(night, wishes):
    night.run(wishes)
    moved = {account: values | {"tier": "C"} for account, values in wishes.items()}
    plan, _outcome = night.run(moved)

    rows = journaled(night, plan.run_id)

    assert {
        (row.intent.account_id, row.intent.previous, row.intent.wanted) for row in rows if row.intent.field == "tier"
    } == {(account, "B", "C") for account in wishes}
    assert {row.state for row in rows} == {State.DONE}


def test_a_refused_record_does_not_stop_the_others_and_is_tried_again(night, peer, wishes):
    peer.faults.rejected = {"a2"}
    _plan, outcome = night.run(wishes)
    peer.faults.rejected = set()
    _plan, second = night.run(wishes)

    refused = next(record for record in outcome.records if record.account_id == "a2")
    assert (refused.fate, refused.error_code, refused.message) == (Fate.REJECTED, "VALIDATION", "a rule says no")
    assert outcome.count(Fate.DONE) == 4
    assert outcome.stopped is None
    assert not outcome.is_complete
    assert fates(second) == {"a2": Fate.DONE}


def test_a_record_deleted_after_the_pull_is_gone_and_never_made_again(night, peer, wishes):
    plan = night.plan(wishes)
    peer.delete("a4")
    outcome = night.apply(plan)
    _plan, second = night.run(wishes)

    assert fates(outcome)["a4"] is Fate.GONE
    assert outcome.count(Fate.DONE) == 4
    assert second.planned == 0
    assert "a4" not in peer.records


def test_a_record_deleted_between_read_and_write_is_gone(night, peer, wishes):
    def delete(step):
        if step == "write":
            peer.delete("a1")

    peer.at = delete
    plan, outcome = night.run(wishes)

    assert fates(outcome)["a1"] is Fate.GONE
    assert {row.state for row in journaled(night, plan.run_id) if row.intent.account_id == "a1"} == {State.GONE}


def test_a_write_without_effect_is_found_by_reading_back(night, peer, wishes):
    peer.faults.ignored = {"a5"}
    plan, outcome = night.run(wishes)

    assert fates(outcome)["a5"] is Fate.NOT_EFFECTIVE
    assert {row.state for row in journaled(night, plan.run_id) if row.intent.account_id == "a5"} == {
        State.NOT_EFFECTIVE
    }
    assert outcome.count(Fate.DONE) == 4


@pytest.mark.parametrize("raises", [False, True])
def test_a_lost_answer_is_settled_by_reading_back_and_nothing_is_sent_again(night, peer, wishes, raises):
    peer.faults.lost_after = 1
    peer.faults.raises = raises
    _plan, outcome = night.run(wishes)
    sent = len(peer.writes())

    assert fates(outcome)["a1"] is fates(outcome)["a2"] is Fate.DONE
    assert isinstance(outcome.stopped, CrmUnavailableError) is raises
    night.run(wishes)
    assert len(peer.writes()) == 15
    assert sent == (6 if raises else 15)


def test_a_call_that_never_arrived_stays_open_and_is_written_once_by_the_next_run(night, peer, wishes):
    peer.faults.lost_before = 1
    _plan, outcome = night.run(wishes)

    assert fates(outcome) == {
        "a1": Fate.UNKNOWN,
        "a2": Fate.UNKNOWN,
        "a3": Fate.DONE,
        "a4": Fate.DONE,
        "a5": Fate.DONE,
    }
    _plan, second = night.run(wishes)
    assert night.last_settled == {State.NOT_WRITTEN: 6}
    assert fates(second) == {"a1": Fate.DONE, "a2": Fate.DONE}
    assert len(peer.writes()) == 15


def test_a_late_arrival_of_an_unclear_call_is_taken_as_ours(night, peer, wishes):
    """The request timed out, was read back too early, and was carried out afterwards."""
    peer.faults.lost_before = 1
    plan, _outcome = night.run(wishes)
    for account in ("a1", "a2"):
        peer.put(account, {"tier": "B", "reason": wishes[account]["reason"], "run": plan.run_id}, who="product")
    changed = {account: values | {"tier": "C"} for account, values in wishes.items()}

    second_plan, second = night.run(changed)

    assert night.last_settled == {State.DONE: 6}
    assert second_plan.findings == ()
    assert second.count(Fate.DONE) == 5


def test_an_unclear_call_and_a_human_edit_end_as_a_conflict_that_the_human_wins(night, peer, wishes):
    def edit(step):
        if step == "answer":
            peer.put("a1", {"tier": "D"})
            peer.at = undisturbed

    peer.at = edit
    peer.faults.lost_after = 1
    _plan, outcome = night.run(wishes)
    night.run(wishes)

    assert fates(outcome)["a1"] is Fate.CONFLICT
    assert fates(outcome)["a2"] is Fate.DONE
    assert peer.records["a1"]["tier"] == "D"


def test_a_record_missing_from_the_answer_is_read_back(night, peer, wishes):
    peer.faults.forgotten = {"a3"}
    _plan, outcome = night.run(wishes)

    assert fates(outcome)["a3"] is Fate.DONE


def test_a_crm_that_goes_down_leaves_the_rest_unsent_and_the_counters_add_up(night, peer, wishes):
    peer.faults.reads_left = 2  # before and after the first batch
    _plan, outcome = night.run(wishes)

    assert isinstance(outcome.stopped, CrmUnavailableError)
    assert fates(outcome) == {
        "a1": Fate.DONE,
        "a2": Fate.DONE,
        "a3": Fate.UNSENT,
        "a4": Fate.UNSENT,
        "a5": Fate.UNSENT,
    }
    assert sum(outcome.count(fate) for fate in Fate) == outcome.planned == 5


def test_a_clear_answer_counts_even_when_reading_back_fails(night, peer, wishes):
    peer.faults.reads_left = 1
    _plan, outcome = night.run(wishes)
    peer.faults.reads_left = None
    night.run(wishes)

    assert fates(outcome)["a1"] is Fate.DONE
    assert isinstance(outcome.stopped, CrmUnavailableError)
    assert len(peer.writes()) == 15


def test_a_drifted_record_in_a_small_plan_refuses_the_plan_before_any_write(night, peer, wishes):
    plan = night.plan(wishes)
    peer.put("a1", {"tier": "A"})
    outcome = night.apply(plan)

    assert isinstance(outcome.stopped, DriftError)
    assert fates(outcome)["a1"] is Fate.DRIFTED
    assert outcome.count(Fate.UNSENT) == 4
    assert peer.writes() == []


def test_few_drifted_records_of_a_large_plan_are_left_out_alone(new_night):
    night = new_night(accounts=40)
    wishes = {f"a{number}": {"tier": "B"} for number in range(1, 41)}
    plan = night.plan(wishes)
    for account in ("a7", "a30"):
        night.crm.put(account, {"tier": "A"})
    outcome = night.apply(plan)

    assert outcome.stopped is None
    assert outcome.count(Fate.DRIFTED) == 2
    assert outcome.count(Fate.DONE) == 38
    assert night.crm.records["a7"]["tier"] == night.crm.records["a30"]["tier"] == "A"


def test_a_human_edit_stands_on_all_later_runs_and_is_reported(night, peer, wishes):
    night.run(wishes)
    peer.put("a2", {"tier": "A"})
    same, _outcome = night.run(wishes)
    moved, _outcome = night.run({"a2": {"tier": "D"}})

    assert [(finding.account_id, finding.action) for finding in same.findings] == [("a2", "override")]
    assert [(finding.account_id, finding.action) for finding in moved.findings] == [("a2", "conflict")]
    assert peer.records["a2"]["tier"] == "A"


def test_values_that_are_there_already_are_adopted_without_a_write(night, peer):
    peer.put("a1", {"tier": "C", "coverage": Decimal("87.0"), "review": True})
    plan, outcome = night.run({"a1": {"tier": "C", "coverage": Decimal(87), "review": True}})
    store = night.open()
    with store.read() as connection:
        base = bases.load_bases(connection, "org-1")
    store.close()

    assert plan.changes == ()
    assert outcome.adopted == 3
    assert peer.writes() == []
    assert {key: known.value for (_account, key), known in base.items()} == {
        "tier": "C",
        "coverage": Decimal(87),
        "review": True,
    }
