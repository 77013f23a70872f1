"""The firm as a whole, in a few lines: who earns the profit, what comes next, what would leave, what to watch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from math import isnan
from typing import TYPE_CHECKING, Any

from profitability.concentration import LIMITS
from profitability.freed_hours import freed_hours
from profitability.loss_rates import HISTORY_MONTHS
from profitability.portfolio import NOBODY_EARNS
from profitability.review import APPROVED, NO_STEP
from profitability.tables import is_known
from profitability.units import counted, from_minor, money_text

if TYPE_CHECKING:
    from profitability.tables import Row
    from profitability.verdicts import Verdicts

MEASURES = {
    "top1": "the largest account has {value} of {basis}",
    "top5": "the five largest accounts have {value} of {basis}",
    "hhi": "the concentration index of {basis} is {value} points",
}
"""Measures of concentration in words."""

_ABOVE = {(limit.measure, limit.level): float(limit.above) for limit in LIMITS}


def portfolio_lines(verdicts: Verdicts) -> list[str]:
    """Return the firm's place on the curve, the steps that are recommended, the plan of leaving and the warnings."""
    figures = dict(zip(verdicts.portfolio["metric"], verdicts.portfolio["value"], strict=True))
    return [
        *_curve(figures),
        *_losers(figures, verdicts.home_currency),
        *_steps(verdicts),
        *_leaving(verdicts),
        *_warnings(verdicts),
    ]


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
        "talk_first": _talk_first(verdicts),
        "reinvestment": [
            {"owner": row["owner"], "budget": str(from_minor(int(row["budget_cents"]), currency))}
            for row in verdicts.reinvestment.to_dict("records")
        ],
    }


def loss_rate_lines(verdicts: Verdicts) -> list[str]:
    """Tell where expected losses come from the firm's own invoices; the policy's table needs no word."""
    is_own = verdicts.loss_rates["is_own_history"]
    if not is_own.any():
        return []
    rest = "" if is_own.all() else f"; {(~is_own).sum()} of {len(is_own)} ages were never reached: policy.toml"
    return [f"Loss rates your own, from {HISTORY_MONTHS} months of invoices{rest}"]


def _told(value: float, unit: str, currency: str) -> str | None:
    if isnan(value):
        return None
    if unit == "cents":
        return str(from_minor(int(value), currency))
    return f"{value:.6g}"


def _part_data(row: Row, currency: str) -> dict[str, Any]:
    is_planned = is_known(row["month"])
    return {
        "account": row["account_id"],
        "month": f"{row['month']:%Y-%m}" if is_planned else None,
        "part": [int(row["tranche"]), int(row["tranches"])] if is_planned else None,
        "income_leaving": str(from_minor(int(row["agi_leaving_cents"]), currency)),
        "expected": str(from_minor(int(row["expected_cents"]), currency)),
        "route": row["route"],
        "why": row["why"],
        "is_cash_known": bool(row["is_cash_known"]),
    }


def _curve(figures: Mapping[str, float]) -> list[str]:
    if figures["nobody_earns"]:
        return [f"Profit     {NOBODY_EARNS}"]
    head, best = figures["accounts_for_80pct_of_profit"], int(figures["top20pct_accounts"])
    of_profit, of_revenue = figures["top20pct_ncp_ratio"], figures["top20pct_revenue_ratio"]
    if isnan(head):
        return []
    earn = "earns" if head == 1 else "earn"
    line = f"Profit     {head:.0f} of {counted(int(figures['accounts']), 'account')} {earn} 80 % of all gains"
    if not (isnan(of_profit) or isnan(of_revenue)):
        earners, payers = ("best one earns", "largest one") if best == 1 else (f"best {best} earn", f"largest {best}")
        line += f"; the {earners} {_percent(of_profit)} of the net profit, the {payers} "
        line += f"{'brings' if best == 1 else 'bring'} {_percent(of_revenue)} of the revenue"
    return [line]


def _losers(figures: Mapping[str, float], currency: str) -> list[str]:
    """Tell what the loss-makers lose, and what would become of it: on paper, on the first day, as demand stands."""
    count = figures["loss_makers"]
    if not count:
        return []
    lost, profit, naive, day_one, expected = (
        money_text(int(figures[f"{name}_cents"]), currency)
        for name in (
            "profit_eroded",
            "firm_profit",
            "without_losers_naive",
            "without_losers_day_one",
            "without_losers_expected",
        )
    )
    verb, they = ("loses", "it") if count == 1 else ("lose", "all of them")
    losers = counted(int(count), "account")
    head = f"Losses     {losers} {verb} {lost} {currency}; if {they} left, firm profit of {profit} would be"
    return [f"{head} {naive} on paper, {day_one} with no hour resold, {expected} as demand stands{_doubled(figures)}"]


def _doubled(figures: Mapping[str, float]) -> str:
    share = figures["losers_double_ratio"]
    if isnan(share) or share <= 0:
        return ""
    if share > 1:
        return "; all of their hours resold would not double it"
    return f"; doubling it takes {_percent(share)} of their hours resold"


def _steps(verdicts: Verdicts) -> list[str]:
    steps = Counter(step for step in verdicts.reviews["next_step"] if step != NO_STEP)
    return [f"Steps      {', '.join(f'{step} ({count})' for step, count in steps.most_common())}"] if steps else []


def _leaving(verdicts: Verdicts) -> list[str]:
    plan = verdicts.phase_out
    if plan.empty:
        return []
    lines = [f"Exit plan  {_part(row, verdicts)}" for row in plan.to_dict("records")]
    if plan["month"].notna().any():
        people = _talk_first(verdicts)
        first = f"; talk first to {', '.join(people)}" if people else ""
        lines.append(f"Hours      {freed_hours(plan, verdicts.firm_figures)}{first}")
        if not plan["is_cash_known"].all():
            lines.append("Cash       not known, so no exit waits for it (template own-cash)")
    return lines


def _part(row: Row, verdicts: Verdicts) -> str:
    account, currency = row["account_id"], verdicts.home_currency
    names = dict(zip(verdicts.accounts["account_id"], verdicts.accounts["name"], strict=True))
    states = dict(zip(verdicts.reviews["account_id"], verdicts.reviews["state"], strict=True))
    whose = "as people decided" if states[account] == APPROVED else "if people decide so"
    if not is_known(row["month"]):
        return f"{names[account]}, {whose}: no month, {row['why']}"
    part = f", part {row['tranche']} of {row['tranches']}" if row["tranches"] > 1 else ""
    income, gain = (_signed(int(cents), currency) for cents in (-row["agi_leaving_cents"], row["expected_cents"]))
    late = f" ({row['why']})" if row["why"] else ""
    when = f"from {row['month']:%Y-%m}{late}"
    return f"{names[account]}, {whose}{part}: {when}, income {income}, expected profit {gain} {currency} a year"


def _talk_first(verdicts: Verdicts) -> list[str]:
    """Return the people who should hear of the plan before the accounts do."""
    return list(verdicts.people.loc[verdicts.people["talk_first"], "person_id"])


def _warnings(verdicts: Verdicts) -> list[str]:
    found = [row for row in verdicts.concentration.to_dict("records") if row["level"] != "note"]
    now = {(row["basis"], row["measure"], row["level"]) for row in found if row["stage"] == "now"}
    rows = [row for row in found if row["stage"] == "now" or (row["basis"], row["measure"], row["level"]) not in now]
    return [f"Watch      {_warning(row)}" for row in rows]


def _warning(row: Row) -> str:
    measure, level = row["measure"], row["level"]
    value, above = (_measured(measure, figure) for figure in (row["value"], _ABOVE[measure, level]))
    after = ", once those planned have left" if row["stage"] == "after" else ""
    return (
        f"{MEASURES[measure].format(value=value, basis=row['basis'])}{after}; {level} above {above} ({row['source']})"
    )


def _measured(measure: str, value: float) -> str:
    return f"{value:,.0f}" if measure == "hhi" else _percent(value)


def _signed(cents: int, currency: str) -> str:
    return f"+{money_text(cents, currency)}" if cents > 0 else money_text(cents, currency)


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
