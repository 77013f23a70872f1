"""Whatever the records and the maps say, nothing is lost and nothing counts twice on the way to the facts."""

from collections import Counter
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.base import AccountRecord
from connectors.exports.reading import FileReading, ReadingStatus, Record
from connectors.facts.build import build_facts
from connectors.ledger.ledger import Ledger
from connectors.maps import CategoryMap, GlAccountMap

pytestmark = pytest.mark.slow

ACCOUNTS = [
    AccountRecord("001", "Alfa", "C-1", None, None, {}),
    AccountRecord("002", "Beta B.V.", None, None, None, {}),
    AccountRecord("003", "Beta NV", None, None, None, {}),
]
USES = {"310": "pass_through", "320": "contractor", "400": "pool:fairs", "800": "ignore"}
CATEGORIES = CategoryMap({"design": "delivery", "calls": "service"}, {"sales": "sales"})

dates = st.dates(date(2025, 1, 1), date(2025, 3, 31))
amounts = st.integers(-(10**6), 10**12)
parties = st.fixed_dictionaries(
    {
        "party": st.sampled_from([None, "Alfa", "ALFA bv", "Beta", "Zeta", "zeta", "Zeta Ltd"]),
        "party_key": st.sampled_from([None, None, "C-1", "Z"]),
    }
)
rates = st.sampled_from([(None, None), ("EUR", "1"), ("USD", "0.9"), ("USD", "0.91"), ("JPY", "0.006")])
labels = st.sampled_from([None, "Design", "design ", "Calls", "Sales", "Misc"])


def with_rate(values, rate):
    return values | {"currency": rate[0], "fx_rate": rate[1]}


hours = st.builds(
    lambda party, day, person, task, tags, seconds: Record(
        "time_entry",
        party | {"work_date": day, "person": person, "task": task, "tags": tags, "worked_seconds": seconds},
        2,
    ),
    parties,
    dates,
    st.sampled_from(["ada", "ADA", "bob"]),
    labels,
    labels,
    st.integers(0, 10**6),
)
postings = st.builds(
    lambda party, day, account, supplier, amount, rate: Record(
        "gl_line",
        with_rate(
            party | {"line_date": day, "gl_account": account, "supplier": supplier, "amount_minor": amount}, rate
        ),
        2,
    ),
    parties,
    dates,
    st.sampled_from([*USES, "999"]),
    st.sampled_from([None, "Rail"]),
    amounts,
    rates,
)
days = st.none() | st.dates(date(2024, 1, 1), date(2027, 12, 31))
contracts = st.builds(
    lambda party, span, notice, months, seconds, score: Record(
        "contract",
        party
        | dict(zip(("start", "end"), span, strict=True))
        | {
            "notice_days": notice,
            "renewal_months": months,
            "contracted_hours_seconds": seconds,
            "satisfaction": score,
        },
        2,
    ),
    parties.filter(lambda party: any(party.values())),
    st.tuples(days, days).filter(lambda span: None in span or span[0] <= span[1]),
    st.none() | st.integers(0, 180),
    st.none() | st.integers(1, 24),
    st.none() | st.integers(0, 10**7),
    st.sampled_from([None, "7", "8.5"]),
)
invoices = st.lists(
    st.tuples(parties.filter(lambda party: any(party.values())), dates, st.integers(0, 10**12), rates), max_size=6
).map(
    lambda rows: [
        Record(
            "document",
            with_rate(
                party
                | {
                    "document_id": str(number),
                    "kind": "invoice",
                    "issue_date": day,
                    "due_date": day,
                    "net_minor": net,
                },
                rate,
            ),
            2,
        )
        for number, (party, day, net, rate) in enumerate(rows)
    ]
)


def built_from(records, folder):
    ledger = Ledger(Path(folder))
    ledger.take([FileReading(Path("in.csv"), "ab", ReadingStatus.ACCEPTED, "own", 1, tuple(records))])
    return build_facts(
        ledger,
        ACCOUNTS,
        [],
        categories=CATEGORIES,
        gl_accounts=GlAccountMap(USES, {"rail": "expense"}),
        home_currency="EUR",
        dates={},
    )


def table(built, name, columns):
    path = built.facts.tables[name]
    return duckdb.execute(f"SELECT {columns} FROM read_parquet($path)", {"path": path}).fetchall()  # noqa: S608 own names


@settings(max_examples=12, deadline=None)
@given(st.lists(hours, max_size=12), st.lists(postings, max_size=12), invoices)
def test_what_goes_in_comes_out(hours, postings, invoices):
    with TemporaryDirectory() as folder:
        built = built_from([*hours, *postings, *invoices], folder)
        seconds = table(built, "time_entries", "account_id IS NULL, worked_seconds")
        costs = table(built, "direct_costs", "currency, amount_minor")
        documents = table(built, "documents", "currency, net_minor")
        accounts = table(built, "accounts", "account_id")
        used = {
            row[0] for name in ("documents", "time_entries", "direct_costs") for row in table(built, name, "account_id")
        }

    assert sum(worked for _, worked in seconds) == sum(record.values["worked_seconds"] for record in hours)
    assert sum(worked for is_internal, worked in seconds if is_internal) == sum(
        record.values["worked_seconds"]
        for record in hours
        if record.values["party"] is None and record.values["party_key"] is None
    )
    kept = [record for record in postings if is_cost(record)]
    assert totals(costs) == totals((record.values["currency"], record.values["amount_minor"]) for record in kept)
    assert totals(documents) == totals((record.values["currency"], record.values["net_minor"]) for record in invoices)
    assert len(set(accounts)) == len(accounts)
    assert used - {None} <= {account_id for (account_id,) in accounts}


def is_cost(record):
    use = USES.get(record.values["gl_account"])
    if use == "ignore":
        return False
    return record.values["supplier"] == "Rail" or use != "pool:fairs"


def totals(rows):
    found = Counter()
    for currency, amount in rows:
        found[currency or "EUR"] += amount
    return {currency: amount for currency, amount in found.items() if amount}


@settings(max_examples=6, deadline=None)
@given(
    st.lists(hours, max_size=8),
    st.lists(postings, max_size=8),
    invoices,
    st.lists(contracts, max_size=8),
    st.randoms(use_true_random=False),
)
def test_the_order_of_records_changes_no_fact(hours, postings, invoices, contracts, random):
    records = [*hours, *postings, *invoices, *contracts]
    with TemporaryDirectory() as folder:
        before = every_row(built_from(records, folder))
    random.shuffle(records)
    with TemporaryDirectory() as folder:
        assert every_row(built_from(records, folder)) == before


def every_row(built):
    return {name: table(built, name, "*") for name in built.facts.tables}
