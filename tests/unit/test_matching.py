"""Who waits for a person, what is proposed, and what of a filled-in file is taken."""

import csv
from dataclasses import replace

import pytest

from connectors.errors import InputError
from connectors.identity import UNDECIDED, MatchDecisions, UnmatchedParty
from connectors.merges import Merges
from sync.errors import ConfigError
from sync.match_file import read_matches, write_matches
from sync.matching import Waiting
from sync.store.matches import MatchDecision

ACCOUNTS = {"001": "Grove Events Limited", "002": "Grove Eventz", "003": "Iris Hotels", "004": "Alfa", "005": "???"}


def party(name, handle=None, value=0):
    return UnmatchedParty(f"unmatched:{name}", handle or f"name:{name.lower()}", name, "no such name", value, 5400)


WAITING = Waiting([party("Events Grove", value=123456), party("Iris", "number:7"), party("!!!", "name:!!!")], ACCOUNTS)


def names(customer, decisions=UNDECIDED):
    return [proposal.name for proposal in WAITING.proposals(customer, decisions)]


def test_an_account_of_nearly_the_name_is_proposed_and_no_other():
    assert names(party("Events Grove")) == ["Grove Events Limited"]
    assert names(party("Grove Eventz GmbH")) == ["Grove Eventz"]
    assert names(party("Iris")) == []
    assert names(party("!!!")) == []


def test_a_rejected_account_is_not_proposed():
    rejected = MatchDecisions({}, frozenset({("name:events grove", "001")}))
    assert names(party("Events Grove"), rejected) == []


def test_at_most_three_are_proposed():
    crowd = Waiting([], {str(number): "Grove Events" for number in range(5)})
    assert len(crowd.proposals(party("Grove Events"), UNDECIDED)) == 3


def test_a_confirmed_customer_waits_no_more_unless_its_account_is_gone():
    assert WAITING.undecided(MatchDecisions({"number:7": "003"})) == [WAITING.parties[0], WAITING.parties[2]]
    assert WAITING.undecided(MatchDecisions({"number:7": "gone"})) == list(WAITING.parties)


def test_an_account_that_was_merged_away_is_its_master():
    waiting = replace(WAITING, merges=Merges({"008": "009", "009": "003", "006": "007"}))

    assert [waiting.account(each) for each in ("008", "009", "003")] == ["003"] * 3
    with pytest.raises(ConfigError, match="006"):
        waiting.account("006")


@pytest.mark.parametrize("text", ["Events Grove", "EVENTS grove", "name:Events Grove", "name:events grove"])
def test_a_customer_is_found_by_name_or_handle(text):
    assert WAITING.handle(text) == "name:events grove"


def test_a_customer_is_found_by_number_and_an_unknown_one_is_refused():
    assert WAITING.handle("7") == "number:7"
    with pytest.raises(ConfigError, match="no customer waits"):
        WAITING.handle("8")


def test_an_account_is_found_by_id_or_whole_name():
    assert WAITING.account("004") == WAITING.account("alfa") == "004"
    with pytest.raises(ConfigError, match="no account has"):
        WAITING.account("Alf")
    with pytest.raises(ConfigError, match=r"fits 2: Twin \(1\), Twin \(2\)"):
        Waiting([], {"1": "Twin", "2": "Twin"}).account("twin")


def test_a_file_holds_decisions_then_proposals_then_those_without(tmp_path):
    path = tmp_path / "matches.csv"
    hostile = Waiting([*WAITING.parties, party("=1+1")], ACCOUNTS)
    decided = [MatchDecision("number:7", "003", "confirmed"), MatchDecision("number:7", "gone", "rejected")]
    count = write_matches(path, hostile, decided, currency="EUR")
    rows = list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines()))[1:]

    assert count == len(rows) == 4
    assert rows[0] == ["number:7", "", "", "", "", "003", "Iris Hotels", "confirmed"]
    assert rows[1] == [
        *("name:events grove", "Events Grove", "1234.56", "1.50", "no such name"),
        *("001", "Grove Events Limited", ""),
    ]
    assert [row[1] for row in rows[2:]] == ["!!!", "'=1+1"]
    assert read_matches(path, hostile) == [MatchDecision("number:7", "003", "confirmed")]


def test_a_file_that_cannot_be_written_is_told(tmp_path):
    with pytest.raises(ConfigError, match="cannot be written"):
        write_matches(tmp_path / "no folder" / "matches.csv", WAITING, [], currency="EUR")


@pytest.mark.parametrize(
    ("text", "what", "line"),
    [
        ("party,account_id,decision\n7,003,\n7,003,maybe\n", "unknown decision 'maybe'", ":3"),
        ("party,account_id,decision\n7,Iris,confirmed\n", "no account has the id or name 'Iris'", ":2"),
        ("party,account_id,decision\n8,003,rejected\n", "no customer waits under the name or number '8'", ":2"),
        ("party,account_id,decision\n7,003,confirmed\n7,004,Confirmed\n", "confirmed as 003 and as 004", ":3"),
        ("party;account_id\n7;003\n", "the columns decision are missing", ""),
        ('party,account_id,decision\n"7"x,003,confirmed\n', "cannot be read", ""),
        ("party,account_id,decision\n7,003\n7,003,maybe,more\n", "unknown decision 'maybe'", ":3"),
    ],
)
def test_a_file_with_a_wrong_row_is_refused_where_it_stands(tmp_path, text, what, line):
    path = tmp_path / "matches.csv"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(InputError, match=what) as caught:
        read_matches(path, WAITING)
    assert caught.value.where == f"{path}{line}"
    assert caught.value.remedy
