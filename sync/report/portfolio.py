"""The firm as a whole, in a few lines: who earns the profit, what comes next, what leaves, what to watch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from math import isnan
from typing import TYPE_CHECKING, Any

from profitability.freed_hours import freed_hours
from profitability.portfolio import NOBODY_EARNS
from profitability.review import NO_STEP
from profitability.units import from_minor, money_text

if TYPE_CHECKING:
    from profitability.tables import Row
    from profitability.verdicts import Verdicts

MEASURES = {"top1": "the largest account", "top5": "the five largest accounts", "hhi": "the concentration index"}


def portfolio_lines(verdicts: Verdicts) -> list[str]:
    """Return the firm's place on the curve, the steps that are recommended, the plan of leaving and the warnings."""
    figures = dict(zip(verdicts.portfolio["metric"], verdicts.portfolio["value"], strict=True))
    return [*_curve(figures), *_losers(figures), *_steps(verdicts), *_leaving(verdicts), *_warnings(verdicts)]


def portfolio_data(verdicts: Verdicts) -> dict[str, Any]:
    """Return the same for --json: every figure of the portfolio, null where undefined, cents as amounts."""
    currency = verdicts.home_currency
    return {
        "figures": {
            row["metric"].removesuffix("_cents"): _told(row["value"], row["unit"], currency)
            for row in verdicts.portfolio.to_dict("records")
        },
        "concentration": verdicts.concentration.to_dict("records"),
        "phase_out": [_part_data(row, currency) for row in verdicts.phase_out.to_dict("records")],
    }


def _told(value: float, unit: str, currency: str) -> str | None:
    if isnan(value):
        return None
    if unit == "cents":
        return str(from_minor(int(value), currency))
    return f"{value:.6g}"


def _part_data(row: Row, currency: str) -> dict[str, Any]:
    return {
        "account": row["account_id"],
        "month": f"{row['month']:%Y-%m}" if _is_planned(row) else None,
        "income_leaving": str(from_minor(int(row["agi_leaving_cents"]), currency)),
        "expected": str(from_minor(int(row["expected_cents"]), currency)),
        "route": row["route"],
        "why": row["why"],
    }


def _is_planned(row: Row) -> bool:
    import pandas as pd

    return bool(pd.notna(row["month"]))


def _curve(figures: Mapping[str, float]) -> list[str]:
    if figures["nobody_earns"]:
        return [f"Profit     {NOBODY_EARNS}"]
    head, best = figures["accounts_for_80pct_of_profit"], figures["top20pct_accounts"]
    of_profit, of_revenue = figures["top20pct_ncp_ratio"], figures["top20pct_revenue_ratio"]
    if isnan(head):
        return []
    line = f"Profit     {head:.0f} of {figures['accounts']:.0f} accounts earn 80 % of it"
    if not (isnan(of_profit) or isnan(of_revenue)):
        line += f"; the best {best:.0f} bring {_percent(of_profit)} of the profit, the largest {best:.0f} "
        line += f"{_percent(of_revenue)} of the revenue"
    return [line]


def _losers(figures: Mapping[str, float]) -> list[str]:
    losers, multiple, share = (figures[name] for name in ("loss_makers", "naive_multiple_ratio", "losers_double_ratio"))
    if not losers or isnan(multiple):
        return []
    doubled = "" if isnan(share) else f"; in fact it doubles only if {_percent(share)} of their hours are sold again"
    return [f"Losses     {losers:.0f} accounts lose; without them profit is x{multiple:.2f} on paper{doubled}"]


def _steps(verdicts: Verdicts) -> list[str]:
    steps = Counter(step for step in verdicts.reviews["next_step"] if step != NO_STEP)
    return ["Steps      " + ", ".join(f"{step} {count}" for step, count in steps.most_common())] if steps else []


def _leaving(verdicts: Verdicts) -> list[str]:
    plan = verdicts.phase_out
    if plan.empty:
        return []
    names = dict(zip(verdicts.accounts["account_id"], verdicts.accounts["name"], strict=True))
    lines = [f"Leaving    {names[row['account_id']]}{_when(row, verdicts)}" for row in plan.to_dict("records")]
    people = verdicts.people.loc[verdicts.people["talk_first"], "person_id"]
    first = f"; talk first to {', '.join(people)}" if len(people) else ""
    return [*lines, f"Hours      {freed_hours(plan, verdicts.firm_figures)}{first}"]


def _when(row: Row, verdicts: Verdicts) -> str:
    if not _is_planned(row):
        return f": not planned, {row['why']}"
    part = f", part {row['tranche']} of {row['tranches']}" if row["tranches"] > 1 else ""
    income = f"{money_text(int(row['agi_leaving_cents']), verdicts.home_currency)} {verdicts.home_currency}"
    late = f" ({row['why']})" if row["why"] else ""
    return f"{part}: from {row['month']:%Y-%m}, income of {income}{late}"


def _warnings(verdicts: Verdicts) -> list[str]:
    found = [row for row in verdicts.concentration.to_dict("records") if row["level"] != "note"]
    now = {(row["basis"], row["measure"], row["level"]) for row in found if row["stage"] == "now"}
    rows = [row for row in found if row["stage"] == "now" or (row["basis"], row["measure"], row["level"]) not in now]
    return [
        f"Watch      {MEASURES[row['measure']]}: {_value(row)} of {row['basis']}"
        f"{' once they have left' if row['stage'] == 'after' else ''}, {row['level']} ({row['source']})"
        for row in rows
    ]


def _value(row: Row) -> str:
    return f"{row['value']:,.0f} points" if row["measure"] == "hhi" else _percent(row["value"])


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
