"""Laws of the reader: what is written in a locale reads back equal, and a cut file is never taken for a whole one."""

import tempfile
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.exports.cells import NUMBER_FORMATS, read_date, read_number
from connectors.exports.durations import elapsed_seconds, read_duration_seconds
from connectors.exports.loading import load_mappings
from connectors.exports.reader import read_file
from connectors.exports.reading import ReadingStatus

SHIPPED = load_mappings(Path(__file__).parents[2] / "config" / "exports")
SAMPLES = Path(__file__).parents[1] / "golden" / "exports"
DATE_FORMATS = ["%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d %b %Y", "%d %B %Y"]
HAS_FOOTER = {"qbo-bill-payments", "xero-account-transactions"}


def written(value, number_format, *, sign, grouped):
    whole, _, part = f"{abs(value):f}".partition(".")
    if grouped and number_format.group:
        whole = f"{int(whole):,}".replace(",", number_format.group)
    text = whole + (number_format.decimal + part if part else "")
    styles = {"before": f"-{text}", "minus": f"\u2212{text}", "behind": f"{text}-", "brackets": f"({text})"}
    return styles[sign] if value < 0 else text


@given(
    value=st.decimals(min_value=-(10**12), max_value=10**12, places=2, allow_nan=False),
    name=st.sampled_from(sorted(NUMBER_FORMATS)),
    sign=st.sampled_from(["before", "minus", "behind", "brackets"]),
    grouped=st.booleans(),
)
def test_a_number_written_in_any_locale_reads_back_equal(value, name, sign, grouped):
    number_format = NUMBER_FORMATS[name]
    assert read_number(written(value, number_format, sign=sign, grouped=grouped), number_format).value == value


@given(day=st.dates(min_value=date(1970, 1, 1)), date_format=st.sampled_from(DATE_FORMATS))
def test_a_date_written_in_any_form_reads_back_equal(day, date_format):
    assert read_date(day.strftime(date_format), date_format) == day


@given(seconds=st.integers(0, 10**6), name=st.sampled_from(["plain", "nl"]))
def test_a_time_span_written_in_any_form_reads_back_equal(seconds, name):
    number_format = NUMBER_FORMATS[name]
    hours, minutes, rest = seconds // 3600, seconds // 60 % 60, seconds % 60
    decimal_hours = f"{Decimal(seconds) / 3600:.8f}".replace(".", number_format.decimal)
    for text in (f"{hours}:{minutes:02}:{rest:02}", f"{hours}h {minutes}m {rest}s", decimal_hours):
        assert read_duration_seconds(text, number_format, "hours") == seconds


@given(
    start=st.datetimes(min_value=datetime(1971, 1, 1), max_value=datetime(9998, 1, 1)),  # noqa: DTZ001  local clocks
    seconds=st.integers(0, 10**6),
    date_format=st.sampled_from(DATE_FORMATS),
    clocks=st.sampled_from(["%H:%M:%S", "%I:%M:%S %p", "%I:%M:%S%p"]),
)
def test_the_time_between_two_moments_is_what_was_added(start, seconds, date_format, clocks):
    first = start.replace(microsecond=0)
    told = [moment.strftime(f"{date_format} {clocks}") for moment in (first, first + timedelta(seconds=seconds))]
    assert elapsed_seconds(*told, date_format) == seconds


@given(text=st.text(max_size=12))
def test_any_text_is_a_number_or_refused_and_never_a_surprise(text):
    for number_format in NUMBER_FORMATS.values():
        try:
            number = read_number(text, number_format)
        except ValueError:
            continue
        digits = [character for character in text if character.isdigit()]
        assert "".join(digits).lstrip("0") == "".join(d for d in f"{abs(number.value):f}" if d.isdigit()).lstrip("0")


def sample(name):
    return next(path for path in SAMPLES.glob(f"{name}.*") if path.suffix != ".json").read_bytes()


def read_bytes(data):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bills.csv"
        path.write_bytes(data)
        return read_file(path, SHIPPED, home_currency="EUR", accept_unverified=True)


@cache
def read_whole(name):
    return read_bytes(sample(name))


@pytest.mark.parametrize("name", [mapping.name for mapping in SHIPPED if not mapping.name.startswith("own-")])
@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_a_cut_file_is_refused_or_loses_whole_lines_only(name, data):
    whole_bytes = sample(name)
    whole = read_whole(name)
    kept = whole_bytes[: data.draw(st.integers(0, len(whole_bytes) - 1))]
    cut = read_bytes(kept)
    if cut.status is not ReadingStatus.ACCEPTED:
        assert cut.records == ()
        return
    assert cut.records == whole.records[: len(cut.records)]
    if name in HAS_FOOTER and cut.records != whole.records:
        # without a closing total, a report can only be cut unseen behind a whole group
        assert name == "xero-account-transactions"
        kept_groups = {record.values["gl_account"] for record in cut.records}
        assert kept_groups.isdisjoint(record.values["gl_account"] for record in whole.records[len(cut.records) :])
    else:
        read_whole_lines = kept.count(b"\n") + (not kept.endswith(b"\n"))
        assert len(cut.records) == sum(record.line <= read_whole_lines for record in whole.records)


@settings(max_examples=60, deadline=None)
@given(place=st.integers(0, 10**6), byte=st.integers(0, 255), name=st.sampled_from([m.name for m in SHIPPED]))
def test_a_damaged_byte_never_breaks_the_reader(place, byte, name):
    data = bytearray(sample(name))
    data[place % len(data)] = byte
    reading = read_bytes(bytes(data))
    assert reading.status is ReadingStatus.ACCEPTED or reading.problems or reading.why_not
