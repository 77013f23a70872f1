"""Reports saved as a workbook, with days and amounts as Excel holds them, read to the same records as text."""

import csv
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest

from connectors.exports.loading import load_mappings
from connectors.exports.reader import read_file
from connectors.exports.reading import ReadingStatus

SHIPPED = load_mappings(Path(__file__).parents[2] / "config" / "exports")
SAMPLES = Path(__file__).parents[1] / "golden" / "exports"


def as_excel_holds_it(text):
    for form in ("%m/%d/%Y", "%Y-%m-%d"):
        try:
            return datetime.strptime(text, form)  # noqa: DTZ007  a day has no zone
        except ValueError:
            continue
    try:
        return float(text.replace(",", "").replace("$", ""))
    except ValueError:
        return text or None


@pytest.mark.parametrize(
    "name", ["qbo-ar-ageing", "qbo-sales-by-customer", "qbo-sales-by-customer-flat", "qbo-journal", "odoo-invoices"]
)
def test_a_workbook_gives_the_records_of_the_text(tmp_path, name):
    book = openpyxl.Workbook()
    with (SAMPLES / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        for row in csv.reader(lines):
            book.active.append([as_excel_holds_it(cell) for cell in row])
    book.save(tmp_path / "report.xlsx")
    saved = read_file(tmp_path / "report.xlsx", SHIPPED, home_currency="EUR")
    text = read_file(SAMPLES / f"{name}.csv", SHIPPED, home_currency="EUR")

    assert (saved.status, saved.mapping) == (ReadingStatus.ACCEPTED, name), saved
    assert [record.values for record in saved.records] == [record.values for record in text.records]
