"""The exports of a firm night by night: corrected, half-written, missing, somebody else's; and the way back."""

from __future__ import annotations

import json

import pytest

from sync.commands.context import Invocation
from sync.demo_firm import TODAY

pytestmark = [
    pytest.mark.slow,
    pytest.mark.parametrize("crm", ["salesforce"], indirect=True),  # none of this is about a CRM
]

HOURS = "Toggl_Track_time_entries_2025-01-01_to_2026-01-05.csv"
GROVE = (
    "Daan Smit,daan@atelier.example,Grove Events,Event pages,Design,,Yes,"
    "2025-01-03,09:00:00,2025-01-03,17:00:00,08:00:00,,\n"
)


@pytest.fixture
def calm(firm, monkeypatch):
    """Return the firm on the first day on which its year counts as closed: no export is too old."""
    monkeypatch.setattr(Invocation, "today", lambda _self: TODAY)
    return firm


def planned(firm) -> str:
    code, out, err = firm.run("plan")
    assert code == 0, err
    return out


def corrected(firm, *, without: int = 0, name: str = HOURS) -> None:
    """Deliver the year's hours again: one entry is 9 instead of 8 hours, and the last ones may be missing."""
    path = firm.folder / "exports" / HOURS
    text = path.read_text(encoding="utf-8")
    assert GROVE in text
    lines = text.replace(GROVE, GROVE.replace("08:00:00", "09:00:00")).splitlines(keepends=True)
    (firm.folder / "exports" / name).write_text("".join(lines[: len(lines) - without]), encoding="utf-8")


def hours_in_ledger(firm) -> float:
    from connectors.ledger.ledger import Ledger

    with Ledger(firm.config.parent / "data" / "ledger").connect() as connection:
        return connection.execute("SELECT sum(worked_seconds) / 3600 FROM time_entry").fetchall()[0][0]


def test_a_corrected_export_replaces_and_can_be_taken_back(calm) -> None:
    planned(calm)
    before = hours_in_ledger(calm)
    corrected(calm, name="Toggl again_2025-01-01_to_2026-01-05.csv")

    out = planned(calm)
    assert "replaces 1,204 records of Toggl_Track" in out
    assert "none vanished" in out
    assert hours_in_ledger(calm) == before + 1
    assert "replaces" not in planned(calm)

    code, out, _ = calm.run("--json", "exports", "history")
    files = {file["file"].rpartition("/")[2]: file for file in json.loads(out)["files"]}
    assert code == 0
    assert files[HOURS]["counting"] == 0
    assert files["Toggl again_2025-01-01_to_2026-01-05.csv"]["replaced_records"] == 1204

    code, out, err = calm.run("exports", "remove", "Toggl again_2025-01-01_to_2026-01-05.csv", "--reason", "too early")
    assert code == 0, err
    assert "passed over, it was taken out (too early)" in planned(calm)
    assert hours_in_ledger(calm) == before
    _, out, _ = calm.run("exports", "history")
    assert "1204 of 1204" in out
    assert "taken out: too early" in out

    assert calm.run("exports", "restore", "Toggl again_2025-01-01_to_2026-01-05.csv")[0] == 0
    planned(calm)
    assert hours_in_ledger(calm) == before + 1


def test_an_export_that_lost_much_is_refused_until_a_person_accepts_it(calm) -> None:
    planned(calm)
    before = hours_in_ledger(calm)
    corrected(calm, without=400)

    code, _, err = calm.run("plan")
    assert code == 5
    assert "400 of 1,204 records" in err
    assert "whalecurve exports accept" in err
    assert hours_in_ledger(calm) == before

    code, _, err = calm.run("exports", "accept", str(calm.folder / "exports" / HOURS), "--reason", "so it is")
    assert (code, "--replaces or --beside" in err) == (2, True)
    path = str(calm.folder / "exports" / HOURS)
    assert calm.run("exports", "accept", path, "--replaces", "--reason", "booked on the wrong firm")[0] == 0
    assert "400 of them are not in it and count no more" in planned(calm)
    assert hours_in_ledger(calm) < before


def test_a_folder_without_exports_stops_the_run_and_tells_how_far_the_last_ones_reach(calm) -> None:
    planned(calm)
    for path in (calm.folder / "exports").iterdir():
        path.unlink()

    code, _, err = calm.run("plan")
    assert code == 5
    assert "no export is in the folder; 12 were taken before" in err
    assert calm.writes == 0


def test_filed_away_exports_go_on_counting(calm) -> None:
    planned(calm)
    before = hours_in_ledger(calm)
    (calm.folder / "exports" / HOURS).unlink()

    assert "is no longer in the folder; 1,204 of its 1,204 records still count" in planned(calm)
    assert "no longer in the folder" not in planned(calm)
    assert hours_in_ledger(calm) == before


def test_a_half_written_file_is_told_by_the_checksum_beside_it(calm) -> None:
    (calm.folder / "exports" / f"{HOURS}.sha256").write_text("0" * 64, encoding="utf-8")

    code, _, err = calm.run("plan")
    assert code == 5
    assert "refused" in err
    code, out, _ = calm.run("exports", "check", str(calm.folder / "exports"))
    assert code == 5
    assert "half-written, or changed" in out
    _, out, _ = calm.run("exports", "history")
    assert "1 problem, nothing taken" in out


def test_the_books_of_another_company_are_refused(calm) -> None:
    text = calm.config.read_text(encoding="utf-8")
    calm.config.write_text(text.replace("[books]\n", '[books]\ncompanies = ["Atelier Noord B.V."]\n'), encoding="utf-8")
    (calm.folder / "exports" / "journal.csv").write_text(
        "Somebody Else Ltd\nAccount Transactions\nFor the period 1 March 2025 to 31 March 2025\n\n"
        "Date,Source,Description,Reference,Debit,Credit,Running Balance,Gross,Tax\n"
        "Travel,,,,,,,,\n14 Mar 2025,Payable Invoice,Train,T-1,60.00,,60.00,60.00,0.00\n"
        "Total Travel,,,,60.00,,60.00,,\n",
        encoding="utf-8",
    )

    code, _, err = calm.run("plan")
    assert code == 5
    assert "the books of 'Somebody Else Ltd', and yours are those of Atelier Noord B.V." in err


def test_files_are_taken_out_only_while_no_run_uses_them(calm) -> None:
    from datetime import UTC, datetime

    from sync.lock import run_lock

    planned(calm)
    with run_lock(calm.config.parent / "data" / "state", now=datetime(2026, 1, 6, tzinfo=UTC)):
        code, _, err = calm.run("exports", "remove", HOURS)
    assert code == 75, err
