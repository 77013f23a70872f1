"""`whalecurve exports explain`: one file as the reader sees it, as text and as data."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from profitability.units import counted

if TYPE_CHECKING:
    from connectors.exports.inspection import HeadingUse, Inspection, Layout
    from connectors.exports.reading import Problem, Record

SHOWN_RECORDS = 3


def inspection_text(seen: Inspection, most_problems: int | None) -> str:
    """Return what a person reads; `most_problems`: how many problems are told, None for all."""
    lines = [_verdict(seen)]
    if seen.layout is not None:
        lines += _layout(seen.layout)
    lines += _records(seen)
    lines += _section("sums of the records", [f"{total:>16,.2f}  {name}" for name, total in seen.sums.items()])
    told = [_told(problem) for problem in (*seen.reading.problems, *seen.reading.warnings)]
    lines += _section("problems", told[:most_problems])
    if most_problems is not None and len(told) > most_problems:
        lines.append(f"    ... {len(told) - most_problems} more (--all)")
    lines += _section("why no other mapping" if seen.layout else "why no mapping", list(seen.others))
    return "\n".join(lines)


def inspection_data(seen: Inspection) -> dict[str, Any]:
    """Return the same for programs."""
    reading, layout = seen.reading, seen.layout
    return {
        "file": str(reading.path),
        "status": str(reading.status),
        "mapping": reading.mapping,
        "mapping_version": reading.mapping_version,
        "grade": seen.grade,
        "covers": [str(day) for day in reading.covers] if reading.covers else None,
        "table": layout.where if layout else None,
        "header_line": layout.line if layout else None,
        "forms": list(layout.forms) if layout else [],
        "headings": [{"heading": use.heading, "reads": list(use.reads)} for use in layout.headings] if layout else [],
        "absent": list(layout.absent) if layout else [],
        "records": len(reading.records),
        "first_records": [_record_data(record) for record in islice(reading.records, SHOWN_RECORDS)],
        "sums": {name: str(total) for name, total in seen.sums.items()},
        "others": list(seen.others),
        "problems": [_told(problem) for problem in reading.problems],
        "warnings": [_told(problem) for problem in reading.warnings],
    }


def _verdict(seen: Inspection) -> str:
    reading = seen.reading
    if not reading.mapping:
        return f"{reading.path.name}: {reading.status}"
    period = f", {reading.covers[0]} to {reading.covers[1]}" if reading.covers else ""
    how = f"{reading.mapping} version {reading.mapping_version}, grade {seen.grade}"
    return f"{reading.path.name}: {reading.status} through {how}: {counted(len(reading.records), 'record')}{period}"


def _layout(layout: Layout) -> list[str]:
    forms = "".join(f"; {form}" for form in layout.forms)
    absent = [f"not in the file: {', '.join(layout.absent)}"] if layout.absent else []
    return [
        f"  {layout.where}, headings on line {layout.line}{forms}",
        *_section("headings", [_heading(number, use) for number, use in enumerate(layout.headings, start=1)] + absent),
    ]


def _heading(number: int, use: HeadingUse) -> str:
    return f"{number:3} {use.heading or '(blank)':28} {', '.join(use.reads) or '-'}"


def _records(seen: Inspection) -> list[str]:
    shown = islice(seen.reading.records, SHOWN_RECORDS)
    return _section("first records", [f"line {record.line}: {record.kind} {_values(record)}" for record in shown])


def _values(record: Record) -> str:
    return ", ".join(f"{name} {value}" for name, value in record.values.items() if value is not None)


def _record_data(record: Record) -> dict[str, Any]:
    return {"kind": record.kind, "line": record.line} | {
        name: value if isinstance(value, int | None) else str(value) for name, value in record.values.items()
    }


def _section(title: str, lines: list[str]) -> list[str]:
    return [f"  {title}", *(f"    {line}" for line in lines)] if lines else []


def _told(problem: Problem) -> str:
    place = f"line {problem.line}: " if problem.line else ""
    cell = f'column "{problem.column}": {problem.raw!r}: ' if problem.column else ""
    return f"{place}{cell}{problem.what} ({problem.remedy.rstrip('.')})"
