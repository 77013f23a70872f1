"""One account for people and for programs: its statement, its place, its reasons, its records."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING, Any

from profitability.units import from_minor
from sync.report.tables import hours, money, percent, table

if TYPE_CHECKING:
    import pandas as pd

    from sync.evidence import Evidence

Row = Mapping[Hashable, Any]

RESULTS = {"net_revenue", "agi", "cm1", "cm2", "cm3", "ncp"}
WORDS = {
    "gross_billings": "Invoices",
    "credit_notes": "Credit notes",
    "net_revenue": "Net revenue",
    "pass_through": "Passed-through cost",
    "agi": "Income (AGI)",
    "delivery_labour": "Delivery time",
    "contractors": "Contractors",
    "direct_expenses": "Direct expenses",
    "cm1": "Delivery margin (CM1)",
    "service_labour": "Service and support time",
    "cm2": "Client contribution (CM2)",
    "late_financing": "Waiting for payment",
    "late_collection_labour": "Collection time",
    "ecl_movement": "Expected credit loss, change",
    "write_offs": "Write-offs",
    "cm3": "After late payment (CM3)",
    "ncp": "Net client profit",
}


def statement_lines(row: Row) -> list[str]:
    """Return the names of the statement's lines in their order, without the unit."""
    names = [str(name).removesuffix("_cents") for name in row]
    first, last = names.index("gross_billings"), names.index("ncp")
    return names[first : last + 1]


def account_text(evidence: Evidence, row: Row, trace: pd.DataFrame | None) -> str:
    """Return the account as a page of text."""
    figures = evidence.figures()
    currency = figures["home_currency"]
    head = (
        f"{row['name']} ({row['account_id']})   tier {row['published_tier']} since {row['tier_since']:%Y-%m-%d}, "
        f"{row['tier_status'].lower()}   {figures['first_day']} to {figures['last_day']}   run {evidence.folder.name}"
    )
    rank = f"rank {row['rank']}, " if row["is_matched"] else ""
    place = (
        f"{rank}margin {percent(int(row['ncp_cents']), int(row['agi_cents']))}, {hours(int(row['worked_seconds']))}, "
        f"data coverage {row['coverage']:.0f} of 100, books {figures['books_status']}"
    )
    return "\n".join([head, place, "", *_statement(row, currency), "", *_reasons(row), *_trace(trace, currency)])


def _statement(row: Row, currency: str) -> list[str]:
    rows = []
    for line in statement_lines(row):
        cents = int(row[f"{line}_cents"])
        is_result = line in RESULTS
        shown = cents if is_result or line == "gross_billings" else -cents
        mark = "= " if is_result else "  "
        rows.append((mark + _words(line), money(shown, currency), currency if is_result else ""))
    return table(rows, right=frozenset({1}))


def _words(line: str) -> str:
    return WORDS.get(line) or f"Shared: {line.removeprefix('alloc_').replace('_', ' ')}"


def _reasons(row: Row) -> list[str]:
    return [
        str(row["reason"]),
        *(f"  {line}" for line in str(row["reasons"]).splitlines()),
    ]


def _trace(trace: pd.DataFrame | None, currency: str) -> list[str]:
    if trace is None:
        return ["", "Every record behind these figures: --lines"]
    rows = [("DAY", "RECORD", "WHAT", "AMOUNT", "HOURS", "FROM")]
    for record in trace.to_dict("records"):
        amount = (
            "" if record["amount_minor"] != record["amount_minor"] else money(int(record["amount_minor"]), currency)
        )
        rows.append(
            (
                f"{record['day']:%Y-%m-%d}",
                record["record"],
                record["what"] or "",
                amount and f"{amount} {record['currency']}",
                hours(int(record["worked_seconds"])) if record["worked_seconds"] else "",
                f"{record['source_file']}:{record['source_line']}",
            )
        )
    return ["", *table(rows, right=frozenset({3, 4}))]


def account_data(evidence: Evidence, row: Row, trace: pd.DataFrame | None) -> dict[str, Any]:
    """Return the account for --json; amounts are strings in units of the currency."""
    figures = evidence.figures()
    currency = figures["home_currency"]
    return {
        "run": evidence.folder.name,
        "account": row["account_id"],
        "name": row["name"],
        "tier": row["published_tier"],
        "tier_since": f"{row['tier_since']:%Y-%m-%d}",
        "tier_status": row["tier_status"],
        "reason": row["reason"],
        "reasons": str(row["reasons"]).splitlines(),
        "currency": currency,
        "period": [figures["first_day"], figures["last_day"]],
        "statement": {line: str(from_minor(int(row[f"{line}_cents"]), currency)) for line in statement_lines(row)},
        "records": [] if trace is None else trace.astype(str).to_dict("records"),
    }
