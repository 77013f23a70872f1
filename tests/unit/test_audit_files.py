"""What the readers of audit files take, refuse and warn of, each case on a small file of its own."""

from pathlib import Path

import pytest

from connectors.exports.loading import MappingError, load_mappings
from connectors.exports.reader import read_file
from connectors.exports.reading import ReadingStatus

SHIPPED_FOLDER = Path(__file__).parents[2] / "config" / "exports"
SHIPPED = load_mappings(SHIPPED_FOLDER)

ACCOUNTS = {
    "1100": ("Bank", "B", "BLimBan"),
    "1300": ("Debiteuren", "B", "BVorDeb"),
    "1600": ("Crediteuren", "B", "BSchCre"),
    "1800": ("Btw", "B", "BSchBtw"),
    "4400": ("Drukwerk", "P", "WBedOvp"),
    "8000": ("Omzet", "P", "WOmzNop"),
}
NAMESPACE = "http://www.auditfiles.nl/XAF/3.2"


def line(account, amount, side, *, document="F1", customer="", extra=""):
    party = f"<custSupID>{customer}</custSupID>" if customer else ""
    return (
        f"<trLine><nr>1</nr><accID>{account}</accID><docRef>{document}</docRef><effDate>2026-01-05</effDate>"
        f"<amnt>{amount}</amnt><amntTp>{side}</amntTp>{party}{extra}</trLine>\n"
    )


SALE = (line("1300", "121.00", "D", customer="D1"), line("8000", "100.00", "C"), line("1800", "21.00", "C"))


def entry(*lines, period="1", day="2026-01-05", number="1"):
    return (
        f"<transaction><nr>{number}</nr><desc>x</desc><periodNumber>{period}</periodNumber>"
        f"<trDt>{day}</trDt>\n{''.join(lines)}</transaction>\n"
    )


def xaf(*entries, totals="", kind="S", namespace=f' xmlns="{NAMESPACE}"', prolog="", accounts=ACCOUNTS, name="Alfa"):
    listed = "".join(
        f"<ledgerAccount><accID>{code}</accID><accDesc>{text}</accDesc><accTp>{side}</accTp><taxonomy>"
        f"<taxoRef>rgs</taxoRef><entryPoint><entryPointRef>rgs</entryPointRef><conceptRef>{rgs}</conceptRef>"
        "</entryPoint></taxonomy></ledgerAccount>\n"
        for code, (text, side, rgs) in accounts.items()
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n{prolog}<auditfile{namespace}><header><fiscalYear>2026</fiscalYear>'
        "<startDate>2026-01-01</startDate><endDate>2026-12-31</endDate><curCode>EUR</curCode></header>\n<company>"
        "<companyName>Firm</companyName><customersSuppliers>"
        f"<customerSupplier><custSupID>D1</custSupID><custSupName>{name}</custSupName><custSupTp>C</custSupTp>"
        "</customerSupplier><customerSupplier><custSupID>C1</custSupID><custSupName>Drukker</custSupName>"
        "<custSupTp>S</custSupTp></customerSupplier></customersSuppliers>\n"
        f"<generalLedger>{listed}</generalLedger>\n<transactions>{totals}<journal><jrnID>VRK</jrnID><desc>x</desc>"
        f"<jrnTp>{kind}</jrnTp>\n{''.join(entries)}</journal></transactions></company></auditfile>\n"
    )


def stated(count, debit, credit):
    return f"<linesCount>{count}</linesCount><totalDebit>{debit}</totalDebit><totalCredit>{credit}</totalCredit>"


def read(folder, data, *, mappings=SHIPPED, **options):
    path = folder / "file.xml"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return read_file(path, mappings, home_currency="EUR", **options)


def local(folder, text):
    own = folder / "mappings"
    own.mkdir()
    (own / "local.toml").write_text(text)
    return load_mappings(SHIPPED_FOLDER, own)


def accepted(reading):
    assert reading.status is ReadingStatus.ACCEPTED, reading.problems
    return reading


def refused_for(reading, what, *, at=None):
    assert reading.status is ReadingStatus.REFUSED, reading
    assert reading.records == ()
    problem = reading.problems[0]
    assert what in problem.what, problem
    assert problem.remedy
    assert at is None or problem.line == at
    return True


def told(reading, kind):
    """Return the values of one kind that are filled, without customer and currency."""
    left_out = {"party", "party_key", "currency", "due_date"}
    return [
        {name: value for name, value in record.values.items() if value is not None and name not in left_out}
        for record in accepted(reading).records
        if record.kind == kind
    ]


def amounts(reading, kind, column):
    return [values.get(column) for values in told(reading, kind)]


def warned_of(reading, what):
    return any(what in warning.what for warning in accepted(reading).warnings)


# What an entry means


def test_totals_that_agree_leave_nothing_to_warn_of(tmp_path):
    reading = read(tmp_path, xaf(entry(*SALE), totals=stated(3, "121.00", "121.00")))
    assert (amounts(reading, "document", "net_minor"), reading.warnings) == ([10000], ())


def test_a_credit_note_and_its_negative_lines_are_positive_in_the_record(tmp_path):
    lines = [line("1300", "-121.00", "D", customer="D1"), line("8000", "100.00", "D"), line("1800", "-21.00", "C")]
    document = told(read(tmp_path, xaf(entry(*lines))), "document")[0]
    assert (document["kind"], document["net_minor"], document["gross_minor"]) == ("credit_note", 10000, 12100)


@pytest.mark.parametrize("total", [("0.00", "0.00"), ("121.00", "121.00")])
def test_totals_may_count_a_negative_amount_on_either_side(tmp_path, total):
    lines = [line("1300", "-121.00", "D", customer="D1"), line("8000", "-100.00", "C"), line("1800", "-21.00", "C")]
    written = ("-121.00", "-121.00") if total == ("0.00", "0.00") else total
    assert told(read(tmp_path, xaf(entry(*lines), totals=stated(3, *written))), "document")


def test_revenue_of_one_document_in_several_entries_is_one_document(tmp_path):
    more = [line("1300", "10.00", "D", customer="D1"), line("8000", "10.00", "C")]
    reading = read(tmp_path, xaf(entry(*SALE), entry(*more, number="2", day="2026-01-09")))
    assert amounts(reading, "document", "net_minor") == [11000]


def test_a_document_that_was_taken_back_whole_is_none(tmp_path):
    back = [line("1300", "121.00", "C", customer="D1"), line("8000", "100.00", "D"), line("1800", "21.00", "D")]
    assert accepted(read(tmp_path, xaf(entry(*SALE), entry(*back, number="2")))).records == ()


def test_two_customers_in_one_entry_get_their_own_documents(tmp_path):
    lines = [
        line("1300", "100.00", "D", document="F1", customer="D1"),
        line("1300", "50.00", "D", document="F2", customer="D2"),
        line("8000", "100.00", "C", document="F1"),
        line("8000", "50.00", "C", document="F2"),
    ]
    reading = read(tmp_path, xaf(entry(*lines)))
    parties = [(record.values["document_id"], record.values["party_key"]) for record in reading.records]
    assert parties == [("F1", "D1"), ("F2", "D2")]


def test_a_receivable_without_a_number_or_a_customer_is_that_of_the_only_document(tmp_path):
    nameless = [line("1300", "50.00", "D"), line("8000", "50.00", "C", customer="D1")]
    unnumbered = [line("1300", "50.00", "D", document="", customer="D1"), line("8000", "50.00", "C")]
    for lines in (nameless, unnumbered):
        assert amounts(read(tmp_path, xaf(entry(*lines))), "document", "gross_minor") == [5000]


def test_revenue_between_two_customers_of_one_document_is_nobodys(tmp_path):
    lines = [
        line("1300", "50.00", "D", customer="D1"),
        line("1300", "50.00", "D", customer="D2"),
        line("8000", "100.00", "C"),
    ]
    reading = read(tmp_path, xaf(entry(*lines)))
    assert amounts(reading, "gl_line", "amount_minor") == [-10000]
    assert told(reading, "document") == []
    assert warned_of(reading, "no customer can be told")


@pytest.mark.parametrize(("period", "kind"), [("0", "M"), ("1", "O")])
def test_an_opening_entry_is_neither_revenue_nor_payment(tmp_path, period, kind):
    assert accepted(read(tmp_path, xaf(entry(*SALE, period=period), kind=kind))).records == ()


def test_payments_settle_the_invoice_and_money_back_leaves_it_open(tmp_path):
    paid = [line("1100", "121.00", "D", document="B1"), line("1300", "121.00", "C", customer="D1")]
    back = [line("1300", "121.00", "D", customer="D1"), line("1100", "121.00", "C", document="B2")]
    once = read(tmp_path, xaf(entry(*SALE), entry(*paid, number="2", day="2026-02-03")))
    assert amounts(once, "settlement", "gross_minor") == [12100]
    again = read(tmp_path, xaf(entry(*SALE), entry(*paid, number="2"), entry(*back, number="3")))
    assert told(again, "settlement") == []
    assert warned_of(again, "taken as unpaid")


def test_a_cost_names_the_supplier_of_its_entry_and_no_customer(tmp_path):
    lines = [line("4400", "60.50", "D"), line("1600", "60.50", "C", customer="C1")]
    reading = read(tmp_path, xaf(entry(*lines)))
    record, named = accepted(reading).records
    assert (record.values["gl_account"], record.values["supplier"]) == ("4400", "Drukker")
    assert (record.values["party"], record.values["description"]) == (None, "Drukwerk")
    assert named.values == {"gl_account": "4400", "name": "Drukwerk"}


def test_an_account_is_named_once_however_often_it_is_posted_on(tmp_path):
    costs = [entry(line("4400", "60.50", "D"), line("1600", "60.50", "C"), number=number) for number in ("1", "2")]
    kinds = [record.kind for record in accepted(read(tmp_path, xaf(*costs))).records]
    assert kinds == ["gl_line", "gl_account_name", "gl_line"]


def test_own_accounts_win_over_the_standard_chart(tmp_path):
    own = (
        'extends = "xaf-auditfile"\n[ledger]\nrevenue = { accounts = ["8000-8999"] }\nignore = { accounts = ["44*"] }\n'
    )
    plain = {code: (text, side, "") for code, (text, side, _) in ACCOUNTS.items()}
    cost = [line("4400", "5.00", "D"), line("1600", "5.00", "C", customer="C1")]
    data = xaf(entry(*SALE), entry(*cost, number="2"), accounts=plain)
    reading = read(tmp_path, data)
    assert refused_for(reading, "no account is known to be revenue")
    assert "[ledger]" in reading.problems[0].remedy

    own += 'receivable = { accounts = ["1300"] }\n'
    reading = read(tmp_path, data, mappings=local(tmp_path, own))
    assert (amounts(reading, "document", "gross_minor"), told(reading, "gl_line")) == ([12100], [])


def test_one_number_for_two_customers_makes_two_documents(tmp_path):
    other = [line("1300", "50.00", "D", customer="D2"), line("8000", "50.00", "C")]
    reading = read(tmp_path, xaf(entry(*SALE), entry(*other, number="2")))
    assert amounts(reading, "document", "document_id") == ["F1 (D1)", "F1 (D2)"]
    assert warned_of(reading, "customer D2 stands on no list")


@pytest.mark.parametrize(("document", "told_as"), [("", "VRK 1"), ("R7", "R7")])
def test_a_document_without_a_number_is_named_after_its_receivable_or_its_entry(tmp_path, document, told_as):
    lines = [line("1300", "50.00", "D", document=document, customer="D1"), line("8000", "50.00", "C", document="")]
    told_here = told(read(tmp_path, xaf(entry(*lines))), "document")
    assert [(each["document_id"], each["gross_minor"]) for each in told_here] == [(told_as, 5000)]


def test_the_invoice_number_of_one_line_holds_for_all_of_its_document(tmp_path):
    lines = [line("1300", "50.00", "D", document="VB1", customer="D1", extra="<invRef>F9</invRef>")]
    reading = read(tmp_path, xaf(entry(*lines, line("8000", "50.00", "C", document="VB1"))))
    assert amounts(reading, "document", "document_id") == ["F9"]


# What is odd and what is wrong


def test_a_credit_on_an_account_of_no_chart_is_warned_of(tmp_path):
    accounts = {**ACCOUNTS, "8010": ("Omzet advies", "P", "")}
    lines = [line("1300", "50.00", "D", customer="D1"), line("8010", "50.00", "C")]
    reading = read(tmp_path, xaf(entry(*SALE), entry(*lines, number="2"), accounts=accounts))
    assert amounts(reading, "gl_line", "amount_minor") == [-5000]
    assert warned_of(reading, "a credit on account 8010, which refers to no standard chart")


def test_missing_totals_and_an_unknown_account_are_warned_of(tmp_path):
    cost = [line("4999", "5.00", "D"), line("1600", "5.00", "C", customer="C1")]
    reading = read(tmp_path, xaf(entry(*cost)))
    assert amounts(reading, "gl_line", "gl_account") == ["4999"]
    assert warned_of(reading, "account 4999 stands on no list")
    assert warned_of(reading, "control totals are missing")


def test_a_missing_namespace_is_no_hindrance(tmp_path):
    assert told(read(tmp_path, xaf(entry(*SALE), namespace="")), "document")


@pytest.mark.parametrize(
    ("totals", "what"),
    [
        (stated(4, "121.00", "121.00"), "stated 4 lines, but 3 in 1 entry are there"),
        (stated(3, "122.00", "121.00"), "stated total debit 122.00, but the lines add up to 121.00"),
        (stated(3, "121.00", "120.00"), "stated total credit 120.00, but the lines add up to 121.00"),
    ],
)
def test_totals_that_are_not_those_of_the_lines_refuse_the_file(tmp_path, totals, what):
    assert refused_for(read(tmp_path, xaf(entry(*SALE), totals=totals)), what)


def test_an_entry_out_of_balance_is_warned_of_and_refused_where_the_whole_is(tmp_path):
    halves = entry(*SALE[:2]), entry(SALE[2], number="2")
    assert warned_of(read(tmp_path, xaf(*halves)), "entry VRK 1 does not balance: 21.00 (1 more like it)")
    assert refused_for(read(tmp_path, xaf(halves[0])), "debit 121.00 and credit 100.00 differ", at=12)


@pytest.mark.parametrize("amount", ["abc", "", "1,00"])
def test_an_amount_that_is_none_names_its_line(tmp_path, amount):
    broken = [SALE[0], line("8000", amount, "C"), SALE[2]]
    assert refused_for(read(tmp_path, xaf(entry(*broken))), "no account, amount or side", at=14)


def test_a_day_that_is_none_names_its_entry(tmp_path):
    assert refused_for(read(tmp_path, xaf(entry(*SALE, day="2026-02-30"))), "entry VRK 1 has no day", at=12)


BOMB = '<!DOCTYPE auditfile [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>\n'
OUTSIDE = '<!DOCTYPE auditfile [<!ENTITY a SYSTEM "file:///etc/hostname">]>\n'
DEEP = "<a>" * 5000


@pytest.mark.parametrize("prolog", [BOMB, OUTSIDE, "<!DOCTYPE auditfile>\n"])
def test_a_document_type_is_refused(tmp_path, prolog):
    assert refused_for(read(tmp_path, xaf(entry(*SALE), prolog=prolog, name="&a;")), "declares a document type", at=1)


def test_endless_nesting_is_refused(tmp_path):
    assert refused_for(read(tmp_path, xaf(entry(*SALE)).replace("<company>", DEEP)), "damaged, cut or dangerous")
    assert refused_for(read(tmp_path, portuguese(INVOICE).replace("<MasterFiles>", DEEP)), "nested without end")


@pytest.mark.parametrize("kept", [0.3, 0.6, 0.99])
def test_a_cut_file_is_refused_for_that(tmp_path, kept):
    for data in (xaf(entry(*SALE)), portuguese(INVOICE), norwegian()):
        assert refused_for(read(tmp_path, data[: int(kept * len(data))]), "damaged")


@pytest.mark.parametrize("data", ["<feed><entry/></feed>\n", "<x-:AuditFile><a/></x-:AuditFile>\n", "<auditfile/>\n"])
def test_other_xml_is_not_known(tmp_path, data):
    assert read(tmp_path, data).status is ReadingStatus.NO_MAPPING


def test_an_audit_file_without_header_is_refused(tmp_path):
    assert refused_for(read(tmp_path, "<auditfile><company/></auditfile>"), "holds no header")
    empty = '<AuditFile xmlns="urn:StandardAuditFile-Taxation-Financial:NO"><MasterFiles/></AuditFile>'
    assert refused_for(read(tmp_path, empty), "holds no Header")


@pytest.mark.parametrize("encoding", ["ISO-8859-1", "windows-1252", "UTF-16"])
def test_names_are_read_in_the_encoding_that_the_file_declares(tmp_path, encoding):
    codec = "cp1252" if encoding == "ISO-8859-1" else encoding
    data = xaf(entry(*SALE), totals=stated(3, "121.00", "121.00"), name="Café €1").replace("UTF-8", encoding)
    reading = accepted(read(tmp_path, data.encode(codec)))
    assert reading.records[0].values["party"] == "Café €1"


def test_bytes_of_another_encoding_are_refused(tmp_path):
    data = xaf(entry(*SALE), name="Café").encode("cp1252")
    assert refused_for(read(tmp_path, data), "damaged, cut or dangerous")


CLAIR2 = """<?xml version="1.0" encoding="UTF-8"?>
<auditfile><header><auditfileVersion>CLAIR2.00.00</auditfileVersion><companyID>1</companyID><companyName>Firm</companyName>
<fiscalYear>2010</fiscalYear><startDate>2010-01-01</startDate><endDate>2010-12-31</endDate><currencyCode>EUR</currencyCode>
</header><generalLedger>
<ledgerAccount><accountID>1300</accountID><accountDesc>Debiteuren</accountDesc><accountType>Balans</accountType></ledgerAccount>
<ledgerAccount><accountID>8000</accountID><accountDesc>Omzet</accountDesc><accountType>W</accountType></ledgerAccount>
</generalLedger><customersSuppliers>
<customerSupplier><custSupID>D1</custSupID><type>Debiteur</type><companyName>Alfa</companyName></customerSupplier>
</customersSuppliers><transactions><numberEntries>1</numberEntries><totalDebit>50.00</totalDebit><totalCredit>50.00</totalCredit>
<journal><journalID>VRK</journalID><description>Verkoop</description><type>Verkoop</type><transaction>
<transactionID>1</transactionID><description>F1</description><period>1</period><transactionDate>2010-01-05</transactionDate>
<line><recordID>1</recordID><accountID>1300</accountID><custSupID>D1</custSupID><documentID>F1</documentID>
<effectiveDate>2010-01-05</effectiveDate><description>x</description><debitAmount>50.00</debitAmount></line>
<line><recordID>2</recordID><accountID>8000</accountID><documentID>F1</documentID>
<effectiveDate>2010-01-05</effectiveDate><description>x</description><creditAmount>50.00</creditAmount></line>
</transaction></journal></transactions></auditfile>
"""


def test_the_oldest_xml_is_read_with_accounts_of_ones_own(tmp_path):
    own = 'extends = "xaf-auditfile"\n[ledger]\nrevenue = { accounts = ["8*"] }\nreceivable = { accounts = ["1300"] }\n'
    (record,) = accepted(read(tmp_path, CLAIR2, mappings=local(tmp_path, own))).records
    assert (record.values["net_minor"], record.values["gross_minor"], record.values["party"]) == (5000, 5000, "Alfa")


# SAF-T of Portugal


def invoice(number, kind, lines, totals, *, status="N", reference=""):
    tax, net, gross = totals
    references = f"<References><Reference>{reference}</Reference></References>" if reference else ""
    side = "Debit" if kind == "NC" else "Credit"
    listed = "".join(f"<Line>{references}<{side}Amount>{amount}</{side}Amount></Line>" for amount in lines)
    return (
        f"<Invoice><InvoiceNo>{number}</InvoiceNo><DocumentStatus><InvoiceStatus>{status}</InvoiceStatus>"
        f"</DocumentStatus><InvoiceDate>2026-01-05</InvoiceDate><InvoiceType>{kind}</InvoiceType>"
        f"<CustomerID>C1</CustomerID>{listed}<DocumentTotals><TaxPayable>{tax}</TaxPayable>"
        f"<NetTotal>{net}</NetTotal><GrossTotal>{gross}</GrossTotal></DocumentTotals></Invoice>\n"
    )


def payment(lines, totals, *, status="N"):
    tax, net, gross = totals
    listed = "".join(
        f"<Line><SourceDocumentID><OriginatingON>{number}</OriginatingON></SourceDocumentID>"
        f"<SettlementAmount>{discount}</SettlementAmount><{side}Amount>{amount}</{side}Amount>"
        f"<Tax><TaxPercentage>{rate}</TaxPercentage></Tax></Line>"
        for number, discount, side, amount, rate in lines
    )
    return (
        f"<Payment><TransactionDate>2026-02-03</TransactionDate><PaymentType>RG</PaymentType><DocumentStatus>"
        f"<PaymentStatus>{status}</PaymentStatus></DocumentStatus><CustomerID>C1</CustomerID>{listed}<DocumentTotals>"
        f"<TaxPayable>{tax}</TaxPayable><NetTotal>{net}</NetTotal><GrossTotal>{gross}</GrossTotal></DocumentTotals>"
        "</Payment>\n"
    )


def portuguese(*documents, sales="", payments="", namespace="urn:OECD:StandardAuditFile-Tax:PT_1.04_01"):
    invoices = "".join(each for each in documents if each.startswith("<Invoice>"))
    paid = "".join(each for each in documents if each.startswith("<Payment>"))
    return (
        f'<?xml version="1.0"?>\n<AuditFile xmlns="{namespace}">\n<Header><CurrencyCode>EUR</CurrencyCode></Header>\n'
        "<MasterFiles><Customer><CustomerID>C1</CustomerID><CompanyName>Alfa</CompanyName></Customer></MasterFiles>\n"
        f"<SourceDocuments><SalesInvoices>{sales}\n{invoices}</SalesInvoices>\n"
        f"<Payments>{payments}{paid}</Payments></SourceDocuments></AuditFile>\n"
    )


def figures(count, debit, credit):
    return (
        f"<NumberOfEntries>{count}</NumberOfEntries><TotalDebit>{debit}</TotalDebit><TotalCredit>{credit}</TotalCredit>"
    )


INVOICE = invoice("FT 1/1", "FT", ["60.0049", "40.0049"], ("23.00", "100.01", "123.01"))


def test_lines_of_four_decimals_are_rounded_at_the_document(tmp_path):
    reading = read(tmp_path, portuguese(INVOICE, sales=figures(1, 0, "100.0098")))
    assert amounts(reading, "document", "net_minor") == [10001]
    assert not warned_of(reading, "SalesInvoices")
    half = invoice("FT 1/2", "FT", ["10.005"], ("0", "10.005", "10.005"))
    assert amounts(read(tmp_path, portuguese(half)), "document", "net_minor") == [1001]


@pytest.mark.parametrize("status", ["A", "R", "F"])
def test_cancelled_summed_up_and_billed_again_are_left_out(tmp_path, status):
    other = invoice("FT 1/2", "FT", ["10"], ("0", "10", "10"), status=status)
    assert amounts(read(tmp_path, portuguese(INVOICE, other)), "document", "document_id") == ["FT 1/1"]


@pytest.mark.parametrize(("status", "credit"), [("A", "100.0098"), ("F", "100.0098"), ("R", "110.0098")])
def test_totals_leave_out_what_the_law_leaves_out(tmp_path, status, credit):
    other = invoice("FT 1/2", "FT", ["10"], ("0", "10", "10"), status=status)
    assert accepted(read(tmp_path, portuguese(INVOICE, other, sales=figures(2, 0, credit))))


@pytest.mark.parametrize(
    ("sales", "what"),
    [
        (figures(2, 0, "100.0098"), "states NumberOfEntries 2, but its documents come to 1"),
        (figures(1, 0, "100.02"), "states TotalCredit 100.02, but its documents come to 100.0098"),
        (figures(1, 5, "100.01"), "states TotalDebit 5, but its documents come to 0"),
        (figures(1, 0, "x"), "'x': not a number"),
    ],
)
def test_sales_that_are_not_those_stated_refuse_the_file(tmp_path, sales, what):
    assert refused_for(read(tmp_path, portuguese(INVOICE, sales=sales)), what)


@pytest.mark.parametrize(
    ("lines", "totals", "what"),
    [
        (["100.00"], ("23.00", "100.00", "124.00"), "net 100.00 and tax 23.00 are not gross 124.00"),
        (["99.99"], ("23.00", "100.00", "123.00"), "net is 100.00, but the lines add up to 99.99"),
        (["100.00"], ("23.00", "", "123.00"), "DocumentTotals/NetTotal is blank or absent"),
    ],
)
def test_a_document_that_contradicts_itself_names_its_line(tmp_path, lines, totals, what):
    assert refused_for(read(tmp_path, portuguese(INVOICE, invoice("FT 1/2", "FT", lines, totals))), what, at=7)


def test_a_cent_that_rounding_left_is_warned_of(tmp_path):
    reading = read(tmp_path, portuguese(invoice("FT 1/2", "FT", ["100.00"], ("23.00", "100.00", "123.01"))))
    assert amounts(reading, "document", "gross_minor") == [12301]
    assert warned_of(reading, "net 100.00 and tax 23.00 are not gross 123.01")


def test_a_type_that_nobody_listed_stops_the_file(tmp_path):
    assert refused_for(read(tmp_path, portuguese(invoice("X 1", "ZZ", ["1"], ("0", "1", "1")))), "a kind of row", at=6)


def test_a_payment_of_several_documents_is_shared_out_with_its_tax(tmp_path):
    lines = [("FT 1/1", "0", "Credit", "100", "23"), ("FT 1/2", "0", "Credit", "50", "6")]
    reading = read(tmp_path, portuguese(INVOICE, payment(lines, ("26.00", "150.00", "176.00"))))
    assert [(each["document_id"], each["gross_minor"]) for each in told(reading, "settlement")] == [
        ("FT 1/1", 12300),
        ("FT 1/2", 5300),
    ]
    assert refused_for(read(tmp_path, portuguese(payment(lines, ("20.00", "150.00", "170.00")))), "gross is 170.00")


def test_a_discount_is_written_off_and_a_note_set_off_is_no_payment(tmp_path):
    lines = [("FT 1/1", "3.00", "Credit", "120.00", "0"), ("NC 1/1", "0", "Debit", "20.00", "0")]
    reading = read(tmp_path, portuguese(INVOICE, payment(lines, ("0.00", "100.00", "100.00"))))
    assert [(each["kind"], each["gross_minor"]) for each in told(reading, "settlement")] == [
        ("payment", 12000),
        ("write_off", 300),
    ]
    assert warned_of(reading, "sets off document NC 1/1")


def test_a_cancelled_payment_settles_nothing(tmp_path):
    lines = [("FT 1/1", "0", "Credit", "123.01", "0")]
    cancelled = payment(lines, ("0", "123.01", "123.01"), status="A")
    assert told(read(tmp_path, portuguese(INVOICE, cancelled)), "settlement") == []


def test_the_audit_file_of_accounts_alone_is_refused_with_the_right_one_named(tmp_path):
    data = portuguese()
    reading = read(tmp_path, data)
    assert refused_for(reading, "holds no sales invoices")
    assert "faturação" in reading.problems[0].remedy


def test_another_country_is_not_known(tmp_path):
    reading = read(tmp_path, portuguese(INVOICE, namespace="urn:OECD:StandardAuditFile-Taxation/2.00"))
    assert reading.status is ReadingStatus.NO_MAPPING


# SAF-T of Norway


def norwegian(*changes):
    data = (Path(__file__).parents[1] / "golden" / "exports" / "saft-no-ledger.xml").read_text(encoding="utf-8")
    for old, new in changes:
        assert old in data
        data = data.replace(old, new)
    return data


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (("<n1:NumberOfEntries>3", "<n1:NumberOfEntries>4"), "stated 4 lines, but 7 in 3 entries are there"),
        (("<n1:TotalDebit>2900", "<n1:TotalDebit>2901"), "stated total debit 2901"),
        (("<n1:Amount>400</n1:Amount>", "<n1:Amount>40x</n1:Amount>"), "'40x': not a number"),
        (("<n1:TransactionDate>2026-01-21", "<n1:TransactionDate>2026-13-21"), "'2026-13-21': not a day"),
        (("<n1:AccountID>6800</n1:AccountID><n1:Source", "<n1:Source"), "AccountID is blank or absent"),
        (("<n1:DebitAmount><n1:Amount>400</n1:Amount></n1:DebitAmount>", ""), "either a DebitAmount or a CreditAmount"),
    ],
)
def test_a_norwegian_file_that_contradicts_itself_is_refused(tmp_path, change, what):
    assert refused_for(read(tmp_path, norwegian(change)), what)


@pytest.mark.parametrize(
    "reference",
    ["<n1:StandardAccountID>30</n1:StandardAccountID>", "<n1:GroupingCode>3000</n1:GroupingCode>", ""],
    ids=["until 1.2", "1.3", "none"],
)
def test_norwegian_revenue_is_known_by_the_standard_chart(tmp_path, reference):
    data = norwegian(
        ("<n1:GroupingCategory>RF-1167</n1:GroupingCategory><n1:GroupingCode>3000</n1:GroupingCode>", reference)
    )
    assert amounts(read(tmp_path, data), "document", "net_minor") == [100000]


def test_a_customer_and_a_supplier_of_one_number_are_two(tmp_path):
    reading = accepted(read(tmp_path, norwegian()))
    assert {record.values.get("party") for record in reading.records} == {None, "Alfa"}
    assert [record.values["supplier"] for record in reading.records if record.kind == "gl_line"] == ["Trykkeri"]


# The mapping language


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("revenue = { accounts = ['8999-8000'] }", "ledger.revenue.accounts"),
        ("revenue = { accounts = ['80-8999'] }", "two codes of equal length"),
        ("revenue = { accounts = ['8*0'] }", "written 8000, 80* or 8000-8999"),
        ("income = { accounts = ['8000'] }", "ledger.income"),
        ("payment_days = -1", "ledger.payment_days"),
    ],
)
def test_a_wrong_ledger_table_names_its_line(tmp_path, text, what):
    with pytest.raises(MappingError) as caught:
        local(tmp_path, f'extends = "xaf-auditfile"\n[ledger]\n{text}\n')
    assert what in str(caught.value)
    assert "local.toml:" in str(caught.value)


def test_a_column_of_a_kind_that_the_mapping_does_not_give_is_refused(tmp_path):
    with pytest.raises(MappingError, match=r"columns.time_entry.kind is no field"):
        local(tmp_path, 'extends = "xaf-auditfile"\n[columns]\n"time_entry.kind" = { from = ["Paid"] }\n')


def test_a_field_that_two_kinds_read_differently_needs_the_name_of_its_kind(tmp_path):
    with pytest.raises(MappingError, match=r"name it `kind.kind`"):
        local(tmp_path, 'extends = "own-invoices"\nrecord = ["document", "settlement"]\n')


def test_a_ledger_table_for_a_plain_table_is_refused(tmp_path):
    with pytest.raises(MappingError, match="ledger serves built-in readers only"):
        local(tmp_path, 'extends = "own-invoices"\n[ledger]\npayment_days = 30\n')


def test_without_payment_days_an_invoice_has_no_due_date(tmp_path):
    mapping = next(mapping for mapping in SHIPPED if mapping.name == "xaf-auditfile")
    bare = mapping.model_copy(update={"ledger": mapping.ledger.model_copy(update={"payment_days": None})})
    (record,) = accepted(read(tmp_path, xaf(entry(*SALE)), mappings=[bare])).records
    assert record.values["due_date"] is None
