"""Who is who: numbers first, then one name exactly, never a likeness."""

import pytest

from connectors.base import AccountRecord
from connectors.identity import UNDECIDED, MatchDecisions, Party, resolve
from connectors.merges import NO_MERGES, Merges
from connectors.names import plain_name


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
        "number and name point to different accounts: Alfa Logistics B.V. (001); Borea Energy (002)",
    )


def test_an_unknown_number_falls_back_to_the_name_of_an_account_without_number():
    assert found(key="C-2", name="Borea Energy Oy") == ("002", "")


def test_an_unknown_number_never_matches_an_account_with_another_number():
    account_id, reason = found(key="C-9", name="Alfa Logistics")
    assert (account_id, reason) == (
        "unmatched:Alfa Logistics (C-9)",
        "the account of this name has another number: Alfa Logistics B.V. (001)",
    )


def test_a_name_of_two_accounts_is_ambiguous_and_the_number_settles_it():
    twins = (account("001", "Foo GmbH", "C-1"), account("002", "Foo B.V.", "C-2"))

    reason = "several accounts have this name: Foo GmbH (001), Foo B.V. (002)"
    assert found(name="foo", accounts=twins) == ("unmatched:foo", reason)
    assert found(key="C-2", name="foo", accounts=twins) == ("002", "")


def test_a_number_of_two_accounts_is_ambiguous():
    twins = (account("001", "Foo", "C-1"), account("002", "Bar", "C-1"))
    assert found(key="C-1", name="Foo", accounts=twins)[1] == "several accounts have this number: Foo (001), Bar (002)"


def test_a_record_id_that_is_another_accounts_number_is_ambiguous():
    crossed = (account("001", "Foo", "002"), account("002", "Bar"))
    assert found(key="002", accounts=crossed)[1] == "several accounts have this number: Foo (001), Bar (002)"


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


def test_an_exact_name_wins_over_the_same_name_of_another_legal_form():
    twins = (account("001", "Beta B.V."), account("002", "Beta GmbH"))

    assert found(name="BETA bv", accounts=twins) == ("001", "")
    assert (
        found(name="Beta AG", accounts=twins)[1] == "several accounts have this name: Beta B.V. (001), Beta GmbH (002)"
    )


def test_an_exact_name_of_two_accounts_is_ambiguous():
    twins = (account("001", "Beta BV"), account("002", "Beta B.V."), account("003", "Beta"))
    assert found(name="Beta bv", accounts=twins)[1] == "several accounts have this name: Beta BV (001), Beta B.V. (002)"


SITED = (
    AccountRecord("001", "Alfa", None, None, None, {}, company_number="FI20774740", website="https://www.alfa.example"),
    AccountRecord("002", "Borea", None, None, None, {}, company_number="12345678", website="borea.example"),
    AccountRecord("003", "Cirrus East", None, None, None, {}, website="cirrus.example"),
    AccountRecord("004", "Cirrus West", None, None, None, {}, website="cirrus.example"),
    AccountRecord("005", "Alfa Group Ltd", "C-5", None, None, {}, website="ltd.example"),
)


def identified(*parties, decisions=UNDECIDED, merges=NO_MERGES):
    identities = resolve(parties, SITED, decisions, merges)
    return [identities.account_ids[party.key, party.name] for party in parties], [
        party.reason for party in identities.unmatched
    ]


def customer(name, *, numbers=(), emails=(), key=None):
    return Party(key, name, company_numbers=tuple(numbers), emails=tuple(emails))


@pytest.mark.parametrize(
    "party",
    [
        customer("Alpha Oy", numbers=["2077474-0"]),
        customer("Alpha Oy", numbers=["2077474-0", "fi 20774740", "not a number"]),
        customer("Alpha Oy", emails=["Invoices@ALFA.example"]),
        customer("Alfa", numbers=["FI20774740"], emails=["me@gmail.com"]),
        customer(None, key="77", numbers=["FI20774740"]),
    ],
)
def test_a_company_number_or_a_domain_that_both_sides_state_identifies(party):
    assert identified(party) == (["001"], [])


@pytest.mark.parametrize(
    ("party", "reason"),
    [
        (
            customer("Borea", numbers=["FI20774740"]),
            "company number and name point to different accounts: Alfa (001); ",
        ),
        (customer("Borea", emails=["a@alfa.example"]), "e-mail domain and name point to different accounts"),
        (customer("Borea", numbers=["87654321"]), "the account of this name has another company number: Borea (002)"),
        (
            customer("Alpha", numbers=["FI20774740", "12345678"]),
            "several accounts have this company number: Alfa (001), Borea (002)",
        ),
        (
            customer("Omega GmbH", emails=["a@ltd.example"]),
            "the account of this e-mail domain has another legal form: Alfa Group Ltd (005)",
        ),
        (
            customer("Omega", key="9", emails=["a@ltd.example"]),
            "the account of this e-mail domain has another number: Alfa Group Ltd (005)",
        ),
        (customer("Cirrus", emails=["a@cirrus.example"]), "no account has this name"),
        (customer("Alpha", emails=["alfa@gmail.com"]), "no account has this name"),
    ],
)
def test_what_contradicts_itself_or_fits_several_is_nobody(party, reason):
    (account_id,), (told,) = identified(party)

    assert account_id.startswith("unmatched:")
    assert told.startswith(reason)


def test_a_number_of_another_register_does_not_speak_against_a_name():
    assert identified(customer("Borea", numbers=["FI01120389"])) == (["002"], [])


def test_a_domain_of_two_customers_identifies_neither():
    one, other = customer("Alpha", emails=["a@alfa.example"]), customer("Omega", emails=["o@alfa.example"])

    assert identified(one) == (["001"], [])
    assert identified(one, customer("Alpha Oy", key="9", emails=["b@alfa.example"])) == (["001", "001"], [])
    assert identified(one, other)[0] == ["unmatched:Alpha", "unmatched:Omega"]


def test_what_a_person_confirmed_goes_before_all_else():
    decisions = MatchDecisions({"name:borea": "001", "number:77": "002"})

    assert identified(customer("BOREA"), customer("Alfa", key=" 77 "), decisions=decisions) == (["001", "002"], [])


def test_a_confirmed_account_that_is_gone_leaves_the_customer_unmatched():
    decisions = MatchDecisions({"name:alfa": "009"})
    reason = "confirmed as account 009, which the CRM no longer has"

    assert identified(customer("Alfa"), decisions=decisions) == (["unmatched:Alfa"], [reason])


def test_what_a_person_rejected_is_not_taken_again():
    decisions = MatchDecisions({}, frozenset({("name:alfa", "001")}))

    assert identified(customer("Alfa"), customer("Borea"), decisions=decisions) == (
        ["unmatched:Alfa", "002"],
        ["a person said that it is not Alfa (001)"],
    )


def test_what_was_said_of_an_account_holds_for_the_one_that_took_it_over():
    merges = Merges({"007": "008", "008": "002"})
    confirmed = MatchDecisions({"name:alfa": "007"})
    rejected = MatchDecisions({}, frozenset({("name:borea", "007")}))

    assert identified(customer("Alfa"), customer("X", key="008"), decisions=confirmed, merges=merges)[0] == ["002"] * 2
    assert identified(customer("Borea"), decisions=rejected, merges=merges)[1] == [
        "a person said that it is not Borea (002)"
    ]


def test_a_confirmed_account_whose_master_is_gone_leaves_the_customer_unmatched():
    reason = "confirmed as account 007 and merged into 009, which the CRM no longer has"
    merges = Merges({"007": "008", "008": "009"})

    assert identified(customer("Alfa"), decisions=MatchDecisions({"name:alfa": "007"}), merges=merges)[1] == [reason]


def test_a_customer_of_a_merged_account_goes_with_it_unless_it_states_something_else():
    merges = Merges({"007": "002"}, {"number:c-7": "007", "number:c-8": "007", "number:c-9": "gone"})

    assert identified(customer("Zeta", key="c-7"), merges=merges) == (["002"], [])
    assert identified(customer("Alfa", key="c-8"), merges=merges)[1] == [
        "merged account and name point to different accounts: Borea (002); Alfa (001)"
    ]
    assert identified(customer("Zeta", key="c-9"), merges=merges)[1] == ["no account has this number or name"]
