"""What the CRM knows: parents and owners, what people decided, and the work that deals sell."""

from datetime import date
from decimal import Decimal

import pytest

from connectors.base import AccountRecord, DealRecord
from connectors.errors import InputError
from tests.unit.facts.records import hours

LAST = date(2025, 12, 31)


def deal(deal_id="d", **changes):
    stated = {
        "account_id": "001",
        "amount": Decimal("100.005"),
        "currency": None,
        "close_date": date(2026, 2, 1),
        "is_won": False,
        "is_closed": False,
        "probability": Decimal("0.4"),
    }
    return DealRecord(deal_id, **stated | changes)


def account(account_id, decision=None, until=None, **changes):
    stated = {"name": account_id, "external_key": None, "parent_id": None, "started_on": None}
    return AccountRecord(account_id, values={"decision": decision, "decision_until": until}, **stated | changes)


@pytest.mark.parametrize(
    ("stored", "expected"),
    [("Open", "open"), ("Keep", "keep"), ("Improve first", "improve_first"), ("PHASE  OUT", "phase_out")],
)
def test_a_decision_on_the_record_is_a_fact(build, rows_of, stored, expected):
    built = build(accounts=[account("1", stored, date(2026, 6, 30)), account("2"), account("3", None, LAST)])

    assert [tuple(row.values()) for row in rows_of(built, "decisions")] == [
        ("1", expected, date(2026, 6, 30)),
        ("3", None, LAST),
    ]


def test_a_decision_that_is_none_of_ours_is_refused_without_its_words(build):
    with pytest.raises(InputError, match="none of Open, Keep, Improve first, Phase out") as caught:
        build(accounts=[account("1", "Sue them")])

    assert caught.value.where == "CRM account 1"
    assert "Sue" not in str(caught.value)


def test_accounts_know_their_parent_and_owner(build, rows_of):
    built = build(hours(party="Zeta"), accounts=[account("1"), account("2", parent_id="1", owner_id="005")])

    assert [(row["account_id"], row["parent_id"], row["owner"]) for row in rows_of(built, "accounts")] == [
        ("1", None, None),
        ("2", "1", "005"),
        ("unmatched:Zeta", None, None),
    ]


def test_deals_that_are_open_or_won_are_work_ahead(build, rows_of):
    deals = [
        deal("lost", is_closed=True),
        deal("open", hours=Decimal("7.5")),
        deal("won", is_won=True, is_closed=True, probability=Decimal(1), starts_on=date(2026, 3, 1)),
    ]
    found = [tuple(row.values()) for row in rows_of(build(deals=deals), "deals")]

    assert found == [
        ("open", "001", "open", 10_001, 27_000, 400_000, date(2026, 2, 1)),
        ("won", "001", "won", 10_001, None, None, date(2026, 3, 1)),
    ]


def test_a_deal_of_an_account_that_the_crm_did_not_show_is_nobodys_work_ahead(build, rows_of):
    found = rows_of(build(deals=[deal("1"), deal("2", account_id="gone"), deal("3", account_id=None)]), "deals")

    assert [(row["deal_id"], row["account_id"]) for row in found] == [("1", "001"), ("2", None), ("3", None)]


@pytest.mark.parametrize(
    ("home", "stated", "expected"),
    [
        (
            "EUR",
            [("EUR", Decimal(3)), (None, None), ("USD", Decimal(3)), (None, Decimal("-0.005"))],
            [300, None, None, -1],
        ),
        ("JPY", [(None, Decimal("3.5"))], [4]),
        ("BHD", [("BHD", Decimal("0.0005"))], [1]),
    ],
)
def test_the_amount_of_a_deal_is_in_home_minor_units_or_unknown(build, column_of, home, stated, expected):
    deals = [deal(str(place), currency=currency, amount=amount) for place, (currency, amount) in enumerate(stated)]

    assert column_of(build(deals=deals, home=home), "deals", "amount_cents") == expected


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"amount": Decimal("1e20")}, "amount"),
        ({"hours": Decimal(-1)}, "number of hours"),
        ({"probability": Decimal("1.5")}, "probability"),
    ],
)
def test_a_number_of_a_deal_that_cannot_be_is_refused(build, changes, what):
    with pytest.raises(InputError, match=f"the {what} of this deal cannot be") as caught:
        build(deals=[deal("006", **changes)])
    assert caught.value.where == "CRM deal 006"
