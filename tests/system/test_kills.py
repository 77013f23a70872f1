"""Processes that die in the middle of writing hundreds of accounts, and what the next run makes of it."""

from __future__ import annotations

import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from math import ceil
from pathlib import Path

import pytest

from connectors.sandbox.server import Sandbox
from sync.commands.context import Invocation
from sync.lock import is_run_active
from tests.system.crowd import BATCH, DEADLINE_SECONDS, FIELDS, TODAY, WRITE, Crowd, Gate, lay_out

pytestmark = pytest.mark.slow

MOMENTS = {
    "before the CRM got the second batch": lambda gate, _crowd: gate.before_work(),
    "after the CRM took it, before the answer": lambda gate, _crowd: gate.after_work(),
    "before it is read back": lambda gate, crowd: gate.at_read_after(crowd, skip=0),
    "between it and the third batch": lambda gate, crowd: gate.at_read_after(crowd, skip=1),
}


@pytest.fixture(params=["salesforce", "hubspot"])
def make_crowd(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Callable[..., Crowd]]:
    """Make a firm of some size whose first sync is approved and done, all but one account still to be written."""
    monkeypatch.setattr(Invocation, "today", lambda _self: TODAY)
    with ExitStack() as stack:

        def make(size: int | None = None) -> Crowd:
            wanted = size or 2 * BATCH[request.param] + 50  # three batches
            box = stack.enter_context(Sandbox(tmp_path / "sandbox.sqlite", fields=FIELDS))
            lay_out(tmp_path, request.param, box, wanted)
            crowd = Crowd(request.param, wanted, box, tmp_path, capsys)
            crowd.first_sync()
            return crowd

        yield make


@pytest.fixture
def crowd(make_crowd: Callable[..., Crowd]) -> Crowd:
    return make_crowd()


def end_in_second_batch(crowd: Crowd, moment: str, number: int) -> tuple[int, str]:
    """Start a sync, send it a signal at a moment around its second batch; return its exit code and last words."""
    gate = Gate()
    method, path = WRITE[crowd.crm]
    crowd.box.faults.add(MOMENTS[moment](gate, crowd), method=method, path=path, skip=1)
    with crowd.process("sync", "--yes") as process:
        gate.wait(process)
        process.send_signal(number)
        _, err = process.communicate(timeout=DEADLINE_SECONDS)
    assert crowd.box.faults.pending == 0
    return process.returncode, err


def runs(crowd: Crowd) -> list[str]:
    return [each["status"] for each in crowd.run("status")[1]["runs"]]


def assert_settled(crowd: Crowd, *, lost: int) -> None:
    """Check that all is as planned, each record sent once but for the `lost` request, and that the next run is idle."""
    assert crowd.held() == crowd.planned()
    sent = crowd.write_bodies()
    arrived = [each for number, batch in enumerate(sent) if number != lost for each in batch]
    assert sorted(arrived) == sorted(crowd.ids)
    assert set(crowd.changes_by_us().values()) == {1}
    code, answer, err = crowd.run("sync", "--yes")
    assert (code, answer["counters"]["planned"]) == (0, 0), err
    assert crowd.write_bodies() == sent


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_killed_sync_is_finished_by_the_next_and_no_record_is_sent_twice(crowd: Crowd, moment: str) -> None:
    code, _ = end_in_second_batch(crowd, moment, signal.SIGKILL)

    assert code == -signal.SIGKILL
    assert not is_run_active(crowd.state)
    assert runs(crowd)[0] == "crashed"
    code, answer, err = crowd.run("sync", "--yes")
    is_lost = moment == "before the CRM got the second batch"
    written = crowd.size - (1 if is_lost else 2) * crowd.batch
    assert (code, answer["counters"]["done"], answer["counters"]["planned"]) == (0, written, written), err
    assert runs(crowd)[:2] == ["done", "crashed"]
    assert_settled(crowd, lost=1 if is_lost else -1)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_in_the_middle_of_writing_leaves_nothing_that_the_next_run_does_not_settle(
    crowd: Crowd, number: int, code: int
) -> None:
    found, err = end_in_second_batch(crowd, "after the CRM took it, before the answer", number)

    assert found == code
    assert "run the command again" in err
    assert "Traceback" not in err
    assert runs(crowd)[0] == "failed"
    code, _, err = crowd.run("sync", "--yes")
    assert code == 0, err
    assert_settled(crowd, lost=-1)


def test_what_people_set_between_a_kill_and_the_next_run_stands(crowd: Crowd) -> None:
    """In each of the three batches: written, under way, not yet sent."""
    end_in_second_batch(crowd, "after the CRM took it, before the answer", signal.SIGKILL)
    written, under_way = crowd.write_bodies()
    unsent = set(crowd.ids).difference(written, under_way)
    edited = {written[-1], under_way[-1], max(unsent)}
    tier = crowd.name_of("tier")
    for each in edited:
        crowd.box.edit(crowd.crm, each, {tier: "N"})

    code, answer, err = crowd.run("sync", "--yes")

    assert code == 3, err
    assert {kept["account"] for kept in answer["kept"]} == edited
    asked = crowd.planned()
    assert crowd.held() == {each: ("N", *asked[each][1:]) if each in edited else asked[each] for each in crowd.ids}
    assert crowd.run("sync", "--yes")[0] == 0
    assert {crowd.held()[each][0] for each in edited} == {"N"}


def test_of_two_syncs_at_the_same_moment_one_writes_and_the_other_names_it(crowd: Crowd) -> None:
    gate = Gate()
    method, path = WRITE[crowd.crm]
    crowd.box.faults.add(gate.before_work(), method=method, path=path)
    with crowd.process("sync", "--yes") as one, crowd.process("sync", "--yes") as other:
        gate.wait(one)
        loser, winner = (one, other) if first_to_end(one, other) is one else (other, one)
        _, told = loser.communicate(timeout=DEADLINE_SECONDS)
        gate.open()
        _, err = winner.communicate(timeout=DEADLINE_SECONDS)

    assert (winner.returncode, loser.returncode) == (0, 75), err + told
    assert f"process {winner.pid} on {socket.gethostname()}" in told
    assert_settled(crowd, lost=-1)


def first_to_end(*processes):
    for _ in range(DEADLINE_SECONDS * 10):
        for process in processes:
            if process.poll() is not None:
                return process
        time.sleep(0.1)
    return pytest.fail("neither process ended")


def test_records_that_change_between_plan_and_approval_have_their_fate_and_the_others_are_written(crowd: Crowd) -> None:
    _, plan, _ = crowd.run("plan")
    deleted, kept, lost, edited = crowd.ids[1], crowd.ids[2], crowd.ids[3], crowd.ids[-1]
    crowd.box.delete(crowd.crm, deleted)
    survivor = crowd.box.merge(crowd.crm, kept, lost)
    crowd.box.edit(crowd.crm, edited, {crowd.name_of("tier"): "N"})

    code, answer, err = crowd.run("sync", "--plan", plan["plan"], "--reason", "checked")

    gone = {deleted, lost} if survivor == kept else {deleted, lost, kept}
    assert code == 3, err
    fates = {each["account"]: each["fate"] for each in answer["records"] if each["fate"] != "done"}
    assert fates == dict.fromkeys(gone, "gone") | {edited: "drifted"}
    others = set(crowd.ids) - set(fates)
    assert answer["counters"]["done"] == len(others)
    asked, held = crowd.planned(), crowd.held()
    assert {each: held[each] for each in others} == {each: asked[each] for each in others}
    assert {held[each] for each in gone} == {(None, 0.0, None)}
    assert held[edited] == ("N", 0.0, None)
    assert gone.isdisjoint(each for batch in crowd.write_bodies() for each in batch)


def test_fifteen_hundred_accounts_take_as_few_calls_as_the_crm_allows_and_then_none(
    make_crowd: Callable[..., Crowd],
) -> None:
    crowd = make_crowd(1500)

    code, answer, err = crowd.run("sync", "--yes")

    assert (code, answer["counters"]["done"]) == (0, 1500), err
    assert len(crowd.write_bodies()) == ceil(1500 / crowd.batch)
    assert_settled(crowd, lost=-1)
