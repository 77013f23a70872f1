"""Mappings of several lines to one record, and of one row to records of several kinds."""

from pathlib import Path

import pytest

from connectors.exports.loading import MappingError, load_mappings
from connectors.exports.reader import read_file
from connectors.exports.reading import ReadingStatus

LINES = """
name = "lines"
version = 1
grade = "F"
record = "document"
[columns]
document_id = { from = ["no"], column = "required" }
party = { from = ["who"], column = "required" }
kind = { from = ["kind"] }
issue_date = { from = ["day"], column = "required" }
net = { from = ["part"], column = "required" }
[key]
once_per = ["document_id"]
add_up = ["net"]
[sign]
column = "kind"
values = { credit_note = "negative" }
fields = ["net"]
"""

PAID = """
name = "paid"
version = 1
grade = "F"
record = ["document", "settlement"]
[columns]
document_id = { from = ["no"], column = "required" }
party = { from = ["who"], column = "required" }
"document.kind" = { default = "invoice" }
"settlement.kind" = { default = "payment" }
issue_date = { from = ["day"], column = "required" }
settled_on = { from = ["paid"], column = "required", empty = "skip" }
gross = { from = ["total"], column = "required" }
"""


def read(folder, mapping, text):
    (folder / "own.toml").write_text(mapping)
    (folder / "file.csv").write_text(text)
    return read_file(folder / "file.csv", load_mappings(folder), home_currency="EUR")


def test_the_parts_of_a_record_add_up_wherever_its_lines_stand(tmp_path):
    rows = ["1,A,invoice,2026-01-31,", "2,B,credit_note,2026-01-31,5"]
    rows += ["1,A,invoice,2026-01-31,10.50", "1,A,invoice,2026-01-31,-3", ""]
    reading = read(tmp_path, LINES, "no,who,kind,day,part\n" + "\n".join(rows))
    assert [(r.line, r.values["net_minor"]) for r in reading.records] == [(2, 750), (3, -500)]


def test_a_record_whose_lines_have_no_part_has_no_amount(tmp_path):
    reading = read(tmp_path, LINES, "no,who,kind,day,part\n" + "1,A,invoice,2026-01-31,\n" * 2)
    assert [record.values["net_minor"] for record in reading.records] == [None]


def test_lines_that_contradict_each_other_are_refused(tmp_path):
    reading = read(tmp_path, LINES, "no,who,kind,day,part\n1,A,invoice,2026-01-31,1\n1,B,invoice,2026-01-31,1\n")
    (problem,) = reading.problems
    assert (reading.status, problem.line, problem.column, problem.raw) == (ReadingStatus.REFUSED, 3, "who", "B")
    assert problem.what == "differs from line 2, which names the same record"


def test_each_kind_of_a_row_has_its_own_column_for_a_field_of_one_name(tmp_path):
    reading = read(tmp_path, PAID, "no,who,day,total,paid\n1,A,2026-01-31,5,2026-02-01\n2,A,2026-01-31,6,\n")
    assert [(r.kind, r.values["kind"], r.values["gross_minor"]) for r in reading.records] == [
        ("document", "invoice", 500),
        ("settlement", "payment", 500),
        ("document", "invoice", 600),
    ]


@pytest.mark.parametrize(
    ("mapping", "told"),
    [
        (PAID.replace('"document.kind"', '"pool.kind"'), "columns.pool.kind is no field of document or settlement"),
        (PAID.replace('"document.kind" = { default = "invoice" }', ""), "columns.kind is missing"),
        (LINES.replace('add_up = ["net"]', 'add_up = ["party"]'), "'party' is added up, which is no money"),
        (LINES.replace('add_up = ["net"]', 'add_up = ["gross"]'), "'gross' is used, but is no column"),
    ],
)
def test_a_mapping_that_names_what_is_not_there_is_refused(tmp_path, mapping, told):
    (tmp_path / "own.toml").write_text(mapping)
    with pytest.raises(MappingError, match=told):
        load_mappings(tmp_path)


@pytest.mark.parametrize(
    ("own", "line", "told"),
    [
        ('chart.03.bank = ["12-13"]', 3, "reader.datev.chart.03.bank"),
        ('chart.03.banks = ["1200"]', 3, "reader.datev.chart.03.banks"),
        ("payment_days = -1", 3, "reader.datev.payment_days"),
        ('key.5 = "some"', 3, "reader.datev.key.5"),
        ("rates = []", 3, "reader.datev.rates"),
    ],
)
def test_a_wrong_setting_of_a_reader_is_told_with_its_line(tmp_path, own, line, told):
    (tmp_path / "own.toml").write_text(f'extends = "datev-bookings"\n[reader.datev]\n{own}\n')
    with pytest.raises(MappingError) as refused:
        load_mappings(Path(__file__).parents[2] / "config" / "exports", tmp_path)
    assert f"own.toml:{line}" in str(refused.value)
    assert told in str(refused.value)
