"""Runs that die between any two steps: the next run settles what they left, writes nothing twice, loses no edit."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from itertools import count
from pathlib import Path

import pytest

from sync.store import journal
from sync.store.journal import State
from tests.faults.apply.crm_peer import undisturbed

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]


@pytest.fixture
def three(wishes):
    """Return the wishes for three accounts: two batches."""
    return dict(list(wishes.items())[:3])


class Killed(BaseException):
    """Ends a run as a kill would: nothing of ours catches it."""


def kill_before(step_number):
    steps = count(1)

    def at(_step):
        if next(steps) == step_number:
            raise Killed

    return at


def open_intents(night):
    store = night.open()
    with store.read() as connection:
        found = journal.in_flight(connection, "org-1")
    store.close()
    return found


def sweep(new_night, wishes, between):
    """Kill a run before one step after the other until one survives; yield each night after its undisturbed run."""
    for number in count(1):
        night = new_night(accounts=len(wishes))
        night.open().close()  # the tables are made before the first step counts
        night.crm.at = kill_before(number)
        try:
            night.run(wishes)
        except Killed:
            night.crm.at = undisturbed
            between(night)
            night.run(wishes)
            yield night
        else:
            assert number > 12  # two batches of six steps: read, commit, write, answer, read, commit
            return


def leave(_night):
    """Let nothing happen between the two runs."""


def test_a_run_killed_before_any_step_is_finished_by_the_next_without_a_second_write(new_night, three):
    for night in sweep(new_night, three, between=leave):
        writes = night.crm.writes()
        assert len(writes) == len({(account, field) for account, field, _value in writes}) == 9
        assert {account: values["tier"] for account, values in night.crm.records.items()} == dict.fromkeys(three, "B")
        assert open_intents(night) == []


def test_an_edit_made_after_a_kill_survives_wherever_the_kill_came(new_night, three):
    def edit(night):
        for account in ("a1", "a3"):
            night.crm.put(account, {"tier": "D"})

    for night in sweep(new_night, three, between=edit):
        tiers = {account: values["tier"] for account, values in night.crm.records.items()}
        assert tiers == {"a1": "D", "a2": "B", "a3": "D"}


def test_other_wishes_after_a_kill_are_written_over_what_the_dead_run_wrote(new_night, wishes):
    """What the dead run wrote is ours: it is no human edit and blocks nothing."""
    for number in (6, 7, 8, 9, 10):
        night = new_night()
        night.open().close()
        night.crm.at = kill_before(number)
        with pytest.raises(Killed):
            night.run(wishes)
        night.crm.at = undisturbed

        plan, outcome = night.run({account: values | {"tier": "C"} for account, values in wishes.items()})

        assert outcome.is_complete
        assert plan.findings == ()
        assert {values["tier"] for values in night.crm.records.values()} == {"C"}


@pytest.mark.parametrize("step", [7, 8, 9, 12])
def test_a_process_killed_by_the_kernel_is_settled_by_the_next(night, peer, wishes, step):
    command = [
        sys.executable,
        "-m",
        "tests.faults.apply.kill_run",
        str(peer.path.parent),
        json.dumps(wishes),
        str(step),
    ]
    night.open().close()
    died = subprocess.run(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False, timeout=60)
    left = len(open_intents(night))
    night.run(wishes)
    night.run(wishes)

    assert died.returncode == -signal.SIGKILL
    assert left in {0, 6}
    assert len(peer.writes()) == 15
    assert open_intents(night) == []


def test_a_full_disk_before_the_intent_is_committed_lets_no_call_out(night, peer, wishes):
    """Stand-in for a full disk: the journal table refuses rows."""
    store = night.open()
    with store.write() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER full BEFORE INSERT ON journal BEGIN SELECT RAISE(ABORT, 'disk full'); END"
        )
    store.close()
    with pytest.raises(Exception, match="the store failed") as caught:
        night.run(wishes)

    assert caught.value.code == "WC-060"
    assert peer.writes() == []


def test_a_store_that_fails_after_the_write_stops_the_run_and_the_next_finds_it_done(night, peer, wishes):
    store = night.open()
    with store.write() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER full BEFORE UPDATE ON journal BEGIN SELECT RAISE(ABORT, 'disk full'); END"
        )
    store.close()
    with pytest.raises(Exception, match="the store failed"):
        night.run(wishes)
    sent = len(peer.writes())
    store = night.open()
    with store.write() as connection:
        connection.exec_driver_sql("DROP TRIGGER full")
    store.close()
    night.run(wishes)

    assert sent == 6
    assert night.last_settled == {State.DONE: 6}
    assert len(peer.writes()) == 15
