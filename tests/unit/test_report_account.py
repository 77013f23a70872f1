"""One account as `explain` shows it, from the evidence that a run leaves behind."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from profitability import SCHEMAS, Facts, Policy, Verdicts, evaluate
from sync.evidence import Evidence
from sync.explaining import find_account
from sync.report.account import account_data, account_text

DAY, FIRST, LAST = pd.Timestamp(2025, 12, 1), pd.Timestamp(2025, 1, 1), pd.Timestamp(2025, 12, 31)
KINDS = {"VARCHAR": "str", "BIGINT": "Int64", "DATE": "datetime64[us]", "BOOLEAN": "bool"}
HOUR = 3600


def invoice(number: str, account_id: str, net: int) -> dict[str, Any]:
    amounts = {"net_minor": net, "gross_minor": net, "currency": "EUR", "is_disputed": False}
    return {
        "document_id": number,
        "account_id": account_id,
        "kind": "invoice",
        "issue_date": DAY,
        "due_date": LAST,
    } | amounts


def hours(account_id: str, category: str, count: int) -> dict[str, Any]:
    return {
        "work_date": DAY,
        "person_id": "ada",
        "account_id": account_id,
        "category": category,
        "worked_seconds": count * HOUR,
        "is_category_known": True,
    }


ROWS: dict[str, list[dict[str, Any]]] = {
    "accounts": [
        {"account_id": "good", "name": "Good Ltd", "started_on": FIRST, "is_matched": True},
        {"account_id": "poor", "name": "Poor Ltd", "started_on": FIRST, "is_matched": True},
        {"account_id": "party", "name": "Stranger", "started_on": FIRST, "is_matched": False},
    ],
    "documents": [invoice("1", "good", 5_000_000), invoice("2", "poor", 200_000), invoice("3", "party", 10_000)],
    "time_entries": [
        hours("good", "delivery", 40),
        hours("poor", "delivery", 20),
        hours("poor", "service", 20),
    ],
    "timesheets": [{"person_id": "ada", "expected_weeks": 46, "submitted_weeks": 46}],
    "cost_rates": [
        {
            "person_id": "ada",
            "employment": "salaried",
            "valid_from": FIRST,
            "valid_to": LAST,
            "loaded_cost_minor": 12_000_000,
            "practical_seconds": 1_200 * HOUR,
            "currency": "EUR",
        }
    ],
    "pools": [
        {
            "pool": "support",
            "month": DAY,
            "amount_cents": 60_000,
            "driver": "events",
            "avoidable_ppm": 0,
            "practical_seconds": 100 * HOUR,
        }
    ],
    "events": [
        {
            "event_date": DAY,
            "account_id": "poor",
            "event": "ticket",
            "pool": "support",
            "events": 10,
            "estimated_seconds": 10 * HOUR,
        }
    ],
    "contracts": [{"account_id": "poor", "ends_on": pd.Timestamp(2026, 3, 31), "notice_days": 30}],
    "remedies": [
        {
            "account_id": "poor",
            "remedy": "reduce_cost_to_serve",
            "started_on": FIRST,
            "ended_on": DAY,
            "outcome": "failed",
        }
    ],
}


def verdicts_of(rows: dict[str, list[dict[str, Any]]]) -> Verdicts:
    tables = {
        name: pd.DataFrame(found, columns=[column.name for column in SCHEMAS[name].columns]).astype(
            {column.name: KINDS[column.type] for column in SCHEMAS[name].columns}
        )
        for name, found in rows.items()
    }
    return evaluate(Facts("EUR", tables), Policy(), date(2026, 1, 20))


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    found = Evidence.of_run(tmp_path_factory.mktemp("data"), "run-1")
    found.save(verdicts_of(ROWS), {})
    return found


def page(evidence: Evidence, name: str) -> list[str]:
    text = account_text(evidence, find_account(evidence, name), None)
    return [" ".join(line.split()) for line in text.splitlines()]


def test_the_estimated_part_of_service_stands_under_its_line(evidence: Evidence) -> None:
    """20 h at 100.00 are logged; 10 of the 100 h that 600.00 pay for are estimated."""
    told = page(evidence, "Poor Ltd")

    place = told.index("Service and support time -2,060.00")
    assert told[place + 1] == "of it estimated from events -60.00"
    data = account_data(evidence, find_account(evidence, "Poor Ltd"), None)
    assert data["estimated_service"] == "60.00"


def test_without_events_no_line_speaks_of_them(evidence: Evidence) -> None:
    assert not any("estimated" in line for line in page(evidence, "Good Ltd"))


def test_remedies_say_what_was_tried_and_what_is_open(evidence: Evidence) -> None:
    told = page(evidence, "Poor Ltd")

    profit = next(line for line in told if line.startswith("= Net client profit")).split()[-2]
    assert f"Profit missing {profit.removeprefix('-')}" in told
    (reduced,) = (line for line in told if line.startswith("Reduce cost to serve"))
    assert reduced.endswith("h tried in vain")
    assert not any(line.startswith("Renegotiate scope") for line in told)  # the contract states no hours
    assert not any(line.startswith("Move to lighter service") for line in told)  # the policy has no package
    assert any(line.startswith("A price rise alone would have to be ") for line in told)


def test_the_last_day_of_notice_says_when_it_was_looked_at(evidence: Evidence) -> None:
    assert "Last day to give notice: 2026-03-01 (as seen on 2025-12-31)." in page(evidence, "Poor Ltd")


def test_an_account_that_misses_nothing_has_no_remedies(evidence: Evidence) -> None:
    told = page(evidence, "Good Ltd")

    assert told[1].startswith("rank 1, ")
    assert not any(line.startswith(("REMEDY", "Last day")) for line in told)
    data = account_data(evidence, find_account(evidence, "Good Ltd"), None)
    assert data["remedies"] == {}
    assert data["review"]["state"] == "none"


def test_a_party_without_account_has_no_rank_and_no_decision(evidence: Evidence) -> None:
    told = page(evidence, "Stranger")

    assert told[1].startswith("margin ")
    assert account_data(evidence, find_account(evidence, "Stranger"), None)["review"]["flag"] is False


def test_where_no_price_helps_the_page_says_so(tmp_path: Path) -> None:
    """The whole invoice is written off: of a price rise nothing would come in either."""
    loss = {"document_id": "2", "settled_on": LAST, "kind": "write_off", "gross_minor": 200_000}
    evidence = Evidence.of_run(tmp_path, "run-1")
    evidence.save(verdicts_of(ROWS | {"settlements": [loss]}), {})

    assert "No price rise alone would break even: too much of it would be paid late or never." in page(
        evidence, "Poor Ltd"
    )
