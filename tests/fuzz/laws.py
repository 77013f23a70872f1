"""What holds of every reading, whatever the file: asserted of each input that is fuzzed, and of each damaged file."""

from datetime import date

from connectors.exports.reading import Cell, FileReading, Problem, ReadingStatus, Record
from connectors.exports.records import KINDS, Field, column_name
from profitability.units import minor_digits

MOST = 1 << 63
TYPES = {"text": str, "date": date, "money": int, "duration": int, "decimal": str, "integer": int, "boolean": bool}


def check_reading(reading: FileReading, data: bytes) -> None:
    """Assert that a file is taken with sound records, or left with a reason."""
    lines = line_count(data)
    for problem in (*reading.problems, *reading.warnings):
        check_problem(problem, lines)
    if reading.status is ReadingStatus.ACCEPTED:
        assert reading.mapping
        assert not reading.problems
        assert len(reading.records) or reading.warnings
        for record in reading.records:
            check_record(record, lines)
    else:
        assert not reading.records
        assert reading.problems or reading.why_not


def line_count(data: bytes) -> int:
    """Return how many lines a text can have at most; a workbook or an archive hides its own."""
    return MOST if data.startswith(b"PK") else 2 + data.count(b"\n") + data.count(b"\r")


def check_problem(problem: Problem, lines: int) -> None:
    assert problem.what
    assert problem.remedy
    assert 0 <= problem.line <= lines


def check_record(record: Record, lines: int) -> None:
    """Assert that a record has the columns of its kind, each of its type, and stands on a line of the file."""
    assert 1 <= record.line <= lines
    fields = {column_name(field): field for field in KINDS[record.kind]}
    assert record.values.keys() == fields.keys()
    for name, field in fields.items():
        check_value(record.values[name], field)
    currency = record.values.get("currency")
    assert currency is None or minor_digits(str(currency)) >= 0


def check_value(value: Cell, field: Field) -> None:
    if value is None:
        assert not field.required
        return
    assert type(value) is TYPES[field.type], (field, value)
    assert not field.values or value in field.values
    assert field.type != "duration" or value >= 0
    assert not isinstance(value, int) or abs(value) < MOST
    assert not isinstance(value, str) or value
