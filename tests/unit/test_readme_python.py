"""The README's example for analysts runs as it stands, and gives what its comment says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

README = Path(__file__).parents[2] / "README.md"


@pytest.fixture(scope="module")
def names() -> dict[str, Any]:
    """Return what the example defines."""
    (code,) = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), flags=re.DOTALL)
    found: dict[str, Any] = {"code": code}
    exec(compile(code, "README.md", "exec"), found)  # noqa: S102 (our own README)
    return found


def test_the_example_gives_what_its_comment_says(names: dict[str, Any]) -> None:
    accounts = names["verdicts"].accounts
    said = re.findall(r"(\w+): ([A-DN]), (-?\d+)", names["code"])

    assert len(said) == 2
    found = zip(accounts["account_id"], accounts["published_tier"], accounts["ncp_cents"], strict=True)
    assert said == [(account, tier, str(cents)) for account, tier, cents in found]


def test_the_what_if_loses_all_income_on_the_first_day(names: dict[str, Any]) -> None:
    """Nothing but a salary is spent here, and a salary stays: what leaves is the revenue less the expected losses."""
    cases = names["exit_cases"](names["what_if"], names["verdicts"].firm_figures).set_index("account_id")
    revenue = names["verdicts"].accounts.set_index("account_id")["net_revenue_cents"]

    assert cases.loc["Grove", "naive_cents"] == 51_000
    expected_loss = 200_000 // 200  # 0.5 % of an invoice that is not due yet
    assert cases.loc["Grove", "day_one_cents"] == -(revenue["Grove"] - expected_loss)
    assert cases.loc["both", "freed_seconds"] == 90 * 3600
