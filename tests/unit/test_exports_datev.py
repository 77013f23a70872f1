"""DATEV stacks: what line 1 must say, which year a day is in, what a booking is, and what it comes to net of tax."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.exports.builtin.datev_cells import day_of_year
from connectors.exports.loading import load_mappings
from connectors.exports.reader import read_file
from connectors.exports.reading import ReadingStatus

SHIPPED_FOLDER = Path(__file__).parents[2] / "config" / "exports"
DATEV = tuple(mapping for mapping in load_mappings(SHIPPED_FOLDER) if mapping.name.startswith("datev-"))
HEADINGS = (
    "Umsatz (ohne Soll/Haben-Kz);Soll/Haben-Kennzeichen;WKZ Umsatz;Kurs;Basis-Umsatz;WKZ Basis-Umsatz;Konto;"
    "Gegenkonto (ohne BU-Schlüssel);BU-Schlüssel;Belegdatum;Belegfeld 1;Buchungstext;Leistungsdatum;Fälligkeit;"
    "Generalumkehr"
)


def line_1(*, version="700", category="21", year="20260101", first="20260101", last="20261231", chart='"03"', digits=4):
    name = {"21": "Buchungsstapel", "16": "Debitoren/Kreditoren", "20": "Kontenbeschriftungen"}.get(category, "Notizen")
    fields = ['"EXTF"', version, category, f'"{name}"', "13", "20260204101500000", "", "", "", "", "1001", "77"]
    return ";".join([*fields, year, str(digits), first, last, '""', '""', "1", "0", "0", '"EUR"', *[""] * 4, chart])


def booking(amount, side, account, contra, key="", **more):
    more = {
        "day": "1503",
        "number": "R-1",
        "currency": "EUR",
        "base": "",
        "base_currency": "",
        "service": "",
        "due": "",
        "reversed": "",
    } | more
    cells = (amount, side, more["currency"], "", more["base"], more["base_currency"], account, contra, key)
    return ";".join([*cells, more["day"], more["number"], "Text", more["service"], more["due"], more["reversed"]])


def stack(*bookings, first_line=None, headings=HEADINGS, end="\r\n"):
    return "".join(line + end for line in (first_line or line_1(), headings, *bookings))


def read(folder, text, *, encoding="cp1252", mappings=DATEV):
    path = folder / "EXTF_Buchungsstapel.csv"
    path.write_bytes(text.encode(encoding))
    return read_file(path, mappings, home_currency="EUR")


def records(folder, *bookings, **options):
    reading = read(folder, stack(*bookings, **options))
    assert reading.status is ReadingStatus.ACCEPTED, reading.problems
    return [(r.kind, {name: value for name, value in r.values.items() if value is not None}) for r in reading.records]


def refusal(folder, text, **options):
    reading = read(folder, text, **options)
    assert (reading.status, reading.records) == (ReadingStatus.REFUSED, ())
    (problem,) = reading.problems
    assert problem.remedy
    return problem.line, problem.column, problem.what


def test_an_invoice_and_its_payment(tmp_path):
    assert records(
        tmp_path,
        booking("1190,00", "S", "10001", "8400", due="14042026"),
        booking("1190,00", "S", "1200", "10001", day="2003"),
    ) == [
        (
            "document",
            {
                "document_id": "R-1",
                "party_key": "10001",
                "kind": "invoice",
                "issue_date": date(2026, 3, 15),
                "due_date": date(2026, 4, 14),
                "net_minor": 100000,
                "gross_minor": 119000,
                "currency": "EUR",
            },
        ),
        (
            "settlement",
            {
                "document_id": "R-1",
                "settled_on": date(2026, 3, 20),
                "kind": "payment",
                "gross_minor": 119000,
                "currency": "EUR",
            },
        ),
    ]


@pytest.mark.parametrize(
    ("accounts", "kind", "net"),
    [
        (("S", "10001", "8400"), "invoice", 10000),
        (("H", "8400", "10001"), "invoice", 10000),
        (("H", "10001", "8400"), "credit_note", 10000),
        (("S", "8400", "10001"), "credit_note", 10000),
        (("S", "10001", "8300"), "invoice", 11121),
        (("S", "10001", "8336"), "invoice", 11900),
    ],
)
def test_sides_and_accounts_tell_invoice_from_credit_note(tmp_path, accounts, kind, net):
    ((record, values),) = records(tmp_path, booking("119,00", *accounts))
    assert (record, values["kind"], values["net_minor"], values["gross_minor"]) == ("document", kind, net, 11900)


@pytest.mark.parametrize(
    ("key", "net"), [("", 11900), ("9", 10000), ("8", 11121), ("0009", 10000), ("40", 11900), ("94", 11900)]
)
def test_the_tax_key_decides_the_net_amount_of_a_cost(tmp_path, key, net):
    ((kind, values),) = records(tmp_path, booking("119,00", "H", "1200", "4940", key))
    assert (kind, values["gl_account"], values["amount_minor"]) == ("gl_line", "4940", net)


def test_a_key_that_lifts_the_tax_of_the_account_leaves_the_amount_as_it_is(tmp_path):
    ((_, values),) = records(tmp_path, booking("100,00", "S", "10001", "8400", "40"))
    assert values["net_minor"] == 10000


def test_rates_of_tax_are_those_of_the_day_of_the_service(tmp_path):
    year = line_1(year="20200101", first="20200101", last="20201231")
    bookings = [
        booking("116,00", "S", "10001", "8400", day="0107", number="A"),
        booking("119,00", "S", "10001", "8400", day="0107", number="B", service="30062020"),
    ]
    assert [values["net_minor"] for _, values in records(tmp_path, *bookings, first_line=year)] == [10000, 10000]


def test_one_document_of_two_rates_a_discount_and_a_reversal(tmp_path):
    found = records(
        tmp_path,
        booking("119,00", "S", "10001", "8400"),
        booking("107,00", "S", "10001", "8300"),
        booking("11,90", "H", "10001", "8736"),
        booking("50,00", "S", "10001", "8200", number="R-2"),
        booking("50,00", "S", "10001", "8200", "20", number="R-2"),
        booking("30,00", "S", "10001", "8200", number="R-3"),
        booking("30,00", "S", "10001", "8200", number="R-3", reversed="1"),
    )
    assert [(v["document_id"], v["net_minor"], v["gross_minor"]) for _, v in found] == [("R-1", 19000, 21410)]


def test_write_offs_bill_payments_and_what_is_no_record(tmp_path):
    found = records(
        tmp_path,
        booking("59,50", "S", "2406", "10001"),
        booking("80,00", "S", "70001", "1200", number="E-1"),
        booking("500,00", "S", "1200", "1000"),  # cash taken to the bank
        booking("300,00", "S", "0420", "70001"),  # a desk
        booking("900,00", "S", "10001", "9008"),  # brought forward
        booking("2000,00", "S", "4120", "1740"),  # wages
    )
    assert [kind for kind, _ in found] == ["settlement", "bill_payment", "gl_line"]
    assert [found[0][1]["kind"], found[0][1]["gross_minor"]] == ["write_off", 5950]
    assert [found[1][1]["supplier"], found[1][1]["amount_minor"]] == ["70001", 8000]
    assert [found[2][1]["gl_account"], found[2][1]["amount_minor"]] == ["4120", 200000]


def test_a_move_between_two_costs_is_a_posting_on_each(tmp_path):
    found = records(tmp_path, booking("70,00", "S", "4930", "4940"))
    assert [(v["gl_account"], v["amount_minor"]) for _, v in found] == [("4930", 7000), ("4940", -7000)]


def test_a_foreign_amount_brings_the_rate_of_its_base_amount(tmp_path):
    foreign = booking("110,00", "S", "10001", "8338", currency="USD", base="100,00", base_currency="EUR")
    ((_, values),) = records(tmp_path, foreign)
    assert (values["currency"], values["gross_minor"], values["fx_rate"]) == ("USD", 11000, "0.909090909091")


def test_longer_accounts_are_told_by_their_first_four_digits(tmp_path):
    ((_, values),) = records(tmp_path, booking("119,00", "S", "1000100", "840000"), first_line=line_1(digits=6))
    assert (values["party_key"], values["net_minor"]) == ("1000100", 10000)


@pytest.mark.parametrize(("encoding", "end"), [("cp1252", "\r\n"), ("utf-8-sig", "\n"), ("utf-8", "\r\n")])
def test_encodings_and_commas(tmp_path, encoding, end):
    text = stack(booking('"119,00"', "S", "10001", "8400"), end=end)
    assert read(tmp_path, text, encoding=encoding).status is ReadingStatus.ACCEPTED
    assert read(tmp_path, text.replace(";", ","), encoding=encoding).status is ReadingStatus.ACCEPTED


@pytest.mark.parametrize(
    ("text", "start", "day"),
    [
        ("3101", date(2026, 1, 1), date(2026, 1, 31)),
        ("301", date(2026, 1, 1), date(2026, 1, 3)),
        ("3112", date(2025, 7, 1), date(2025, 12, 31)),
        ("3006", date(2025, 7, 1), date(2026, 6, 30)),
        ("107", date(2025, 7, 1), date(2025, 7, 1)),
        ("2902", date(2023, 7, 1), date(2024, 2, 29)),
        ("2902", date(2026, 1, 1), None),
        ("3113", date(2026, 1, 1), None),
        ("31012026", date(2026, 1, 1), None),
        ("", date(2026, 1, 1), None),
    ],
)
def test_the_fiscal_year_tells_the_year_of_a_day(text, start, day):
    assert day_of_year(text, start) == day


@given(start=st.dates(date(1990, 1, 1), date(2050, 1, 1)), days=st.integers(0, 364))
@settings(max_examples=100)
def test_every_day_of_a_fiscal_year_is_found_again(start, days):
    day = date.fromordinal(start.toordinal() + days)
    assert day_of_year(f"{day:%d%m}", start) == day


AMOUNT = st.integers(1, 10**7)


@given(rows=st.lists(st.tuples(AMOUNT, st.sampled_from("SH"), st.sampled_from(["8400", "8300", "1200"])), max_size=6))
@settings(max_examples=15, deadline=None)
def test_what_a_customer_owes_is_the_sum_of_his_bookings(tmp_path_factory, rows):
    folder = tmp_path_factory.mktemp("datev")
    bookings = [
        booking(f"{cents // 100},{cents % 100:02}", side, "10001", contra, number=f"R-{contra}")
        for cents, side, contra in rows
    ]
    owed = sum(cents if side == "S" else -cents for cents, side, _ in rows)
    signs = {"invoice": 1, "credit_note": -1, "payment": -1}
    found = records(folder, *bookings)
    assert sum(signs[values["kind"]] * values["gross_minor"] for _, values in found) == owed


@pytest.mark.parametrize(
    ("changed", "field", "told"),
    [
        ({"version": "300"}, 2, "version"),
        ({"year": "77"}, 13, "first day of the fiscal year"),
        ({"year": "20261301"}, 13, "no day"),
        ({"digits": 9}, 14, "digits of an account"),
        ({"first": ""}, 15, "first day of the bookings"),
        ({"first": "20251231"}, 15, "lies not between"),
        ({"last": "20270301"}, 16, "behind the fiscal year"),
    ],
)
def test_a_first_line_that_is_not_in_place_is_refused_by_field(tmp_path, changed, field, told):
    line, column, what = refusal(tmp_path, stack(first_line=line_1(**changed)))
    assert (line, column) == (1, f"field {field}")
    assert told in what


@pytest.mark.parametrize(
    ("row", "column", "told"),
    [
        (booking("-1,00", "S", "10001", "8400"), "Umsatz", "without sign"),
        (booking("1.00", "S", "10001", "8400"), "Umsatz", "like 1234,56"),
        (booking("1,00", "X", "10001", "8400"), "Soll/Haben-Kennzeichen", "'X' is not one of S, H"),
        (booking("1,00", "", "10001", "8400"), "Soll/Haben-Kennzeichen", "not one of S, H"),
        (booking("1,00", "S", "10001", "84A0"), "Gegenkonto", "'84A0' is not an account"),
        (booking("1,00", "S", "10001", "8400", day="3113"), "Belegdatum", "'3113'"),
        (booking("1,00", "S", "10001", "8400", number=""), "Belegfeld 1", "without the number"),
        (booking("1,00", "S", "10001", "8590"), "BU-Schlüssel", "account 8590 hold tax is not known"),
        (booking("1,00", "S", "10001", "8400", "5"), "BU-Schlüssel", "tax key 5"),
        (booking("1,00", "S", "10001", "8400", "501"), "BU-Schlüssel", "'501'"),
        (booking("1,00", "S", "10001", "6300"), "Konto", "account 6300 is not in the chart"),
        (booking("1,00", "S", "10001", "4940"), "Konto", "no invoice, payment or write-off"),
        (booking("1,00", "S", "100001", "8400"), "Konto", "more digits"),
        (booking("1,00", "S", "4930", "4940", "9"), "BU-Schlüssel", "tax between two accounts"),
        (booking("1,00", "S", "10001", "8400", due="31022026"), "Fälligkeit", "'31022026'"),
        (booking("1,00", "S", "10001", "8400", reversed="x"), "Generalumkehr", "'x'"),
    ],
)
def test_a_booking_that_cannot_be_told_refuses_the_file(tmp_path, row, column, told):
    line, found, what = refusal(tmp_path, stack(booking("1,00", "S", "10002", "8400", number="R-0"), row))
    assert (line, found) == (4, column)
    assert told in what


def test_a_discount_within_a_payment_is_refused(tmp_path):
    headings = HEADINGS.replace("Leistungsdatum", "Skonto")
    assert refusal(tmp_path, stack(booking("98,00", "S", "1200", "10001", service="2,00"), headings=headings)) == (
        3,
        "Skonto",
        "a discount of 2,00 within a payment: its tax is not stated",
    )
    assert records(tmp_path, booking("98,00", "S", "1200", "10001", service="0,00"), headings=headings)


def test_days_outside_the_period_of_line_1_are_refused(tmp_path):
    text = stack(booking("1,00", "S", "10001", "8400", day="0204"), first_line=line_1(last="20260331"))
    assert "which line 1 states" in refusal(tmp_path, text)[2]


def test_a_document_in_two_currencies_is_refused(tmp_path):
    row = booking("1,00", "S", "10001", "8400", currency="USD")
    assert "R-1 is in EUR on line 3" in refusal(tmp_path, stack(booking("1,00", "S", "10001", "8400"), row))[2]


def test_a_chart_that_line_1_does_not_name_must_show_in_the_accounts(tmp_path):
    unnamed = line_1(chart='""')
    ((_, values),) = records(tmp_path, booking("119,00", "S", "10001", "4400"), first_line=unnamed)
    assert values["net_minor"] == 10000

    both = stack(booking("1,00", "S", "2100", "9000"), first_line=unnamed)
    assert "03 knows every account; 04 knows every account" in refusal(tmp_path, both)[2]
    neither = stack(booking("1,00", "S", "10001", "5900"), first_line=unnamed)
    assert "line 3: account 5900 is not in the chart" in refusal(tmp_path, neither)[2]
    assert "chart of accounts 70" in refusal(tmp_path, stack(first_line=line_1(chart='"70"')))[2]


def test_a_mapping_of_three_lines_names_the_chart_and_the_term_of_payment(tmp_path):
    own = 'extends = "datev-bookings"\n[reader.datev]\ndefault_chart = "03"\npayment_days = 14\n'
    (tmp_path / "own.toml").write_text(own)
    text = stack(booking("119,00", "S", "10001", "8400"), first_line=line_1(chart=""))
    (record,) = read(tmp_path, text, mappings=load_mappings(SHIPPED_FOLDER, tmp_path)).records
    assert record.values["due_date"] == date(2026, 3, 29)


@pytest.mark.parametrize("lost", [1, 2, 3, 20, 40])
def test_a_cut_stack_is_refused(tmp_path, lost):
    bookings = (
        booking("119,00", "S", "10001", "8400"),
        booking("10,00", "S", "10002", "8400", number="R-2", reversed="1"),
    )
    reading = read(tmp_path, stack(*bookings, end="\n")[:-lost])
    assert [problem.what for problem in reading.problems] == ["the last line has no end: the file may be cut"]


@given(data=st.data())
@settings(max_examples=25, deadline=None)
def test_what_is_left_of_a_cut_stack_is_whole_lines_or_nothing(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("datev")
    text = stack(*[booking("119,00", "S", "10001", "8400", number=f"R-{number}") for number in range(3)], end="\n")
    whole = read(folder, text).records
    kept = text[: data.draw(st.integers(1, len(text)))]
    left = read(folder, kept)
    lines = kept.count("\n")
    if left.status is ReadingStatus.ACCEPTED:
        assert kept.endswith("\n")
        assert left.records == tuple(record for record in whole if record.line <= lines)
    else:
        assert not kept.endswith("\n") or lines < len([line_1(), HEADINGS])


def test_a_missing_column_is_named(tmp_path):
    headings = HEADINGS.replace("BU-Schlüssel;Belegdatum", "BU-Schlüssel;Tag")
    assert refusal(tmp_path, stack(headings=headings))[:2] == (2, "Belegdatum")


def test_other_categories_are_left_to_be_listed(tmp_path):
    reading = read(tmp_path, line_1(category="47") + "\r\nKonto;Notiz\r\n")
    assert reading.status is ReadingStatus.NO_MAPPING
