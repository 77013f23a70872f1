"""A review from close to close, through the command line: who is put up, what people say to it, what stops it.

The demo's files hold the year 2025. Seen in December they close November, seen in January they close December: two
closes in a row at which Grove Events is D, with every remedy tried.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path

import pytest

from sync.commands.context import Invocation
from sync.demo_firm import TODAY

pytestmark = pytest.mark.slow

DECEMBER = date(2025, 12, 8)
GROVE = "Grove Events Limited"
README = Path(__file__).parents[2] / "README.md"

ONE_CRM = pytest.mark.parametrize("crm", ["salesforce"], indirect=True)  # what is tested is not about a CRM


@pytest.fixture
def calendar(monkeypatch):
    """Return a function that sets today's date."""

    def turn_to(day: date) -> None:
        monkeypatch.setattr(Invocation, "today", lambda _self: day)

    return turn_to


@pytest.fixture
def closed(firm, calendar):
    """Return the firm with November published, on the first day on which December counts as closed."""
    calendar(DECEMBER)
    firm.first_sync()
    calendar(TODAY)
    return firm


def sync(firm, expected: int = 0) -> str:
    code, out, err = firm.run("sync", "--yes")
    assert code == expected, err
    return out


def is_flagged(firm) -> bool:
    return firm.values(GROVE)["review"] in {True, "true"}


def grove_id(firm) -> str:
    (account,) = (
        each for each in firm.box.account_ids(firm.crm) if GROVE in firm.box.record(firm.crm, each).values.values()
    )
    return account


def people_set(firm, **values: object) -> None:
    """Let a person edit fields of Grove Events, by field key."""
    names = {
        "salesforce": {
            "review": "Profit_Review__c",
            "decision": "Profit_Decision__c",
            "decision_until": "Profit_Decision_Until__c",
        },
        "hubspot": {
            "review": "profit_review",
            "decision": "profit_decision",
            "decision_until": "profit_decision_until",
        },
    }[firm.crm]
    firm.box.edit(firm.crm, grove_id(firm), {names[key]: value for key, value in values.items()})


def test_d_at_two_closes_in_a_row_is_put_up_for_review_and_a_quiet_night_writes_nothing(closed) -> None:
    assert not is_flagged(closed)
    assert closed.values(GROVE)["next_step"] == "None"

    sync(closed)

    grove = closed.values(GROVE)
    assert is_flagged(closed)
    assert grove["next_step"] == "Review for offboarding"
    assert float(grove["next_step_amount"]) == 5229.77
    assert str(grove["notice_by"]) == "2026-01-01"
    others = {name: closed.values(name) for name in ("Fjord Clinics AS", "Delta Retail N.V.", "Halo Studio")}
    assert {name: values["review"] in {True, "true"} for name, values in others.items()} == dict.fromkeys(others, False)
    assert others["Fjord Clinics AS"]["next_step"] == "Collect"
    before = closed.writes
    assert "wrote 0 records" in sync(closed)
    assert closed.writes == before


@ONE_CRM
def test_tier_only_tells_the_step_and_the_day_and_no_amount(firm, calendar) -> None:
    config = firm.config.read_text(encoding="utf-8").replace("tier-and-money", "tier-only")
    firm.config.write_text(config, encoding="utf-8")
    calendar(DECEMBER)
    firm.first_sync()
    calendar(TODAY)

    sync(firm)

    grove = firm.values(GROVE)
    assert is_flagged(firm)
    assert (grove["next_step"], str(grove["notice_by"])) == ("Review for offboarding", "2026-01-01")
    assert grove["next_step_amount"] is None


def test_keep_takes_the_flag_down_at_once_and_it_comes_back_after_its_last_day(closed, calendar) -> None:
    sync(closed)
    until = TODAY + timedelta(days=1)
    people_set(closed, decision="Keep", decision_until=until.isoformat())

    sync(closed)
    assert not is_flagged(closed)
    assert closed.values(GROVE)["next_step"] == "None"

    calendar(until + timedelta(days=1))
    sync(closed)
    assert is_flagged(closed)
    assert closed.values(GROVE)["decision"] == "Keep"


@ONE_CRM
def test_phase_out_answers_the_question_and_the_exit_stays_in_the_plan(closed) -> None:
    sync(closed)
    people_set(closed, decision="Phase out")

    code, out, err = closed.run("plan")

    assert code == 0, err
    assert f"Exit plan  {GROVE}, as people decided: from 2026-01" in out
    assert f"Review     flag taken down: {GROVE}" in out


def test_a_flag_that_a_person_cleared_stays_cleared(closed) -> None:
    sync(closed)
    people_set(closed, review={"salesforce": False, "hubspot": "false"}[closed.crm])
    before = closed.writes

    assert "review is kept as somebody else set it" in sync(closed, expected=3)

    assert not is_flagged(closed)
    assert closed.writes == before


@ONE_CRM
def test_more_new_flags_than_the_guard_allows_wait_for_a_person(closed) -> None:
    config = closed.config.read_text(encoding="utf-8")
    closed.config.write_text(config + 'policy = "policy.toml"\n', encoding="utf-8")
    policy = closed.config.with_name("policy.toml")
    policy.write_text("[guards]\nnew_flags_max = 0\n", encoding="utf-8")
    before = closed.writes

    code, _, err = closed.run("sync", "--yes")

    assert code == 4
    assert "newly flagged for review: 1 account (limit 0)" in err
    assert closed.writes == before
    assert not is_flagged(closed)
    plan = re.findall(r"--plan (\w+)", err)[0]
    code, _, err = closed.run("sync", "--plan", plan, "--reason", "everything was tried")
    assert code == 0, err
    assert is_flagged(closed)


@ONE_CRM
def test_the_readme_shows_the_night_on_which_a_review_comes(closed) -> None:
    block = README.read_text(encoding="utf-8").split("```text\n")[2].split("```")[0]

    _, out, _ = closed.run("plan")

    printed = {" ".join(line.split()) for line in out.splitlines()}
    shown = [" ".join(line.split()) for line in block.splitlines() if line.strip() not in {"", "..."}]
    assert len(shown) >= 5
    assert [line for line in shown if line not in printed] == []
