"""What to do about each account of the worked example: remedy, review, notice."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from profitability.closes import HISTORY_COLUMNS
from profitability.engine import evaluate
from profitability.exit_case import exit_cases
from profitability.facts import SCHEMAS, Facts
from profitability.firm import firm_of
from profitability.notice import notice_dates
from profitability.policy import Policy
from profitability.remedies import remedy_ladder
from profitability.reprice import price_figures
from profitability.review import NO_STEP, REVIEW_STEP, STEPS, review_accounts

Rows = list[dict[str, str]]
Reader = Callable[[str], Rows]

TODAY = date(2026, 1, 20)
AS_OF = date(2025, 12, 31)
HOUR = 3600
NO_DEALS = pd.Series(dtype="int64")


def table(name: str, rows: list[tuple[Any, ...]] = ()) -> pd.DataFrame:
    kinds = {"VARCHAR": "str", "BIGINT": "Int64", "DATE": "datetime64[us]", "BOOLEAN": "bool"}
    columns = {column.name: kinds[column.type] for column in SCHEMAS[name].columns}
    return pd.DataFrame(rows, columns=list(columns), dtype="object").astype(columns)


@dataclass(frozen=True, slots=True)
class Case:
    """Everything that the review of the worked example looks at."""

    accounts: pd.DataFrame
    ladder: pd.DataFrame
    exits: pd.DataFrame
    notice: pd.DataFrame
    history: pd.DataFrame

    def review(self, **other: Any) -> pd.DataFrame:
        """Judge the accounts; what people said, or other figures, by name."""
        given = {
            "ladder": self.ladder,
            "exits": self.exits,
            "notice": self.notice,
            "exemptions": table("exemptions"),
            "decisions": table("decisions"),
            "pipeline": NO_DEALS,
            "history": self.history,
            "policy": Policy(),
            "as_of": AS_OF,
            "today": TODAY,
        }
        accounts = other.pop("accounts", self.accounts)
        return review_accounts(accounts, **(given | other)).set_index("account_id")


@pytest.fixture(scope="module")
def case(worked_facts: Facts, worked_policy: Policy, worked_rows: Reader) -> Case:
    accounts = evaluate(worked_facts, worked_policy, TODAY).accounts
    accounts = accounts.assign(
        flip_tier=accounts["indicative_tier"],
        avoidable_alloc_ppm_cents=accounts["alloc_finance_billing_cents"] * 250_000,
    )
    # Figures of expected_reconciliation.csv and params.csv.
    firm = firm_of(accounts, profit_cents=36_200_92, idle_seconds=462 * HOUR, unmet_seconds=850 * HOUR)
    prices = price_figures(accounts, worked_policy)
    tried = [
        (row["client_id"], row["remedy"], row["started"], row["ended"] or None, row["outcome"] or None)
        for row in worked_rows("remedies.csv")
    ]
    contracts = [
        (
            row["client_id"],
            int(row["contracted_hours"]) * HOUR,
            row["contract_end"],
            int(row["notice_days"]),
            None,
            None,
        )
        for row in worked_rows("clients.csv")
    ]
    history = [
        (account, "2025-11-30", tier, tier, "2025-10-31")
        for account, tier in (("GRO", "D"), ("FJO", "D"), ("DEL", "C"))
    ]
    return Case(
        accounts,
        remedy_ladder(accounts, prices, table("remedies", tried), worked_policy, firm, as_of=AS_OF),
        exit_cases(accounts, firm),
        notice_dates(table("contracts", contracts), as_of=AS_OF, lead_days=60),
        pd.DataFrame(history, columns=list(HISTORY_COLUMNS)),
    )


def test_decisions_of_every_account(case: Case, worked_rows: Reader) -> None:
    found = case.review()
    steps = case.ladder.set_index("account_id")["next_remedy"]
    for row in worked_rows("expected_decisions.csv"):
        own = found.loc[row["client"]]
        action = f"remedy:{steps[row['client']]}" if own["state"] == "remedy" else own["state"]
        assert action == row["action"]
        assert " ".join(own["open_remedies"]) == row["open_remedies"]
        assert " ".join(own["failed_preconditions"]) == row["failed_preconditions"]
        assert own["review"] == (row["action"] == "review_for_offboarding")
    assert len(found) == 8


def test_the_recommended_step_and_its_amount(case: Case, worked_rows: Reader) -> None:
    found = case.review()
    ladder = {row["client"]: row for row in worked_rows("expected_remedies.csv")}
    exits = {row["exit"]: row for row in worked_rows("expected_whatif.csv")}
    expected = {
        "GRO": ("Review for offboarding", exits["GRO"]["delta_expected"]),
        "FJO": ("Collect", ladder["FJO"]["collect"]),
        "DEL": ("Reduce cost to serve", ladder["DEL"]["reduce_cost_to_serve"]),
        "HAL": ("Reduce cost to serve", ladder["HAL"]["reduce_cost_to_serve"]),
    }
    for account, (step, amount) in expected.items():
        assert found.loc[account, "next_step"] == step
        assert found.loc[account, "next_step_cents"] == int(Decimal(amount) * 100)
    rest = found.drop(index=list(expected))
    assert (rest["next_step"] == "None").all()
    assert rest["next_step_cents"].isna().all()


def test_notice_days_and_the_contract_that_is_not_near_enough(case: Case) -> None:
    found = case.review()
    assert str(found.loc["GRO", "notice_by"])[:10] == "2026-01-01"
    assert str(found.loc["DEL", "notice_by"])[:10] == "2026-06-02"

    later = case.notice.assign(notice_by=pd.Timestamp(2026, 6, 2), is_locked=True)
    waiting = case.review(notice=later).loc["GRO"]
    assert waiting["state"] == "wait_for_notice_window"
    assert not waiting["review"]
    assert waiting["failed_preconditions"] == ()
    assert waiting["held_by"] == "contract: notice window from 2026-04-03"
    assert waiting["next_step"] == "None"


def test_one_close_as_d_is_not_enough(case: Case) -> None:
    for history in (None, case.history.iloc[:0], case.history.assign(published_tier="C", candidate_tier="D")):
        found = case.review(history=history).loc["GRO"]
        assert found["failed_preconditions"] == ("d_confirmed",)
        assert (found["state"], found["review"]) == ("watch", False)
        assert case.review(history=history).loc["FJO", "failed_preconditions"][0] == "d_confirmed"


@pytest.mark.parametrize(
    ("failed", "changed"),
    [
        ("tenure", {"started_on": pd.Timestamp(2025, 7, 2)}),
        ("coverage", {"coverage_centi": 7_999}),
        ("coverage", {"flip_tier": "C"}),
        ("not_recovering", {"quarter_cm2_cents": 100_000_00}),
    ],
)
def test_each_figure_alone_keeps_the_flag_down(case: Case, failed: str, changed: dict[str, Any]) -> None:
    found = case.review(accounts=case.accounts.assign(**changed)).loc["GRO"]
    assert found["failed_preconditions"] == (failed,)
    assert (found["state"], found["review"], found["next_step"]) == ("watch", False, "None")


def test_an_exit_that_does_not_pay_or_is_not_known_keeps_the_flag_down(case: Case) -> None:
    for exits in (case.exits.assign(pays=False), case.exits.iloc[:0]):
        found = case.review(exits=exits).loc["GRO"]
        assert found["failed_preconditions"] == ("exit_pays",)
        assert found["state"] == "watch"


def test_people_decide(case: Case) -> None:
    keep = table("decisions", [("GRO", "keep", "2026-01-20")])
    held = case.review(decisions=keep).loc["GRO"]
    assert (held["state"], held["review"]) == ("held", False)
    assert held["held_by"] == "decision: keep until 2026-01-20"
    assert held["next_step"] == "None"
    assert case.review(decisions=keep, today=date(2026, 1, 21)).loc["GRO", "review"]

    improve = case.review(decisions=table("decisions", [("GRO", "improve_first", None)])).loc["GRO"]
    assert (improve["state"], improve["held_by"]) == ("held", "decision: improve first")

    phase_out = case.review(decisions=table("decisions", [("GRO", "phase_out", None), ("ALF", "phase_out", None)]))
    for account in ("GRO", "ALF"):
        own = phase_out.loc[account]
        assert (own["state"], own["review"], own["next_step"]) == ("approved", False, "None")

    for decision in ("open", None):
        assert case.review(decisions=table("decisions", [("GRO", decision, None)])).loc["GRO", "review"]


def test_a_strategic_exemption_holds_until_its_day(case: Case) -> None:
    strategic = table("exemptions", [("GRO", "strategic", "Ada", "opens a market", "2026-02-28", "2025-09-01")])
    held = case.review(exemptions=strategic).loc["GRO"]
    assert held["failed_preconditions"] == ("no_exemption",)
    assert (held["state"], held["review"]) == ("held", False)
    assert held["held_by"] == "exemption: strategic (Ada) until 2026-02-28"
    assert case.review(exemptions=strategic, today=date(2026, 3, 1)).loc["GRO", "review"]


def test_a_pipeline_exempts_only_while_it_is_worth_the_loss(case: Case) -> None:
    pipeline = table("exemptions", [("GRO", "pipeline", "Ada", "two bids", "2026-03-31", "2026-01-01")])
    enough = case.review(exemptions=pipeline, pipeline=pd.Series({"GRO": 11_617_44}))
    assert enough.loc["GRO", "state"] == "held"
    short = case.review(exemptions=pipeline, pipeline=pd.Series({"GRO": 11_617_43}))
    assert short.loc["GRO", "review"]
    # 90 days from the first of January.
    assert case.review(exemptions=pipeline, pipeline=pd.Series({"GRO": 11_617_44}), today=date(2026, 4, 1)).loc[
        "GRO", "review"
    ]


def test_a_stricter_policy_moves_the_flag(case: Case) -> None:
    policy = Policy()
    strict = replace(policy, review=replace(policy.review, coverage_min=100))
    assert case.review(policy=strict).loc["GRO", "failed_preconditions"] == ("coverage",)


def test_steps_are_the_values_of_the_field_file() -> None:
    fields = tomllib.loads((Path(__file__).parents[2] / "config" / "fields.toml").read_text(encoding="utf-8"))
    assert [NO_STEP, *STEPS.values(), REVIEW_STEP] == list(fields["next_step"]["values"])
