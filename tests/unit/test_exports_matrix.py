"""The ways in which one small table may be written: each case is one file, and the table below says where it stands.

| theme | case | test |
|---|---|---|
| encodings | UTF-8 with mark, UTF-16 with and without, CR only, `sep=;` | `test_exports_reader`: in another dress |
| encodings | windows-1252 with the euro sign, a byte it does not know | here, `test_exports_reader` |
| numbers | 1.234,56; 1 234,56 with three blanks; 1,234.56; 1'234.56 | here; forms in `test_exports_cells` |
| signs | -1, 1-, (1), typographic minus, a mark column, two columns, two columns added | here |
| dates | dd.mm.yyyy, 02 Sep 2026, day counts of Excel | here; ambiguous and mixed: `test_exports_reader` |
| dates | day and month without year | the reader of DATEV |
| durations | clocks, words, decimals, a bare number | `test_exports_cells` |
| durations | from start to end, clocks of 12 and 24 hours, against the stated hours | `test_exports_time_trackers` |
| headings | twice, blank | here |
| headings | Dutch, Finnish, German; the variants of one report | `test_exports_time_trackers` |
| rows | titles of 0 to 6 lines, sums, dated footer, blank lines, line break in quotes | here |
| rows | short, long, open quote, quotes that swallow rows | here, `test_exports_reader` |
| workbooks | hidden sheet, table at B3, formula without value | `test_exports_reader` |
| workbooks | merged title, text numbers | `test_exports_containers` |
| containers | archive, web page called .xls, empty, headings only | `test_exports_containers`, `test_exports_reader` |
| containers | 100 MB | `test_exports_large` |
| twice | one content under two names; records of two files | `test_exports_containers`, `test_ledger` |
| twice | a newer export of days that an older one has | `test_ledger_replacing` |
"""

from datetime import date
from pathlib import Path

import pytest

from connectors.exports.loading import load_mappings
from connectors.exports.reader import read_file
from connectors.exports.reading import ReadingStatus

FOLDER = Path(__file__).parents[2] / "config" / "exports"
SHIPPED = load_mappings(FOLDER)

BOOK = """\
name = "book"
version = 1
grade = "F"
record = "gl_line"
[format]
numbers = {numbers}
dates = {dates}
[rows]
skip = ['^Total', '^Printed on']
[columns]
line_date = {day}
gl_account = {{ from = ["Account"], column = "required" }}
supplier = {{ from = ["Who"] }}
amount = {amount}
_mark = {{ from = ["Mark"] }}
{more}
"""
DAY = '{ from = ["Day"], column = "required" }'
ONE_COLUMN = '{ from = ["Amount"], column = "required" }'


def book(folder, *, numbers='"plain"', dates='["%Y-%m-%d"]', day=DAY, amount=ONE_COLUMN, more=""):
    own = folder / "own"
    own.mkdir()
    (own / "book.toml").write_text(BOOK.format(numbers=numbers, dates=dates, day=day, amount=amount, more=more))
    return load_mappings(own)


def read(folder, data, mappings=SHIPPED, **options):
    path = folder / "file.csv"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return read_file(path, mappings, home_currency="EUR", **options)


def amounts(reading):
    assert reading.status is ReadingStatus.ACCEPTED, reading
    return [record.values["amount_minor"] for record in reading.records]


@pytest.mark.parametrize(
    ("numbers", "text", "minor"),
    [
        ("nl", "1.234,56", 123456),
        ("de", "€ 1.234,56", 123456),
        ("fi", "1 234,56", 123456),
        ("fi", "1\u00a0234,56", 123456),
        ("sv", "1\u202f234,56", 123456),
        ("en", "1,234.56", 123456),
        ("ch", "1'234.56", 123456),
        ("nl", "€ 12,-", 1200),
        ("en", "-1", -100),
        ("en", "1-", -100),
        ("en", "(1)", -100),
        ("en", "\u22121", -100),
    ],
)
def test_an_amount_in_a_file(tmp_path, numbers, text, minor):
    mappings = book(tmp_path, numbers=f'"{numbers}"')
    assert amounts(read(tmp_path, f"Day;Account;Amount\n2026-03-02;4400;{text}\n", mappings)) == [minor]


def test_a_mark_column_gives_the_sign(tmp_path):
    more = '[sign]\ncolumn = "_mark"\nvalues = { S = "positive", H = "invert" }\nfields = ["amount"]'
    text = "Day,Account,Amount,Mark\n2026-03-02,4400,5.00,S\n2026-03-02,4400,2.00,H\n"
    assert amounts(read(tmp_path, text, book(tmp_path, more=more))) == [500, -200]


@pytest.mark.parametrize(
    ("rule", "wanted"), [("minus", [1000, -250, 300]), ("plus", [1000, 250, 500])], ids=["taken off", "added"]
)
def test_two_columns_make_one_amount(tmp_path, rule, wanted):
    amount = f"""{{ from = ["Debit"], {rule} = ["Credit"], blank = '^-$', column = "required" }}"""
    rows = "2026-03-02,4400,10.00,-\n2026-03-02,4400,-,2.50\n2026-03-02,4400,4.00,1.00\n"
    assert amounts(read(tmp_path, "Day,Account,Debit,Credit\n" + rows, book(tmp_path, amount=amount))) == wanted


def test_two_blank_columns_are_a_blank_amount(tmp_path):
    amount = """{ from = ["Debit"], minus = ["Credit"], blank = '^-$', column = "required" }"""
    reading = read(tmp_path, "Day,Account,Debit,Credit\n2026-03-02,4400,-,-\n", book(tmp_path, amount=amount))
    (problem,) = reading.problems
    assert (problem.line, problem.column, problem.what) == (2, "Debit", "blank, but a record cannot do without it")


@pytest.mark.parametrize(
    ("form", "text"),
    [("%d.%m.%Y", "04.03.2026"), ("%d %b %Y", "04 Mar 2026"), ("%d-%m-%Y", "4-3-2026"), ("%m/%d/%Y", "03/04/2026")],
)
def test_a_day_in_a_file(tmp_path, form, text):
    reading = read(tmp_path, f"Day,Account,Amount\n{text},4400,5\n", book(tmp_path, dates=f'["{form}"]'))
    assert [record.values["line_date"] for record in reading.records] == [date(2026, 3, 4)]


def test_a_day_inside_a_cell_shows_the_form_of_the_file(tmp_path):
    day = r"{ from = ['Day'], column = 'required', match = 'from (\S+)' }"
    mappings = book(tmp_path, dates='["%d/%m/%Y", "%m/%d/%Y"]', day=day)
    text = "Day,Account,Amount\nfrom 04/03/2026,4400,5\nfrom {}/03/2026,4400,5\n"
    days = [record.values["line_date"] for record in read(tmp_path, text.format(31), mappings).records]
    assert days == [date(2026, 3, 4), date(2026, 3, 31)]
    assert "more than one way" in read(tmp_path, text.format("05"), mappings).problems[0].what


def test_a_cell_that_a_capture_does_not_fit_is_refused(tmp_path):
    header = "Worklog ID,Issue key,Author,Started,Time spent,Project\n"
    reading = read(tmp_path, header + "1,WEB-1,Ada,2026-03-02,1h,WEB\n2,WEB,Ada,02.03.2026,1h,WEB\n")
    assert [(problem.line, problem.column, problem.raw) for problem in reading.problems] == [
        (3, "Started", "02.03.2026"),
        (3, "Issue key", "WEB"),
    ]


@pytest.mark.parametrize("lines", range(7))
def test_titles_above_the_headings(tmp_path, lines):
    titles = 'Report,,\n\nNordhav Oy\n"1,2",\nfor March\n\'\n'.splitlines(keepends=True)[:lines]
    text = "".join(titles) + "Day,Account,Amount\n2026-03-02,4400,5\n"
    (record,) = read(tmp_path, text, book(tmp_path)).records
    assert record.line == lines + 2


def test_sums_blank_lines_line_breaks_and_a_dated_footer_are_no_records(tmp_path):
    rows = '2026-03-02,4400,5,"Print\nworks"\n\n,,,\nTotal 4400,,5,\n2026-03-03,4500,6,x\nTotal,,11,\n\n'
    reading = read(tmp_path, f'Day,Account,Amount,Who\n{rows}"Printed on Friday, 3 April 2026"\n', book(tmp_path))
    assert [(r.line, r.values["supplier"]) for r in reading.records] == [(2, "Print\nworks"), (7, "x")]


@pytest.mark.parametrize(("header", "cells"), [("Day,,Account,,Amount", "2026-03-02,x,4400,,5")])
def test_blank_headings_belong_to_nobody(tmp_path, header, cells):
    assert amounts(read(tmp_path, f"{header}\n{cells}\n", book(tmp_path))) == [500]


def test_a_heading_that_stands_twice_is_told_apart_by_the_mapping(tmp_path):
    text = "Day,Account,Amount,Amount\n2026-03-02,4400,5,7\n"
    second = '{ from = ["Amount"], nth = 2, column = "required" }'
    assert amounts(read(tmp_path, text, book(tmp_path, amount=second))) == [700]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("2026-03-02,4400\n", "the row was cut"),
        ("2026-03-02,4400,1,234.56\n", "more cells than headings"),
        ('2026-03-02,"4400,5\n', "never closed"),
        ("2026-03-02,4400,€5 €\n", "not a number"),
    ],
    ids=["short", "long", "open quote", "two marks"],
)
def test_a_row_that_does_not_fit_refuses_the_file_and_names_its_line(tmp_path, text, what):
    (problem,) = read(tmp_path, "Day,Account,Amount\n2026-03-01,4400,5\n" + text, book(tmp_path)).problems
    assert (problem.line, what in problem.what, bool(problem.remedy)) == (3, True, True)


def test_what_every_reader_must_know_is_told_with_the_file(tmp_path):
    text = "Relatiecode;Relatie;Factuurnummer;Factuurdatum;Vervaldatum;Bedrag;Openstaand;Soort\n"
    text += "D4;Nordhav;F1;02-03-2026;01-04-2026;121,00;21,00;Factuur\n"
    reading = read(tmp_path, text, accept_unverified=True)
    paid, open_only = reading.warnings
    assert (paid.line, paid.raw, "own-settlements" in paid.remedy) == (2, "121.00", True)
    assert "documents paid before are missing" in open_only.what
    (record,) = reading.records
    assert (record.kind, record.values["gross_minor"], record.values["net_minor"]) == ("document", 12100, None)


@pytest.mark.parametrize("mapping", SHIPPED, ids=lambda mapping: mapping.name)
def test_an_unverified_mapping_takes_no_real_data_until_accepted(mapping):
    samples = (Path(__file__).parents[1] / "golden" / "exports").glob(f"{mapping.name}.*")
    sample = next(path for path in samples if path.suffix != ".json")
    reading = read_file(sample, SHIPPED, home_currency="EUR")
    assert (reading.status is ReadingStatus.REFUSED) == (mapping.grade == "S")
