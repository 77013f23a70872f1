"""Who is who: numbers first, then one name exactly, never a likeness."""

import pytest

from connectors.base import AccountRecord
from connectors.identity import Party, plain_name, resolve


def account(account_id, name, external_key=None):
    return AccountRecord(account_id, name, external_key, None, None, {})


ACCOUNTS = (account("001", "Alfa Logistics B.V.", "C-1"), account("002", "Borea Energy"), account("003", "Cirrus GmbH"))


def found(key=None, name=None, accounts=ACCOUNTS):
    identities = resolve([Party(key, name)], accounts)
    reason = identities.unmatched[0].reason if identities.unmatched else ""
    return identities.account_ids[key, name], reason


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Alfa Logistics B.V.", "ALFA  logistics bv"),
        ("Alfa Logistics B. V.", "Alfa Logistics"),
        ("Müller & Söhne GmbH & Co. KG", "Muller, Sohne GmbH&Co KG"),
        ("Ångström Oy", "Angstrom"),
        ("Łódź Sp. z o.o.", "Lodz sp.z o.o."),
        ("Øresund A/S", "Oresund AS"),
        ("Société Générale S.A.", "Societe Generale SA"),
        ("O\u2019Neil Ltd", "O'Neil Limited"),
        ("Foo Co., Ltd.", "Foo Ltd"),
        ("Straße AG", "STRASSE Aktiengesellschaft"),
        ("Acme, Inc.", "acme incorporated"),
        ("\uff26\uff4f\uff4f", "foo"),
        ("Café", "Cafe\u0301"),
    ],
)
def test_these_are_one_name(one, other):
    accounts = (account("001", one),)
    assert found(name=other, accounts=accounts) == ("001", "")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Foo GmbH", "Foo AG"),
        ("Alfa Logistics", "Alfa Logistic"),
        ("Alfa Logistics", "Logistics Alfa"),
        ("Alfa Logistics", "AlfaLogistics"),
        ("Alfa", "Alfa Holding"),
        ("カキ", "ガキ"),
        ("BV", "NV"),
    ],
)
def test_these_are_two_names(one, other):
    account_id, reason = found(name=other, accounts=(account("001", one),))
    assert account_id == f"unmatched:{other}"
    assert reason


def test_a_legal_form_alone_is_a_name():
    assert plain_name("BV") == ("bv", "")
    assert plain_name("AB Sweden AB") == ("ab sweden", "ab")


def test_a_name_of_signs_alone_matches_nothing():
    assert found(name="!!!", accounts=(account("001", "???"),)) == ("unmatched:!!!", "no account has this name")


@pytest.mark.parametrize("key", ["001", "C-1", " C-1 "])
def test_the_record_id_and_the_customer_number_match(key):
    assert found(key=key) == ("001", "")


def test_a_number_wins_over_a_name_that_no_account_has():
    assert found(key="C-1", name="Alfa Group") == ("001", "")


def test_a_number_and_a_name_of_different_accounts_match_neither():
    assert found(key="C-1", name="Borea Energy") == (
        "unmatched:Borea Energy (C-1)",
        "number and name point to different accounts",
    )


def test_an_unknown_number_falls_back_to_the_name_of_an_account_without_number():
    assert found(key="C-2", name="Borea Energy Oy") == ("002", "")


def test_an_unknown_number_never_matches_an_account_with_another_number():
    account_id, reason = found(key="C-9", name="Alfa Logistics")
    assert (account_id, reason) == ("unmatched:Alfa Logistics (C-9)", "the account of this name has another number")


def test_a_name_of_two_accounts_is_ambiguous_and_the_number_settles_it():
    twins = (account("001", "Foo", "C-1"), account("002", "Foo B.V.", "C-2"))

    assert found(name="foo", accounts=twins) == ("unmatched:foo", "several accounts have this name")
    assert found(key="C-2", name="foo", accounts=twins) == ("002", "")


def test_a_number_of_two_accounts_is_ambiguous():
    twins = (account("001", "Foo", "C-1"), account("002", "Bar", "C-1"))
    assert found(key="C-1", name="Foo", accounts=twins)[1] == "several accounts have this number"


def test_a_record_id_that_is_another_accounts_number_is_ambiguous():
    crossed = (account("001", "Foo", "002"), account("002", "Bar"))
    assert found(key="002", accounts=crossed)[1] == "several accounts have this number"


def test_unmatched_are_listed_by_value_then_hours():
    parties = [Party(None, "Small", 100, 0), Party(None, "Worked", 0, 3600), Party(None, "Big", 900, 0)]
    listed = [party.name for party in resolve(parties, ()).unmatched]

    assert listed == ["Big", "Small", "Worked"]


def test_spellings_of_one_unmatched_name_are_one_customer():
    parties = [Party(None, "Zeta B.V.", 100, 0), Party(None, "ZETA bv", 50, 3600), Party(None, "Zeta", 1, 0)]
    identities = resolve(parties, ())

    ids = [identities.account_ids[None, name] for name in ("Zeta B.V.", "ZETA bv", "Zeta")]
    assert ids == ["unmatched:ZETA bv", "unmatched:ZETA bv", "unmatched:Zeta"]
    assert [(party.value_cents, party.worked_seconds) for party in identities.unmatched] == [(150, 3600), (1, 0)]


def test_one_unmatched_number_is_one_customer_under_any_name():
    identities = resolve([Party("9", "Foo", 1, 0), Party("9", "Foo Group", 2, 0), Party("8", "Foo", 4, 0)], ())

    assert [(party.account_id, party.value_cents) for party in identities.unmatched] == [
        ("unmatched:Foo (8)", 4),
        ("unmatched:Foo (9)", 3),
    ]
