"""Reading column by column gives what reading row by row gives: records, lines, problems, warnings, days."""

import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from connectors.exports.loading import load_mappings
from connectors.exports.reader import read_file
from connectors.exports.stored import StoredRecords
from connectors.ledger.ledger import Ledger

SHIPPED = load_mappings(Path(__file__).parents[2] / "config" / "exports")
SAMPLES = Path(__file__).parents[1] / "golden" / "exports"
TIME = "date,person,client,task,hours,billable,tags\n"
COSTS = "date;client;client_id;kind;supplier;amount;currency\n"

CELL = {
    "date": st.sampled_from(["2026-01-30", " 2026-01-31 ", "2026-02-30", "30/01/2026", '"2026-02-01"']),
    "hours": st.sampled_from(["1.5", "0:30", "01:30:00", "2h", "90m", "7,5", "-1", '"1:00"']),
    "money": st.sampled_from(["1.50", "0.05", "12", "1.505", "-3", "€ 4", "1e3"]),
    "currency": st.sampled_from(["", "EUR", "JPY", "USD", "eur", "XXX1"]),
    "kind": st.sampled_from(["expense", "Contractor", "pass_through", "gift"]),
    "yes": st.sampled_from(["yes", "No", "", "maybe"]),
    "text": st.one_of(
        st.text(alphabet="aé \u00a0x", max_size=4),
        st.sampled_from(
            ["NA", "null", "007", '"a, b;c"', '"say ""hi"""', ' "x"', '"x" ', 'mid"dle', '"a\nb"', "\u2028", '""']
        ),
    ),
}


def mostly(strategy, good):
    return st.one_of(*[st.just(good)] * 20, strategy)


def lines_of(*columns):
    cells = (CELL[kind] if kind == "text" else mostly(CELL[kind], good) for kind, good in columns)
    return st.tuples(*cells).map(list)


TIME_LINES = lines_of(
    ("date", "2026-01-30"),
    ("text", "Ada"),
    ("text", "Nordhav"),
    ("text", "build"),
    ("hours", "1.5"),
    ("yes", "yes"),
    ("text", ""),
)
COST_LINES = lines_of(
    ("date", "2026-01-30"),
    ("text", "Nordhav"),
    ("text", ""),
    ("kind", "expense"),
    ("text", "Rail"),
    ("money", "1"),
    ("currency", "EUR"),
)
ODD_LINES = st.sampled_from(["", ",,,,,,", ";;;;;;", " ", "2026-01-30", '"', "\ufeff"])


def both(data, *, mappings=SHIPPED, name="file.csv"):
    """Return the file read row by row, and column by column."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(data)
        return [read_file(path, mappings, home_currency="EUR", large_from=size) for size in (1 << 40, 0)]


def taken(reading):
    """Return what the ledger shows of a file, every column and in order."""
    with tempfile.TemporaryDirectory() as folder:
        ledger = Ledger(Path(folder))
        ledger.take([reading])
        with ledger.connect() as connection:
            return [connection.table(kind).fetchall() for kind in ledger.live_files()[0].rows]


def plain(reading):
    return replace(reading, records=tuple(reading.records))


@settings(max_examples=40, deadline=None)
@given(
    rows=st.lists(st.one_of(*[TIME_LINES] * 40, ODD_LINES), min_size=1, max_size=6),
    end=st.sampled_from(["\n", "\n", "\r\n", "\r"]),
    is_ended=st.sampled_from([True, True, True, False]),
    encoding=st.sampled_from(["utf-8", "utf-8", "utf-8-sig", "cp1252"]),
)
@example(rows=[["2026-01-30", "\u00a0Ada", "NA", "null", "1:30", "", "007"]], end="\n", is_ended=True, encoding="utf-8")
def test_hours_are_read_alike(rows, end, is_ended, encoding):
    lines = [row if isinstance(row, str) else ",".join(row) for row in rows]
    text = TIME.replace("\n", end) + end.join(lines) + (end if is_ended else "")
    by_row, by_column = both(text.encode(encoding, "replace"))

    assert plain(by_column) == plain(by_row)


@settings(max_examples=25, deadline=None)
@given(rows=st.lists(st.one_of(*[COST_LINES] * 40, ODD_LINES), min_size=1, max_size=6))
def test_amounts_are_read_alike_in_the_currency_of_their_row(rows):
    lines = [row if isinstance(row, str) else ";".join(row) for row in rows]
    by_row, by_column = both((COSTS + "\n".join(lines) + "\n").encode())

    assert plain(by_column) == plain(by_row)


@pytest.mark.parametrize("name", [mapping.name for mapping in SHIPPED])
def test_the_sample_of_every_mapping_is_read_alike(name):
    sample = next(path for path in SAMPLES.glob(f"{name}.*") if path.suffix != ".json")
    by_row, by_column = both(sample.read_bytes())

    assert plain(by_column) == plain(by_row)


@pytest.mark.parametrize("name", ["own-time", "own-direct-costs", "own-rates"])
def test_a_plain_sample_is_indeed_read_by_column(name):
    assert isinstance(both((SAMPLES / f"{name}.csv").read_bytes())[1].records, StoredRecords)


def test_line_breaks_in_texts_that_nobody_reads_keep_the_lines_right():
    entry = 'Ada,ada@firm.example,Nordhav,Website,"{}",2026-03-02,2026-03-02,01:30:00\n'
    text = "User,Email,Client,Project,Description,Start date,End date,Duration\n"
    text += entry.format("two\nlines") + entry.format('say ""hi"", then\n\ngo') + entry.format("one")
    by_row, by_column = both(text.encode())

    assert isinstance(by_column.records, StoredRecords)
    assert [record.line for record in by_column.records] == [record.line for record in by_row.records] == [2, 4, 7]


CLOCKS = [
    "2026-01-30,Ada,Nordhav,build,1:30,yes,",
    "2026-02-28,Bo,,call,0:05:01,no,x",
    "2026-01-30,Ada,Nordhav,,26:00,,x",
]
HEADED = {"from the first line": "", "below a line of its own": "sep=,\n"}


@pytest.mark.parametrize("above", HEADED.values(), ids=HEADED)
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("", ""),
        ("1:30", "7.25"),
        ("1:30", "2h"),
        ("2026-01-30", " 2026-01-30 "),
        ("Ada", "\u00a0Ada"),
        ("yes", "ja"),
        ("build", '"build,\nthen ""test"""'),
    ],
    ids=["all as guessed", "bare hours", "a unit", "blanks", "a hard blank", "a Dutch yes", "a line break"],
)
def test_the_ledger_shows_the_same_whether_or_not_the_guesses_hold(above, old, new):
    lines = [line.replace(old, new) if old else line for line in CLOCKS] * 3
    by_row, by_column = both((above + TIME + "\n".join(lines) + "\n").encode())

    assert isinstance(by_column.records, StoredRecords)
    assert taken(by_column) == taken(by_row)
