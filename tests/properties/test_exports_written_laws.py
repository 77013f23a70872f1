"""What is written in any supported way reads back equal: locale, date, sign, encoding, delimiter, quotes, container."""

import csv
import io
import tempfile
import zipfile
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.exports.cells import NUMBER_FORMATS
from connectors.exports.loading import load_mappings
from connectors.exports.reader import read_file
from connectors.exports.reading import ReadingStatus

DATE_FORMATS = ["%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y", "%d %b %Y", "%d %B %Y", "%Y%m%d"]
GROUPS = {" ": [" ", "\u00a0", "\u2009", "\u202f"], "'": ["'", "\u2019"]}
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"]
SIGNS = ["before", "minus", "behind", "brackets", "D/C", "S/H", "two columns", "invert"]
MARKS = {"D/C": ("D", "C"), "S/H": ("S", "H")}
LETTERS = "abcdeXYZ éüöñ;,|'\"\t.-"
"""Letters that make no other letter in UTF-8 when they stand together in windows-1252."""

BOOK = """\
name = "book"
version = 1
grade = "F"
record = "gl_line"
[format]
numbers = "{numbers}"
dates = ["{dates}"]
[columns]
line_date = {{ from = ["Day"], column = "required" }}
gl_account = {{ from = ["Account"], column = "required" }}
supplier = {{ from = ["Who"] }}
amount = {{ from = ["Amount"], column = "required"{minus} }}
_mark = {{ from = ["Mark"] }}
{sign}
"""
HOURS = """\
name = "hours"
version = 1
grade = "F"
record = "time_entry"
[format]
numbers = "{numbers}"
dates = ["{dates}"]
bare_duration = "{unit}"
[columns]
work_date = {{ from = ["Day"], column = "required" }}
person = {{ from = ["Account"], column = "required" }}
task = {{ from = ["Who"] }}
worked = {{ from = ["Amount"], column = "required"{span} }}
"""


@dataclass(frozen=True)
class Line:
    day: date
    account: str
    who: str
    amount: int


texts = st.text(LETTERS, max_size=9).map(str.strip)
names = texts.filter(bool)
days = st.dates(date(1970, 1, 1), date(2099, 12, 31))
lines = st.lists(st.builds(Line, days, names, texts, st.integers(-(10**12), 10**12)), min_size=1, max_size=5)
timed = st.lists(st.builds(Line, days, names, texts, st.integers(0, 10**6)), min_size=1, max_size=5)


@dataclass(frozen=True)
class Dress:
    """How a table becomes a file."""

    encoding: str
    delimiter: str
    quoting: int
    line_end: str
    is_zipped: bool

    def file(self, rows):
        made = io.StringIO()
        csv.writer(made, delimiter=self.delimiter, quoting=self.quoting, lineterminator=self.line_end).writerows(rows)
        return zipped(made.getvalue().encode(self.encoding), "file.csv", is_zipped=self.is_zipped)


dresses = st.builds(
    Dress,
    st.sampled_from(ENCODINGS),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.booleans(),
)


def zipped(data, name, *, is_zipped):
    if not is_zipped:
        return data, name
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return made.getvalue(), "file.zip"


def workbook(rows):
    book, made = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(made)
    return made.getvalue(), "file.xlsx"


def read(mapping, data, name):
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "own.toml").write_text(mapping)
        (Path(folder) / name).write_bytes(data)
        reading = read_file(Path(folder) / name, load_mappings(Path(folder)), home_currency="EUR")
    assert (reading.status, reading.problems, reading.warnings) == (ReadingStatus.ACCEPTED, (), ())
    return [record.values for record in reading.records]


def digits(value, number_format, group, *, places=2):
    """Return a number without its sign, its thousands parted by `group` (empty: not parted)."""
    whole, _, part = f"{abs(value):.{places}f}".partition(".")
    if group:
        whole = f"{int(whole):,}".replace(",", group)
    return whole + (number_format.decimal + part if part else "")


def groups_of(number_format, encoding):
    """Return the ways to part thousands that an encoding can write."""
    marks = GROUPS.get(number_format.group, [number_format.group])
    return ["", *(mark for mark in marks if encoding != "cp1252" or mark in " .,'\u00a0\u2019")]


def signed(minor, text, style):
    """Return the cells `Amount`, `Credit` and `Mark` of an amount in a style."""
    if style in MARKS:
        return text, "", MARKS[style][minor < 0]
    if style == "two columns":
        return (text, "", "") if minor >= 0 else ("", text, "")
    if style == "invert":
        return f"-{text}" if minor > 0 else text, "", "I"
    minus = {"before": f"-{text}", "minus": f"\u2212{text}", "behind": f"{text}-", "brackets": f"({text})"}
    return (minus[style] if minor < 0 else text), "", ""


def book_mapping(style, *, numbers, dates):
    values = {"invert": 'I = "invert"'} | {
        key: f'{plus} = "positive", {less} = "negative"' for key, (plus, less) in MARKS.items()
    }
    sign = f'[sign]\ncolumn = "_mark"\nvalues = {{ {values[style]} }}\nfields = ["amount"]' if style in values else ""
    minus = ', minus = ["Credit"]' if style == "two columns" else ""
    return BOOK.format(numbers=numbers, dates=dates, sign=sign, minus=minus)


def told(read_values):
    return [Line(v["line_date"], v["gl_account"], v["supplier"] or "", v["amount_minor"]) for v in read_values]


HEADINGS = ["Day", "Account", "Who", "Amount", "Credit", "Mark"]


def check_book(data, rows, dress):
    numbers, dates = data.draw(st.sampled_from(sorted(NUMBER_FORMATS))), data.draw(st.sampled_from(DATE_FORMATS))
    style = data.draw(st.sampled_from([sign for sign in SIGNS if sign != "minus" or dress.encoding != "cp1252"]))
    number_format = NUMBER_FORMATS[numbers]
    group = data.draw(st.sampled_from(groups_of(number_format, dress.encoding)))
    mark = data.draw(st.sampled_from(["", "EUR ", "€"]))
    table = [HEADINGS]
    for row in rows:
        text = mark + digits(Decimal(row.amount) / 100, number_format, group)
        table.append([row.day.strftime(dates), row.account, row.who, *signed(row.amount, text, style)])
    mapping = book_mapping(style, numbers=numbers, dates=dates)

    assert told(read(mapping, *dress.file(table))) == rows
    assert told(read(mapping, *workbook(table))) == rows


@settings(max_examples=60, deadline=None)
@given(data=st.data(), rows=lines, dress=dresses)
def test_amounts_written_in_any_way_read_back_equal(data, rows, dress):
    check_book(data, rows, dress)


@pytest.mark.slow
@settings(max_examples=1000, deadline=None)
@given(data=st.data(), rows=lines, dress=dresses)
def test_amounts_written_in_very_many_ways_read_back_equal(data, rows, dress):
    check_book(data, rows, dress)


@settings(max_examples=15, deadline=None)
@given(rows=lines, style=st.sampled_from(["before", "D/C", "two columns", "invert"]))
def test_typed_cells_of_a_workbook_read_back_equal(rows, style):
    table = [HEADINGS]
    for row in rows:
        amount, credit, mark = signed(row.amount, f"{abs(row.amount) / 100:.2f}", style)
        typed = [float(text) if text else None for text in (amount, credit)]
        table.append([row.day, row.account, row.who or None, *typed, mark or None])

    assert told(read(book_mapping(style, numbers="de", dates="%d.%m.%Y"), *workbook(table))) == rows


def as_clock(seconds):
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def as_words(seconds):
    return f"{seconds // 3600}h {seconds // 60 % 60}m {seconds % 60}s"


DURATIONS = {
    "clock": (1, lambda seconds, _: as_clock(seconds)),
    "short clock": (60, lambda seconds, _: as_clock(seconds).rpartition(":")[0]),
    "words": (1, lambda seconds, _: as_words(seconds)),
    "minutes": (60, lambda seconds, _: f"{seconds // 60}m"),
    "hours": (36, lambda seconds, form: digits(Decimal(seconds) / 3600, form, "")),
    "bare minutes": (60, lambda seconds, _: str(seconds // 60)),
    "bare seconds": (1, lambda seconds, _: str(seconds)),
}
"""Form -> the seconds that it can tell apart, and how it is written."""
UNITS = {"bare minutes": "minutes", "bare seconds": "seconds"}


@settings(max_examples=60, deadline=None)
@given(data=st.data(), rows=timed, dress=dresses)
def test_time_spans_written_in_any_way_read_back_equal(data, rows, dress):
    numbers, dates = data.draw(st.sampled_from(sorted(NUMBER_FORMATS))), data.draw(st.sampled_from(DATE_FORMATS))
    form = data.draw(st.sampled_from([*DURATIONS, "typed", "from start to end"]))
    step, write = DURATIONS.get(form, (1, lambda seconds, _: timedelta(seconds=seconds)))
    rows = [Line(row.day, row.account, row.who, row.amount // step * step) for row in rows]
    span = ', else = { start = ["From day", "From"], end = ["To day", "To"] }' if form == "from start to end" else ""
    mapping = HOURS.format(numbers=numbers, dates=dates, unit=UNITS.get(form, "hours"), span=span)
    if form == "from start to end":
        table = [["Day", "Account", "Who", "From day", "From", "To day", "To"]]
        for row in rows:
            last = row.day + timedelta(days=row.amount // 86400)
            moments = [row.day.strftime(dates), "0:00:00", last.strftime(dates), as_clock(row.amount % 86400)]
            table.append([row.day.strftime(dates), row.account, row.who, *moments])
    else:
        table = [["Day", "Account", "Who", "Amount"]]
        table += [[r.day.strftime(dates), r.account, r.who, write(r.amount, NUMBER_FORMATS[numbers])] for r in rows]
    files = [workbook(table)] + ([dress.file(table)] if form != "typed" else [])

    for file in files:
        values = read(mapping, *file)
        assert [Line(v["work_date"], v["person"], v["task"] or "", v["worked_seconds"]) for v in values] == rows
