"""`exports draft` and `exports explain`: what they say of a file is what the reader does with it."""

from __future__ import annotations

import json
import tomllib
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.errors import InputError
from connectors.exports.drafting import draft_mapping
from connectors.exports.inspection import inspect_file
from connectors.exports.loading import load_mappings
from connectors.exports.reader import read_file
from connectors.exports.reading import ReadingStatus
from sync.cli import run
from sync.exit_codes import ExitCode

SHIPPED = load_mappings(Path(__file__).parents[2] / "config" / "exports")
EXAMPLES = [
    (mapping, example) for mapping in SHIPPED for example in mapping.test if example.text and example.refused is None
]
LIKE_INVOICES = {"qbo-general-ledger", "sage50-purchase-day-book", "xero-bills"}
"""Reports whose headings are those of invoices as well: what they hold, a person must say."""

BILLS = (
    "no;supplier;reference;pay_date;entry_date;paid_amount\n"
    "P-1;Brix;B-1;15.09.2026;01.09.2026;1.960,17\nP-2;Ondo;B-2;16.09.2026;02.09.2026;40,00\n"
)


def written(folder: Path, text: str, name: str = "new export.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def drafted(path: Path) -> str:
    return draft_mapping(path, SHIPPED, home_currency="EUR")


def test_a_draft_corrected_as_it_says_reads_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, BILLS)
    text = drafted(path)
    assert 'paid_on = { from = ["pay_date"], column = "required" } # guessed: its cells are days' in text
    assert "; so are those of entry_date" in text
    assert 'amount = { from = ["paid_amount"], column = "required" } # guessed: its cells are numbers' in text
    assert '# not read: "no": texts such as "P-1", "P-2"' in text
    assert "# As it stands: accepted, 2 records\n#   2,000.17  bill_payment amount EUR" in text

    own = tmp_path / "mappings"
    own.mkdir()
    (own / "new.toml").write_text(text.replace('grade = "S"', 'grade = "F"'))
    reading = read_file(path, load_mappings(own), home_currency="EUR")
    assert reading.status is ReadingStatus.ACCEPTED
    assert [record.values["amount_minor"] for record in reading.records] == [196017, 4000]


def test_nothing_counts_through_a_draft_that_nobody_looked_at(tmp_path: Path) -> None:
    path = written(tmp_path, BILLS)
    own = tmp_path / "mappings"
    own.mkdir()
    (own / "new.toml").write_text(drafted(path))
    reading = read_file(path, load_mappings(own), home_currency="EUR")
    assert reading.status is ReadingStatus.REFUSED
    assert "grade S" in reading.problems[0].what


@pytest.mark.parametrize(("mapping", "example"), EXAMPLES, ids=[f"{m.name}-{i}" for i, (m, _) in enumerate(EXAMPLES)])
def test_the_words_of_a_known_format_lead_to_its_kind_of_record(mapping, example, tmp_path: Path) -> None:
    draft = tomllib.loads(drafted(written(tmp_path, example.text)))
    assert draft["record"] in ({"document"} if mapping.name in LIKE_INVOICES else set(mapping.kinds))


def test_every_line_of_a_draft_tells_what_it_rests_on(tmp_path: Path) -> None:
    text = drafted(written(tmp_path, "Date,Mystery,Client,Hours\n03/04/2026,x,Northwind,7.5\n13/04/2026,y,,2\n"))
    columns = text.partition("[columns]\n")[2].partition("\n\n")[0].splitlines()
    assert all("# guessed: " in line or "# MISSING: " in line or line.startswith("# not read: ") for line in columns)
    assert 'person = { default = "?" } # MISSING: no heading says who worked' in text
    assert 'dates = ["%d/%m/%Y"] # guessed: fits all of 2 cells' in text
    assert 'bare_duration = "hours" # guessed: bare numbers' in text
    assert 'party = { from = ["Client"] } # guessed: clockify-detailed reads it so; blank in 1 row' in text


def test_days_that_read_two_ways_are_left_open_and_the_file_refused(tmp_path: Path) -> None:
    text = drafted(written(tmp_path, "pay_date,paid_amount\n03/04/2026,1.00\n05/06/2026,2.00\n"))
    assert 'dates = ["%d/%m/%Y", "%m/%d/%Y"] # guessed: each of these fits all of 2 cells: keep the right one' in text
    assert "# As it stands: refused" in text


def test_totals_groups_and_titles_are_told_with_their_lines(tmp_path: Path) -> None:
    report = "Firm\nBills\n\n,Date,Amount Paid\nAshby,,\n,2026-09-01,10.00\nTotal for Ashby,,10.00\n"
    text = drafted(written(tmp_path, report))
    assert "headings on line 4" in text
    assert "# guessed: line 7\n" in text
    assert "# only the first cell is filled: line 5." in text


def test_a_sheet_is_drafted_like_a_text_file(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Uren"
    for row in (["Datum", "Klant"], ["2026-03-02", "Northwind"]):
        sheet.append(row)
    book.save(tmp_path / "uren.xlsx")
    assert "sheet 'Uren'" in drafted(tmp_path / "uren.xlsx")


@pytest.mark.parametrize("content", [b"", b"one word\n", b"\x00\x01\x02\x03" * 100])
def test_what_holds_no_table_gets_no_draft(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "odd.csv"
    path.write_bytes(content)
    with pytest.raises(InputError) as refused:
        drafted(path)
    assert refused.value.where == str(path)
    assert refused.value.remedy


@settings(max_examples=60, deadline=None)
@given(
    headings=st.lists(st.text(min_size=1, max_size=12).filter(lambda text: text.strip()), min_size=2, max_size=5),
    words=st.lists(st.text(max_size=12), min_size=2, max_size=5),
)
def test_whatever_stands_in_the_cells_the_draft_is_toml(
    headings: list[str], words: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    rows = [",".join('"' + text.replace('"', '""') + '"' for text in row) for row in (headings, words)]
    path = tmp_path_factory.mktemp("draft") / "any.csv"
    path.write_bytes(("\n".join(rows) + "\n").encode("utf-8", "surrogatepass"))
    try:
        text = drafted(path)
    except InputError:
        return
    assert tomllib.loads(text)["grade"] == "S"


def test_explain_shows_each_heading_the_first_records_and_the_sums(tmp_path: Path, capsys) -> None:
    path = written(tmp_path, "date,person,client,task,hours,colour\n2026-01-30,Ada,Nordhav,build,1.5,red\n")
    assert run(["exports", "explain", str(path)]) == ExitCode.DONE
    told = capsys.readouterr().out
    assert "accepted through own-time version 1, grade F: 1 record, 2026-01-30 to 2026-01-30" in told
    assert "delimiter ',', headings on line 1; numbers like 1234.56; days as %Y-%m-%d" in told
    assert "  1 date                         work_date (date)" in told
    assert "  6 colour                       -" in told
    assert "line 2: time_entry work_date 2026-01-30, person Ada, party Nordhav" in told
    assert "1.50  time_entry worked hours" in told
    assert "why no other mapping" in told


def test_explain_tells_why_a_file_is_refused_and_why_one_is_not_known(tmp_path: Path, capsys) -> None:
    refused = written(tmp_path, "date,person,client,task,hours\n2026-01-30,Ada,,build,1:75\n")
    assert run(["--json", "exports", "explain", str(refused)]) == ExitCode.INPUT
    answer = json.loads(capsys.readouterr().out)
    assert (answer["status"], answer["mapping"], answer["records"]) == ("refused", "own-time", 0)
    assert answer["headings"][4] == {"heading": "hours", "reads": ["worked (duration)"]}
    assert answer["problems"][0].startswith("line 2: column \"hours\": '1:75': no time span")

    unknown = written(tmp_path, "date,person,colour\n2026-01-30,Ada,red\n")
    assert run(["exports", "explain", str(unknown)]) == ExitCode.INPUT
    assert "own-time: lacks" in capsys.readouterr().out.partition("why no mapping")[2]


@pytest.mark.parametrize(("mapping", "example"), EXAMPLES, ids=[f"{m.name}-{i}" for i, (m, _) in enumerate(EXAMPLES)])
def test_the_sums_shown_are_those_of_the_examples(mapping, example, tmp_path: Path) -> None:
    path = written(tmp_path, example.text, example.name)
    seen = inspect_file(path, (mapping,), home_currency=example.home_currency)
    for name, wanted in example.sum.items():
        if mapping.fields()[name].type in {"money", "duration"}:
            kind, _, field = name.rpartition(".")
            named = [f"{each} {field} " for each in ([kind] if kind else mapping.kinds)]
            found = [total for told, total in seen.sums.items() if told.startswith(tuple(named))]
            assert sum(found, Decimal(0)) == Decimal(wanted)
