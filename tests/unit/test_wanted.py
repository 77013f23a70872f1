"""What a record should say, from the verdict on its account."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pandas as pd
import pytest

from connectors.base import FieldSpec, FieldValue
from connectors.fields import load_fields
from profitability import Facts, Policy, Verdicts, evaluate
from sync.settings import shipped_config
from sync.wanted import wanted_fields

FIELDS = load_fields(shipped_config("fields.toml"))
DAY = pd.Timestamp(2025, 6, 30)


def verdicts_in(currency: str) -> Verdicts:
    """Evaluate two customers with an invoice each; one of them matches no account."""
    accounts = pd.DataFrame({"account_id": ["a", "p"], "name": ["Alfa", "Party"], "is_matched": [True, False]})
    documents = pd.DataFrame({"document_id": ["1", "2"], "account_id": ["a", "p"], "kind": "invoice"}).assign(
        issue_date=DAY, due_date=DAY, net_minor=100_000, gross_minor=100_000, currency=currency, is_disputed=False
    )
    return evaluate(Facts(currency, {"accounts": accounts, "documents": documents}), Policy(), date(2026, 1, 20))


@pytest.fixture(scope="module")
def verdicts() -> Verdicts:
    return verdicts_in("EUR")


def wanted(verdicts: Verdicts, fields: tuple[FieldSpec, ...] = tuple(FIELDS), **cells: Any) -> dict[str, FieldValue]:
    """Return what the record of the matched account should hold, given some cells of its row."""
    accounts = verdicts.accounts.assign(**{name: [cell] * 2 for name, cell in cells.items()})
    (record,) = wanted_fields(replace(verdicts, accounts=accounts), fields)
    assert record.account_id == "a"
    return dict(record.values)


def test_a_flagged_account_gets_flag_step_amount_and_day(verdicts: Verdicts) -> None:
    found = wanted(
        verdicts,
        review=True,
        next_step="Review for offboarding",
        next_step_cents=522_977,
        notice_by=pd.Timestamp(2026, 1, 1),
    )

    assert found["review"] is True
    assert found["next_step"] == "Review for offboarding"
    assert found["next_step_amount"] == Decimal("5229.77")
    assert found["notice_by"] == date(2026, 1, 1)
    assert found["figures_through"] == date(2025, 12, 31)


@pytest.mark.parametrize(
    ("key", "column", "null"), [("next_step_amount", "next_step_cents", pd.NA), ("notice_by", "notice_by", pd.NaT)]
)
def test_what_is_not_known_is_blank_and_not_zero(verdicts: Verdicts, key: str, column: str, null: object) -> None:
    assert wanted(verdicts, **{column: null})[key] is None


@pytest.mark.parametrize(("agi", "margin"), [(300, Decimal(100) / 3), (0, None), (-300, None)])
def test_a_margin_needs_income(verdicts: Verdicts, agi: int, margin: Decimal | None) -> None:
    assert wanted(verdicts, ncp_cents=100, agi_cents=agi)["margin_pct"] == margin


@pytest.mark.parametrize(("currency", "amount"), [("EUR", "-12.34"), ("JPY", "-1234"), ("BHD", "-1.234")])
def test_amounts_have_the_digits_of_the_books(currency: str, amount: str) -> None:
    assert wanted(verdicts_in(currency), ncp_cents=-1_234)["net_12m"] == Decimal(amount)


def test_every_field_of_ours_but_the_run_is_asked_for_and_none_of_peoples(verdicts: Verdicts) -> None:
    ours = {spec.key for spec in FIELDS if spec.owner == "product"}

    assert wanted(verdicts).keys() == ours - {"run"}


def test_a_field_that_is_not_in_use_is_not_asked_for(verdicts: Verdicts) -> None:
    in_use = tuple(spec for spec in FIELDS if spec.profile == "tier")

    found = wanted(verdicts, in_use, next_step_cents=522_977)

    assert "tier" in found
    assert found.keys().isdisjoint({"next_step_amount", "net_12m", "margin_pct", "reasons"})
