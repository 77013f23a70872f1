"""One night after the other on the demo firm: what may happen between a plan and its approval, and within a run."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest

from sync.commands.context import Invocation
from sync.demo_firm import TODAY, seed_if_new
from sync.nightly import STORE_NAME
from sync.store.database import open_store

pytestmark = [
    pytest.mark.slow,
    pytest.mark.parametrize("crm", ["salesforce"], indirect=True),  # none of this is about a CRM
]

CLI = "from sync.cli import main; main()"


@pytest.fixture
def calm(firm, monkeypatch):
    """Return the firm on the first day on which its year counts as closed: no export is too old."""
    monkeypatch.setattr(Invocation, "today", lambda _self: TODAY)
    return firm


def planned(firm) -> dict:
    code, out, err = firm.run("--json", "plan")
    assert code == 0, err
    return json.loads(out)


def last_run(firm) -> dict:
    return json.loads(firm.run("--json", "status")[1])["runs"][0]


def wait_for(process: subprocess.Popen[str], stage: str) -> None:
    assert process.stderr is not None
    assert any(stage in line for line in process.stderr)


def use_profile(firm, profile: str) -> None:
    text = firm.config.read_text(encoding="utf-8")
    firm.config.write_text(
        "\n".join(f'profile = "{profile}"' if line.startswith("profile") else line for line in text.splitlines()),
        encoding="utf-8",
    )


def edit_one(firm, field: str, value: str) -> str:
    account = firm.box.account_ids(firm.crm)[0]
    name = {"salesforce": f"Profit_{field.title()}__c", "hubspot": f"profit_{field}"}[firm.crm]
    firm.box.edit(firm.crm, account, {name: value})
    return account


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_ends_the_run_says_so_and_leaves_the_lock_free(firm, number, code) -> None:
    command = [sys.executable, "-c", CLI, "--config", str(firm.config), "plan"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=dict(os.environ)) as process:
        wait_for(process, "stage=pull")
        process.send_signal(number)
        told = process.stderr.read()

    assert process.returncode == code
    assert "run the command again" in told
    assert "Traceback" not in told
    assert last_run(firm)["status"] == "failed"
    assert planned(firm)["changes"]


def test_a_run_killed_outright_is_told_as_crashed(firm) -> None:
    command = [sys.executable, "-c", CLI, "--config", str(firm.config), "plan"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=dict(os.environ)) as process:
        wait_for(process, "stage=pull")
        process.kill()

    assert last_run(firm)["status"] == "crashed"


def test_a_plan_made_under_another_profile_is_not_applied(firm) -> None:
    plan = planned(firm)["plan"]
    use_profile(firm, "tier-only")

    code, _, err = firm.run("sync", "--plan", plan, "--reason", "first run")

    assert code == 4
    assert "configuration" in err
    assert firm.writes == 0


@pytest.mark.parametrize("name", ["accounts.parquet", "figures.json"])
@pytest.mark.parametrize("is_damaged", [True, False])
def test_a_plan_whose_evidence_is_gone_or_damaged_is_not_applied(firm, name: str, is_damaged: bool) -> None:
    plan = planned(firm)
    path = firm.config.parent / "data" / "runs" / plan["run"] / name
    path.unlink()
    if is_damaged:
        path.write_text("{", encoding="utf-8")

    code, _, err = firm.run("sync", "--plan", plan["plan"], "--reason", "first run")

    assert code == 9
    assert f"{path}: the run's evidence is {'damaged' if is_damaged else 'gone'}" in err
    assert firm.writes == 0


def test_a_sync_with_nothing_to_write_does_not_count_as_the_approved_first_run(calm) -> None:
    """Whoever installs the cron job before the accounts are there has approved nothing."""
    accounts = [calm.box.account_ids(crm) for crm in ("salesforce", "hubspot")]
    for crm, ids in zip(("salesforce", "hubspot"), accounts, strict=True):
        for account in ids:
            calm.box.delete(crm, account)
    code, out, err = calm.run("sync", "--yes")
    assert (code, "wrote 0 records" in out) == (0, True), err
    seed_if_new(calm.box)

    code, _, err = calm.run("sync", "--yes")

    assert code == 4
    assert "first run" in err
    assert calm.writes == 0


def test_a_sync_that_nobody_confirmed_does_not_end_as_done(calm) -> None:
    use_profile(calm, "tier-only")
    calm.first_sync()
    use_profile(calm, "tier-and-money")
    before = calm.writes

    code, out, err = calm.run("sync")

    assert (code, calm.writes) == (4, before)
    assert "not confirmed" in out
    assert "--yes" in err
    assert calm.run("sync", "--yes")[0] == 0
    assert float(calm.values("Grove Events Limited")["net_12m"]) == -11617.44


def test_a_kept_value_is_news_to_the_sync_even_when_a_plan_has_shown_it(calm) -> None:
    calm.first_sync()
    account = edit_one(calm, "reason", "we know better")
    assert [kept["account"] for kept in planned(calm)["kept"]] == [account]

    first, second = calm.run("sync", "--yes"), calm.run("sync", "--yes")

    assert (first[0], second[0]) == (3, 0)
    assert account in first[1]


def test_a_plan_that_drift_has_stopped_publishes_no_close(firm) -> None:
    plan = planned(firm)["plan"]
    edit_one(firm, "tier", "N")

    code, out, err = firm.run("--json", "sync", "--plan", plan, "--reason", "first run")

    assert code == 4
    assert json.loads(out)["error"]["code"] == "WC-051"
    assert "changed since the plan was made" in err
    assert firm.writes == 0
    store = open_store(firm.config.parent / "data" / "state" / STORE_NAME)
    with store.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM close").scalar() == 0
    store.close()


@pytest.mark.parametrize("obstacle", ["data", "data/state", "data/runs", "data/ledger"])
def test_a_data_folder_that_cannot_be_written_is_a_store_problem(firm, obstacle: str) -> None:
    path = firm.config.parent / obstacle
    path.parent.mkdir(mode=0o700, exist_ok=True)
    path.touch()

    code, _, err = firm.run("sync", "--yes")

    assert code == 9, err
    assert str(path) in err
    assert "do:" in err
    assert firm.writes == 0


def strict_json(text: str) -> dict:
    def refuse(name: str) -> None:
        raise AssertionError(f"{name} is not JSON")

    found: dict = json.loads(text, parse_constant=refuse)
    return found


def test_every_answer_and_every_error_is_one_json_object(synced) -> None:
    exports = str(synced.folder / "exports")
    for arguments in (
        ["plan"],
        ["status"],
        ["doctor"],
        ["exports", "check", exports],
        ["explain", "Grove Events", "--lines"],
    ):
        code, out, err = synced.run("--json", *arguments)
        assert (code, strict_json(out)["schema_version"]) == (0, 1), err
    for arguments, error in (
        (["sync", "--yes"], "WC-050"),
        (["sync", "--plan", "none", "--reason", "why"], "WC-052"),
        (["explain", "nobody"], "WC-010"),
        (["explain", "Grove Events", "--run", "none"], "WC-062"),
    ):
        code, out, err = synced.run("--json", *arguments)
        assert strict_json(out)["error"]["code"] == error
        assert code != 0
        assert f"error {error}" in err


def test_explain_tells_programs_money_in_units_and_time_in_seconds(synced) -> None:
    records = strict_json(synced.run("--json", "explain", "Grove Events", "--lines")[1])["records"]

    money = [record for record in records if record["amount"] is not None]
    time = [record for record in records if record["worked_seconds"] is not None]
    assert len(money) + len(time) == len(records)
    assert "2000.00" in {record["amount"] for record in money}
    assert {record["currency"] for record in money} == {"EUR"}
    assert {record["currency"] for record in time} == {None}
    assert sum(record["worked_seconds"] for record in time) == 660 * 3600


def test_an_empty_exports_folder_is_missing_input(firm) -> None:
    (firm.folder / "none").mkdir()

    code, out, _ = firm.run("exports", "check", str(firm.folder / "none"))

    assert code == 5
    assert "0 files" in out
