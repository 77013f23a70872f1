"""A person says which account a customer of the books is; every run after it takes it so."""

from __future__ import annotations

import csv
import json

import pytest

pytestmark = pytest.mark.parametrize("crm", ["salesforce"], indirect=True)  # none of this is about a CRM

SWAPPED = "name:studio halo"


def answer(firm, *arguments: str) -> dict:
    code, out, err = firm.run("--json", *arguments)
    assert code == 0, err
    return json.loads(out)


@pytest.fixture
def strange(firm):
    """Return the firm after a run; its books write `Studio Halo` for the account `Halo Studio`."""
    for path in (firm.folder / "exports").iterdir():
        path.write_text(path.read_text(encoding="utf-8").replace("Halo Studio", "Studio Halo"), encoding="utf-8")
    assert [party["party"] for party in answer(firm, "plan")["unmatched"]] == [SWAPPED]
    return firm


def test_a_confirmed_customer_is_its_account_from_the_next_run_on(strange) -> None:
    (waiting,) = answer(strange, "match", "list")["unmatched"]
    (proposal,) = waiting["proposals"]
    assert (waiting["name"], proposal["name"], proposal["score"]) == ("Studio Halo", "Halo Studio", 100)
    assert "Halo Studio" in strange.run("match", "list")[1]

    answer(strange, "match", "confirm", "Studio Halo", proposal["account"])

    assert answer(strange, "match", "list")["unmatched"] == []
    plan = answer(strange, "plan")
    assert plan["unmatched"] == []
    (halo,) = [change for change in plan["changes"] if change["account"] == proposal["account"]]
    assert halo["fields"]["tier"]["new"] == "C"


def test_decisions_travel_as_a_file_and_are_taken_back(strange) -> None:
    file = strange.folder / "matches.csv"
    assert answer(strange, "match", "export", str(file))["rows"] == 1
    header, row = list(csv.reader(file.read_text(encoding="utf-8-sig").splitlines()))
    file.write_text(";".join(header) + "\n" + ";".join([*row[:-1], "confirmed"]) + "\n", encoding="utf-8")

    assert answer(strange, "match", "import", str(file))["decisions"] == 1
    assert answer(strange, "match", "list")["unmatched"] == []
    answer(strange, "match", "reject", SWAPPED, "Halo Studio")

    (waiting,) = answer(strange, "match", "list")["unmatched"]
    assert waiting["proposals"] == []


def test_before_the_first_run_the_next_step_is_told(firm) -> None:
    code, _, err = firm.run("match", "list")

    assert code != 0
    assert "whalecurve plan" in err
