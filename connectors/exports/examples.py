"""Run the examples that a mapping file embeds: each format carries the proof that it is read right."""

from __future__ import annotations

import re
import tempfile
from decimal import Decimal
from pathlib import Path

from connectors.exports.mapping import Example, Mapping
from connectors.exports.reader import read_file
from connectors.exports.reading import FileReading, ReadingStatus
from connectors.exports.records import column_name
from profitability.units import SECONDS_PER_HOUR, counted, from_minor


def failing_examples(mapping: Mapping, folder: Path) -> tuple[str, ...]:
    """Return what the examples of a mapping expect and do not get; empty if all is well.

    Args:
        mapping: the mapping, tried alone.
        folder: where it lies; examples that name a `file` look there.
    """
    return tuple(
        f"{mapping.name}, example {number}: {failure}"
        for number, example in enumerate(mapping.test, start=1)
        if (failure := _failure(mapping, example, _read(mapping, example, folder)))
    )


def _read(mapping: Mapping, example: Example, folder: Path) -> FileReading:
    if example.text is None:
        return read_file(
            folder / str(example.file), (mapping,), home_currency=example.home_currency, accept_unverified=True
        )
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / example.name
        path.write_bytes(example.text.encode())
        return read_file(path, (mapping,), home_currency=example.home_currency, accept_unverified=True)


def _failure(mapping: Mapping, example: Example, reading: FileReading) -> str:
    told = "; ".join([*(f"line {p.line}: {p.what}" for p in reading.problems), *reading.why_not])
    if example.refused is not None:
        return "" if re.search(example.refused, told) else f"not refused for {example.refused}: {told or 'accepted'}"
    if reading.status is not ReadingStatus.ACCEPTED:
        return f"{reading.status}: {told}"
    if len(reading.records) != example.rows:
        return f"{counted(len(reading.records), 'record')} instead of {example.rows}"
    sums = {name: _sum(mapping, name, reading, example.home_currency) for name in example.sum}
    wrong = [f"{name} {sums[name]}" for name, wanted in example.sum.items() if sums[name] != Decimal(wanted)]
    return f"sums differ: {', '.join(wrong)}" if wrong else ""


def _sum(mapping: Mapping, name: str, reading: FileReading, home_currency: str) -> Decimal:
    """Add a field up: money in major units of each record's currency, durations in hours, else as counted."""
    field = mapping.fields()[name]
    kind = name.rpartition(".")[0]
    total = Decimal(0)
    for record in reading.records:
        if kind not in {"", record.kind}:
            continue
        value = record.values.get(column_name(field))
        if isinstance(value, int) and field.type == "money":
            total += from_minor(value, str(record.values.get("currency") or home_currency))
        elif isinstance(value, int):
            total += Decimal(value) / (SECONDS_PER_HOUR if field.type == "duration" else 1)
    return total
