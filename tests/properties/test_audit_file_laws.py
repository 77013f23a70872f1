"""Laws of the audit files: an amount or a line that was changed or lost never passes for the truth.

Texts, days and account numbers carry no control figure in these formats: what damages those alone cannot be seen.
"""

import re
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.exports.loading import load_mappings
from connectors.exports.reader import read_file
from connectors.exports.reading import ReadingStatus

SHIPPED = [
    m for m in load_mappings(Path(__file__).parents[2] / "config" / "exports") if m.read.reader in {"xaf", "saft"}
]
SAMPLES = Path(__file__).parents[1] / "golden" / "exports"
WHOLE = {name: (SAMPLES / name).read_text("latin-1") for name in (
    "xaf-auditfile.xaf",
    "saft-pt-invoices.xml",
    "saft-no-ledger.xml",
)}  # fmt: skip
AMOUNT = re.compile(r"<(?:\w+:)?(?:amnt|\w*Amount|\w+Total|TaxPayable|Total\w+|total\w+)>(?P<digits>[-.\d]+)<")
RECORD = re.compile(
    r"<(?P<name>(?:\w+:)?(?:trLine|transaction|Line|Transaction|Invoice|Payment))>.*?</(?P=name)>", re.DOTALL
)


def read_text(text, name):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(text.encode("latin-1"))
        return read_file(path, SHIPPED, home_currency="EUR")


def values(reading):
    return [record.values for record in reading.records]


TRUE = {name: read_text(text, name) for name, text in WHOLE.items()}


@pytest.mark.parametrize("name", WHOLE)
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_an_amount_that_was_changed_is_refused_or_warned_of(name, data):
    whole = WHOLE[name]
    amount = data.draw(st.sampled_from(list(AMOUNT.finditer(whole))))
    place = data.draw(st.integers(amount.start("digits"), amount.end("digits") - 1))
    character = data.draw(st.sampled_from("0123456789.-x").filter(lambda character: character != whole[place]))
    before, reading = TRUE[name], read_text(whole[:place] + character + whole[place + 1 :], name)
    assert (
        reading.status is ReadingStatus.REFUSED
        or reading.warnings != before.warnings
        or values(reading) == values(before)
    )


@pytest.mark.parametrize("name", WHOLE)
@settings(max_examples=10, deadline=None)
@given(data=st.data())
def test_a_line_or_document_that_was_lost_refuses_the_file(name, data):
    whole = WHOLE[name]
    lost = data.draw(st.sampled_from(list(RECORD.finditer(whole))))
    reading = read_text(whole[: lost.start()] + whole[lost.end() :], name)
    assert reading.status is ReadingStatus.REFUSED
    assert reading.problems[0].remedy
