"""What can be done about one account, for people and for programs: remedies with their amounts, price, exit, notice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from profitability.review import STEPS
from profitability.tables import is_known
from profitability.units import from_minor, money_text
from sync.report.tables import hours, table

if TYPE_CHECKING:
    from profitability.tables import Row
    from sync.evidence import Evidence

EXIT_FIGURES = ("naive", "day_one", "half", "expected", "full")
PRICE_FIGURES = ("breakeven", "target", "on_time_breakeven")
FREED = {"reduce_cost_to_serve": "freed_service_seconds", "renegotiate_scope": "freed_scope_seconds"}
"""Remedies that free time, and the column that tells how much."""

RESIDUAL = "Reprice what is left"
"""The row of the price: its amount is what the steps before it leave, not what a price rise alone would have to be."""


def decision_lines(evidence: Evidence, row: Row, currency: str) -> list[str]:
    """Return the remedies of an account as a table, and the last day of notice; nothing where no profit is missing."""
    ladder, prices = (_own(evidence, name, row["group_id"]) for name in ("remedies", "prices"))
    lines = []
    if ladder:
        lines = ["", *table(_remedies(ladder, row, currency), right=frozenset({1, 2})), *_price(prices, currency)]
    if is_known(row["notice_by"]):
        as_of = evidence.figures()["last_day"]
        lines.append(f"Last day to give notice: {row['notice_by']:%Y-%m-%d} (as seen on {as_of}).")
    return lines


def _remedies(ladder: Row, row: Row, currency: str) -> list[tuple[str, ...]]:
    missing = money_text(int(ladder["gap_cents"]), currency)
    rows: list[tuple[str, ...]] = [("REMEDY", "A YEAR", "TIME", "STATE"), ("Profit missing", missing, "", "")]
    for remedy, name in STEPS.items():
        is_price = remedy == "reprice"
        cents = ladder["residual_cents" if is_price else f"{remedy}_cents"]
        if is_known(cents):
            told = RESIDUAL if is_price else name
            rows.append((told, money_text(int(cents), currency), _freed(ladder, remedy), _state(ladder, row, remedy)))
    return rows


def _state(ladder: Row, row: Row, remedy: str) -> str:
    if remedy in list(row["open_remedies"]):
        return "open"
    return "tried in vain" if remedy in list(ladder["spent_remedies"]) else ""


def _freed(ladder: Row, remedy: str) -> str:
    if remedy not in FREED or not is_known(ladder[FREED[remedy]]):
        return ""
    return hours(int(ladder[FREED[remedy]]))


def _price(prices: Row, currency: str) -> list[str]:
    if prices["is_beyond_price"]:
        return ["No price rise alone would break even: too much of it would be paid late or never."]
    if not is_known(prices["breakeven_cents"]):
        return []
    rise, share = money_text(int(prices["breakeven_cents"]), currency), 100 * prices["breakeven_ratio"]
    return [f"A price rise alone would have to be {rise} ({share:.1f} %) to break even."]


def decision_data(evidence: Evidence, row: Row, currency: str) -> dict[str, Any]:
    """Return the decision side for --json; amounts are strings in units of the currency, null where undefined."""
    ladder, prices, exits = (_own(evidence, name, row["group_id"]) for name in ("remedies", "prices", "exits"))
    return {
        "review": {
            "state": row["state"],
            "flag": bool(row["review"]),
            "failed": list(row["failed_preconditions"]),
            "held_by": row["held_by"],
            "next_step": row["next_step"],
            "amount": _amount(row["next_step_cents"], currency),
            "notice_by": f"{row['notice_by']:%Y-%m-%d}" if is_known(row["notice_by"]) else None,
        },
        "remedies": _amounts(ladder, ("gap", "residual", *(name for name in STEPS if name != "reprice")), currency),
        "price": _amounts(prices, PRICE_FIGURES, currency),
        "exit": _amounts(exits, EXIT_FIGURES, currency) | _shares(exits, ("redeploy", "breakeven", "double")),
    }


def _own(evidence: Evidence, frame: str, account_id: str) -> Row:
    """Return the account's row of a frame; empty where it has none."""
    rows = evidence.frame(frame)
    own = rows[rows["account_id"] == account_id].to_dict("records")
    return own[0] if own else {}


def _amounts(row: Row, names: Sequence[str], currency: str) -> dict[str, str | None]:
    return {name: _amount(row[f"{name}_cents"], currency) for name in names} if row else {}


def _shares(row: Row, names: Sequence[str]) -> dict[str, str | None]:
    shares = {name: row[f"{name}_ratio"] for name in names} if row else {}
    return {f"{name}_share": f"{share:.6f}" if is_known(share) else None for name, share in shares.items()}


def _amount(cents: Any, currency: str) -> str | None:  # noqa: ANN401 (a cell of a frame)
    return str(from_minor(int(cents), currency)) if is_known(cents) else None
