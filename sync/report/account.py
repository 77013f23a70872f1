"""One account for people and for programs: its statement, its place, its reasons, its records."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING, Any

from profitability.statement import line_named
from profitability.tables import is_known
from profitability.units import from_minor, money_text
from sync.report.decision import decision_data, decision_lines
from sync.report.tables import hours, percent, table

if TYPE_CHECKING:
    import pandas as pd

    from sync.evidence import Evidence

Row = Mapping[Hashable, Any]


def statement_of(evidence: Evidence, account_id: str) -> dict[str, int]:
    """Return the account's statement in its order: line -> home cents over the run's months."""
    rows = evidence.frame("statement").to_dict("records")
    row = next(row for row in rows if row["account_id"] == account_id)
    return {str(name).removesuffix("_cents"): int(cents) for name, cents in row.items() if name != "account_id"}


def account_text(evidence: Evidence, row: Row, trace: pd.DataFrame | None) -> str:
    """Return the account as a page of text."""
    figures = evidence.figures()
    currency = figures["home_currency"]
    head = (
        f"{row['name']} ({row['account_id']})   tier {row['published_tier']} since {row['tier_since']:%Y-%m-%d}, "
        f"{row['tier_status'].lower()}   {figures['first_day']} to {figures['last_day']}   run {evidence.folder.name}"
    )
    rank = f"rank {int(row['rank'])}, " if row["is_matched"] else ""
    place = (
        f"{rank}margin {percent(int(row['ncp_cents']), int(row['agi_cents']))}, {hours(int(row['worked_seconds']))}, "
        f"data coverage {row['coverage']:.0f} of 100, books {figures['books_status']}"
    )
    return "\n".join(
        [
            head,
            place,
            "",
            *_statement(statement_of(evidence, row["account_id"]), currency, int(row["estimated_service_cents"])),
            "",
            *_reasons(row),
            *decision_lines(evidence, row, currency),
            *_trace(trace),
        ]
    )


def _statement(statement: Mapping[str, int], currency: str, estimated_cents: int) -> list[str]:
    """Return the statement, with the part of service that no time sheet shows under its line."""
    rows = []
    for name, cents in statement.items():
        line = line_named(name)
        shown = -cents if line.sign < 0 else cents
        mark, unit = ("= ", currency) if line.is_result else ("  ", "")
        rows.append((mark + line.title, money_text(shown, currency), unit))
        if name == "service_labour" and estimated_cents:
            rows.append(("    of it estimated from events", money_text(-estimated_cents, currency), ""))
    return table(rows, right=frozenset({1}))


def _reasons(row: Row) -> list[str]:
    return str(row["reasons"]).splitlines() or [str(row["reason"])]


def _trace(trace: pd.DataFrame | None) -> list[str]:
    if trace is None:
        return ["", "Every record behind these figures: --lines"]
    rows = [("DAY", "RECORD", "WHAT", "AMOUNT", "TIME", "FROM"), *map(_record, trace.to_dict("records"))]
    return ["", *table(rows, right=frozenset({3, 4}))]


def _record(record: Row) -> tuple[str, ...]:
    amount, time = "", ""
    if _has_amount(record):
        rate = f" at {record['fx_origin']}" if record["fx_origin"] else ""
        amount = f"{money_text(int(record['amount_minor']), record['currency'])} {record['currency']}{rate}"
    else:
        time = hours(int(record["worked_seconds"]))
    where = f"{record['source_file']}:{record['source_line']}"
    return (
        f"{record['day']:%Y-%m-%d}",
        record["record"],
        record["what"],
        amount,
        time,
        where,
    )


def _has_amount(record: Row) -> bool:
    """Whether a record of the trace is money; else it is time, if only of no length."""
    return is_known(record["amount_minor"])


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
        **decision_data(evidence, row, currency),
        "currency": currency,
        "period": [figures["first_day"], figures["last_day"]],
        "statement": {
            line: str(from_minor(cents, currency)) for line, cents in statement_of(evidence, row["account_id"]).items()
        },
        "estimated_service": str(from_minor(int(row["estimated_service_cents"]), currency)),
        "records": [] if trace is None else [_record_data(record) for record in trace.to_dict("records")],
    }


def _record_data(record: Row) -> dict[str, Any]:
    has_amount = _has_amount(record)
    return {
        "day": f"{record['day']:%Y-%m-%d}",
        "record": record["record"],
        "what": record["what"],
        "amount": str(from_minor(int(record["amount_minor"]), record["currency"])) if has_amount else None,
        "currency": record["currency"] if has_amount else None,
        "worked_seconds": None if has_amount else int(record["worked_seconds"]),
        "source_file": record["source_file"],
        "source_line": int(record["source_line"]),
    }
