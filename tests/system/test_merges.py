"""People merge accounts in the CRM, and the nights after it: nothing is lost, nothing counts twice, all is told."""

from __future__ import annotations

import csv
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.sandbox.server import Sandbox
from sync.commands.context import Invocation
from tests.system.crowd import DEADLINE_SECONDS, FIELDS, TODAY, WRITE, Crowd, Gate, lay_out, revenue_cents

pytestmark = pytest.mark.slow

SIZE = 8
LOST, KEPT, OTHER = 3, 4, 5
"""Places of three small accounts: one of tier B, one of C, one of D, with one hour each."""

X_CENTS = 700_00
"""What X-1 was billed, a customer of the books that no account has the number of."""


@pytest.fixture(params=["salesforce", "hubspot"])
def crowd(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Crowd]:
    """Return a firm of eight accounts, and one customer more in its books; no run has been yet."""
    monkeypatch.setattr(Invocation, "today", lambda _self: TODAY)
    with Sandbox(tmp_path / "sandbox.sqlite", fields=FIELDS) as box:
        lay_out(tmp_path, request.param, box, SIZE)
        amount = f"{X_CENTS / 100:.2f}"
        for name, line in (
            ("invoices", f"X-INVOICE,X-1,invoice,2025-10-28,2025-10-28,{amount}"),
            ("settlements", f"X-INVOICE,2025-10-28,{amount},payment"),
        ):
            with (tmp_path / "exports" / f"{name}.csv").open("a", encoding="utf-8") as file:
                file.write(line + "\n")
        rows = [{"name": f"Account {n}", "external_key": f"C-{n:05d}", "started_on": "2020-01-01"} for n in range(SIZE)]
        box.seed(request.param, accounts=rows)  # type: ignore[arg-type]  # plain rows
        made = Crowd(request.param, SIZE, box, tmp_path, capsys)
        made.ids, made.writes_before = box.account_ids(request.param), 0
        yield made


@pytest.fixture
def settled(crowd: Crowd) -> Crowd:
    """Return the firm after its first sync; a person said that X-1 is the account that is going to be merged."""
    ran(crowd, "plan")
    ran(crowd, "match", "confirm", "number:X-1", crowd.ids[LOST])
    approve(crowd, ran(crowd, "plan")["plan"])
    return crowd


def ran(crowd: Crowd, *arguments: str) -> dict[str, Any]:
    code, answer, err = crowd.run(*arguments)
    assert code == 0, err
    return answer


def approve(crowd: Crowd, plan: str) -> None:
    ran(crowd, "sync", "--plan", plan, "--reason", "first run")


def merge(crowd: Crowd, kept: str, lost: str) -> str:
    return crowd.box.merge(crowd.crm, kept, lost)


def profit(*places: int, extra_cents: int = 0) -> float:
    """Return the net profit of small accounts together: what they are billed, less an hour each."""
    return (sum(revenue_cents(place) - 5000 for place in places) + extra_cents) / 100


def shown(crowd: Crowd, account: str) -> tuple[object, float]:
    """Return tier and net profit as the record holds them."""
    values = crowd.box.record(crowd.crm, account).values
    return values.get(crowd.name_of("tier")), float(values.get(crowd.name_of("net_12m")) or 0)


def test_the_night_after_a_merge_all_of_it_belongs_to_the_account_that_is_left(settled: Crowd) -> None:
    crowd = settled
    lost, kept = crowd.ids[LOST], crowd.ids[KEPT]
    before = ran(crowd, "plan")
    assert (before["changes"], before["unmatched"], before["merged"]) == ([], [], [])
    assert [shown(crowd, lost)[1], shown(crowd, kept)] == [profit(LOST, extra_cents=X_CENTS), ("C", profit(KEPT))]
    survivor = merge(crowd, kept, lost)

    plan = ran(crowd, "plan")

    assert {each["account"] for each in plan["merged"]} == {lost, kept} - {survivor}
    assert {each["into"] for each in plan["merged"]} == {survivor}
    both = profit(LOST, KEPT, extra_cents=X_CENTS)
    assert [(each["account"], list(map(float, each["net_profit"]))) for each in plan["restated"]] == [
        (survivor, [profit(KEPT), both])
    ]
    assert plan["reconciliation"] == before["reconciliation"]
    assert (plan["unmatched"], plan["guards"], plan["kept"]) == ([], [], [])
    (change,) = plan["changes"]
    assert (change["account"], "tier" in change["fields"]) == (survivor, False)
    assert ran(crowd, "sync", "--yes")["counters"]["done"] == 1
    assert shown(crowd, survivor) == ("C", both)
    crowd.box.empty_recycle_bin(crowd.crm)
    assert ran(crowd, "sync", "--yes")["counters"]["planned"] == 0
    assert ran(crowd, "plan")["unmatched"] == []


def test_what_a_person_confirmed_is_told_and_written_with_the_account_that_is_left(settled: Crowd) -> None:
    crowd = settled
    survivor = merge(crowd, crowd.ids[KEPT], crowd.ids[LOST])
    ran(crowd, "plan")
    file = crowd.folder / "matches.csv"

    (moved,) = ran(crowd, "match", "list")["merged"]
    ran(crowd, "match", "export", str(file))

    assert moved == {
        "party": "number:X-1",
        "confirmed_as": crowd.ids[LOST],
        "account": survivor,
        "name": f"Account {KEPT}",
    }
    (row,) = csv.DictReader(file.read_text(encoding="utf-8-sig").splitlines())
    assert (row["account_id"], row["account"], row["decision"]) == (survivor, f"Account {KEPT}", "confirmed")
    ran(crowd, "match", "reject", "number:X-1", survivor)
    assert ran(crowd, "match", "list")["merged"] == []
    (waiting,) = ran(crowd, "plan")["unmatched"]
    assert waiting["party"] == "number:X-1"


def test_merges_in_a_row_are_followed_and_a_master_that_is_deleted_gives_its_customers_back(settled: Crowd) -> None:
    crowd = settled
    first = merge(crowd, crowd.ids[KEPT], crowd.ids[LOST])
    ran(crowd, "sync", "--yes")
    last = merge(crowd, crowd.ids[OTHER], first)
    plan = ran(crowd, "plan")
    assert (plan["unmatched"], {each["into"] for each in plan["merged"]}) == ([], {last})
    assert ran(crowd, "sync", "--yes")["counters"]["done"] == 1
    assert shown(crowd, last) == ("D", profit(LOST, KEPT, OTHER, extra_cents=X_CENTS))
    crowd.box.delete(crowd.crm, last)

    unmatched = {each["party"]: each["reason"] for each in ran(crowd, "plan")["unmatched"]}

    lost = crowd.ids[LOST]
    assert unmatched["number:X-1"] == f"confirmed as account {lost} and merged into {last}, which the CRM no longer has"
    assert unmatched.keys() == {"number:X-1", *(f"number:C-{place:05d}" for place in (LOST, KEPT, OTHER))}


def test_three_accounts_made_one_on_one_day_are_followed(settled: Crowd) -> None:
    crowd = settled
    last = merge(crowd, merge(crowd, crowd.ids[KEPT], crowd.ids[LOST]), crowd.ids[OTHER])

    assert ran(crowd, "plan")["unmatched"] == []
    assert ran(crowd, "sync", "--yes")["counters"]["planned"] == 1
    assert shown(crowd, last) == ("C", profit(LOST, KEPT, OTHER, extra_cents=X_CENTS))


def test_a_merge_between_plan_and_approval_loses_no_record_and_the_next_night_plans_the_master(crowd: Crowd) -> None:
    plan = ran(crowd, "plan")
    lost, kept = crowd.ids[LOST], crowd.ids[KEPT]
    survivor = merge(crowd, kept, lost)

    code, answer, err = crowd.run("sync", "--plan", plan["plan"], "--reason", "first run")

    assert code == 3, err
    fates = {each["account"]: each["fate"] for each in answer["records"] if each["fate"] != "done"}
    assert fates == dict.fromkeys({lost, kept} - {survivor}, "gone")
    assert ran(crowd, "sync", "--yes")["counters"]["planned"] == 1
    assert shown(crowd, survivor) == ("C", profit(LOST, KEPT))
    assert ran(crowd, "sync", "--yes")["counters"]["planned"] == 0


def test_a_value_that_was_under_way_to_a_merged_record_is_ours_on_its_master(settled: Crowd) -> None:
    """The answer is lost, people merge, and the figures change again: the value that came along is no stranger's."""
    crowd = settled
    bill(crowd, "Y-1", LOST)
    gate = Gate()
    method, path = WRITE[crowd.crm]
    crowd.box.faults.add(gate.after_work(), method=method, path=path)
    with crowd.process("sync", "--yes") as process:
        gate.wait(process)
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=DEADLINE_SECONDS)
    assert shown(crowd, crowd.ids[LOST])[1] == profit(LOST, extra_cents=X_CENTS + 100)
    master = crowd.ids[OTHER] if crowd.crm == "salesforce" else crowd.ids[LOST]
    survivor = merge(crowd, crowd.ids[LOST], crowd.ids[OTHER]) if crowd.crm == "hubspot" else taken_whole(crowd, master)

    answer = ran(crowd, "sync", "--yes")

    assert (answer["kept"], answer["counters"]["done"]) == ([], 1)
    assert shown(crowd, survivor)[1] == profit(LOST, OTHER, extra_cents=X_CENTS + 100)


def taken_whole(crowd: Crowd, kept: str) -> str:
    """Merge in Salesforce as its screen lets people do: one record is kept, with all values of the other."""
    values = crowd.box.record(crowd.crm, crowd.ids[LOST]).values
    ours = {crowd.name_of(spec.key) for spec in FIELDS if spec.owner == "product"}
    crowd.box.edit(crowd.crm, kept, {name: value for name, value in values.items() if name in ours})
    return merge(crowd, kept, crowd.ids[LOST])


def bill(crowd: Crowd, number: str, place: int) -> None:
    """Bill an account 1.00 more, paid on the day."""
    for name, line in (
        ("invoices", f"{number},C-{place:05d},invoice,2025-10-28,2025-10-28,1.00"),
        ("settlements", f"{number},2025-10-28,1.00,payment"),
    ):
        with (crowd.folder / "exports" / f"{name}.csv").open("a", encoding="utf-8") as file:
            file.write(line + "\n")
