"""What a merge does to decisions, closes, confirmed values, guards and what stood in the way before."""

from __future__ import annotations

import shutil
from contextlib import closing
from datetime import UTC, date, datetime
from types import SimpleNamespace

import duckdb
import pytest

from connectors.base import AccountRecord, CrmIdentity, FieldSpec
from connectors.facts.build import ACCOUNTS_FILE, PARTIES_FILE
from connectors.merges import Merges
from sync.closing import close_history
from sync.compare import Action
from sync.figures import night_figures
from sync.merging import MergedAccount, take_merges
from sync.plan import Finding, Plan
from sync.report.plan import merged_lines
from sync.settle import Target
from sync.store import bases, closes, journal, matches, orgs, runs
from sync.store.closes import AccountClose
from sync.store.database import open_store
from sync.store.journal import Intent, Settlement, State
from sync.store.matches import MatchDecision
from sync.store.merges import KnownMerges, load_merges, save_merges

ORG = "00D1"
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
SEP, OCT = date(2026, 9, 30), date(2026, 10, 31)
TIER = FieldSpec("tier", "Tier", "", "text", "product", "tier", {})
STEP = FieldSpec("next_step", "Next step", "", "text", "product", "tier", {})
FIELDS = {spec.key: spec for spec in (TIER, STEP)}


@pytest.fixture(scope="module")
def new_store(tmp_path_factory):
    """Return a store that is bound and empty; to be copied."""
    path = tmp_path_factory.mktemp("new") / "store.sqlite"
    with closing(open_store(path)) as store, store.write() as connection:
        orgs.bind_org(connection, CrmIdentity("salesforce", ORG, "Acme", "integration"), now=NOW)
    return path


@pytest.fixture
def store(new_store, tmp_path):
    shutil.copy(new_store, tmp_path)
    with closing(open_store(tmp_path / new_store.name)) as store:
        yield store


@pytest.fixture
def run_id(store):
    with store.write() as connection:
        return runs.start_run(connection, runs.RunStart(ORG, "sync", OCT, "hash", "host", 7), now=NOW)


class Told:
    """A CRM that has been asked for its accounts, and tells these merges."""

    def __init__(self, steps):
        self.steps, self.vanished = steps, None

    def pull_merges(self, _accounts, vanished):
        self.vanished = set(vanished)
        return self.steps


@pytest.fixture
def night(store, run_id, tmp_path):
    """Take the merges of one night: what the CRM tells, and what its accounts show in our fields."""

    def take(told, **shown):
        crm = Told(told)
        accounts = [AccountRecord(each, each.upper(), None, None, None, values) for each, values in shown.items()]
        target = Target(crm, store, FIELDS, ORG, run_id, lambda: NOW)  # type: ignore[arg-type]
        known, news = take_merges(target, accounts, tmp_path)
        return SimpleNamespace(known=known, news=news, vanished=crm.vanished)

    return take


@pytest.fixture
def confirmed(store, run_id):
    """Let values be ours; or return those that are."""

    def confirm(values=None):
        with store.write() as connection:
            bases.confirm(connection, ORG, values or {}, run_id=run_id)
            return {key: base.value for key, base in bases.load_bases(connection, ORG).items()}

    return confirm


def left_behind(folder, file, columns, rows):
    (folder / file).parent.mkdir(exist_ok=True)
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE left_behind ({columns})")
        connection.executemany(f"INSERT INTO left_behind VALUES ({', '.join('?' * len(rows[0]))})", rows)  # noqa: S608
        connection.table("left_behind").write_parquet(str(folder / file))


def test_what_is_known_of_merges_is_kept_changed_and_forgotten(store):
    first = KnownMerges(Merges({"a": "b", "c": "d"}, {"number:7": "a"}), Merges({"c": "d"}))
    second = KnownMerges(Merges({"a": "e", "f": "g"}, {"number:7": "a", "name:foo": "f"}), Merges({"f": "g"}))
    for known in (first, second, second):
        with store.write() as connection:
            save_merges(connection, ORG, known)
            assert load_merges(connection, ORG) == known


def test_what_was_said_of_two_accounts_is_said_of_the_one_that_is_left():
    said = [
        MatchDecision("number:1", "a", "confirmed"),
        MatchDecision("number:1", "b", "rejected"),
        MatchDecision("number:2", "a", "rejected"),
    ]
    left = [MatchDecision("number:1", "b", "confirmed"), MatchDecision("number:2", "b", "rejected")]

    assert matches.followed(said, Merges({"a": "b"})) == left
    assert matches.followed(said[::-1], Merges({"a": "b"})) == left
    assert matches.followed(said, Merges()) == said


def test_a_later_decision_on_the_master_replaces_the_one_on_the_merged_account(store):
    merges = Merges({"a": "b"})
    for verdict in ("confirmed", "rejected"):
        account = {"confirmed": "a", "rejected": "b"}[verdict]
        with store.write() as connection:
            decision = MatchDecision("number:1", account, verdict)
            matches.save_decisions(connection, ORG, [decision], now=NOW, merges=merges)

    with store.read() as connection:
        assert matches.load_decisions(connection, ORG) == [MatchDecision("number:1", "b", "rejected")]


def test_customers_go_with_their_account_and_only_accounts_that_were_seen_are_news(night, tmp_path):
    left_behind(
        tmp_path,
        ACCOUNTS_FILE,
        "account_id TEXT, name TEXT, is_matched BOOLEAN",
        [("a", "Alfa", True), ("b", "B", True)],
    )
    parties = [("7", "Alfa", "a"), (None, "Beta BV", "b")]
    left_behind(tmp_path, PARTIES_FILE, "party_key TEXT, party TEXT, account_id TEXT", parties)

    first = night({"a": "b", "old": "b"}, b={})
    second = night({}, b={})

    assert (first.vanished, first.news) == ({"a"}, (MergedAccount("a", "Alfa", "b"),))
    assert first.known.all == Merges({"a": "b", "old": "b"}, {"number:7": "a"})
    assert (second.known, second.news) == (first.known, ())


def test_a_master_keeps_its_own_values_and_knows_those_that_the_merge_brought(night, confirmed):
    confirmed({("a", "tier"): "A", ("a", "next_step"): "Ask", ("b", "tier"): "B", ("b", "next_step"): "Wait"})

    known = night({"a": "b"}, b={"tier": "B", "next_step": "Ask"}).known

    assert known.carried == Merges()
    values = confirmed()
    assert (values["b", "tier"], values["b", "next_step"]) == ("B", "Ask")


def test_a_value_of_a_person_stands_on_the_master_and_is_no_value_of_ours(night, confirmed):
    confirmed({("a", "tier"): "A", ("b", "tier"): "B"})

    night({"a": "b"}, b={"tier": "C"})

    assert confirmed()["b", "tier"] == "B"


def test_a_new_record_goes_on_where_the_one_stopped_whose_values_it_shows(night, confirmed):
    confirmed({("a", "tier"): "A", ("a", "next_step"): "Ask", ("b", "tier"): "A", ("b", "next_step"): "Wait"})

    known, again = (night({"a": "new", "b": "new"}, new={"tier": "A", "next_step": "Wait"}).known for _ in range(2))

    assert known.carried.steps == {"b": "new"}
    assert again == known
    assert (confirmed()["new", "tier"], confirmed()["new", "next_step"]) == ("A", "Wait")


def test_a_record_that_is_merged_again_is_gone_on_with_as_well(night, confirmed):
    confirmed({("a", "tier"): "A"})
    night({"a": "new"}, new={"tier": "A"})

    known = night({"new": "newer", "b": "newer"}, newer={"tier": "A"}).known

    assert known.carried.steps == {"a": "new", "new": "newer"}


def test_of_two_merges_in_one_night_the_last_record_goes_on(night, confirmed):
    confirmed({("a", "tier"): "A"})

    assert night({"a": "b", "b": "c"}, c={"tier": "A"}).known.carried.steps == {"a": "c"}


def test_what_a_person_had_changed_before_the_merge_is_still_theirs_on_the_new_record(night, confirmed):
    confirmed({("a", "tier"): "A", ("a", "next_step"): "Ask"})

    night({"a": "new"}, new={"tier": "A", "next_step": "Call them"})

    assert confirmed()["new", "next_step"] == "Ask"


def test_a_new_record_that_shows_nothing_of_ours_begins_anew(night, confirmed):
    confirmed({("a", "tier"): "A"})

    assert night({"a": "new"}, new={"tier": None}).known.carried == Merges()
    assert confirmed() == {("a", "tier"): "A"}


def test_a_value_that_was_sent_to_a_record_that_is_gone_is_ours(night, store, run_id, confirmed):
    intent = Intent(run_id, "a", "tier", "B", "C")
    with store.write() as connection:
        journal.announce(connection, ORG, [intent], now=NOW)
        journal.settle(connection, [Settlement(intent, State.GONE)], now=NOW)

    night({"a": "new"}, new={"tier": "C"})

    assert confirmed() == {("new", "tier"): "C"}


def test_an_account_that_was_restored_is_itself_again(night):
    night({"a": "b"}, b={})

    assert night({}, a={}, b={}).known.all.steps == {}
    assert night({}, b={}).known.all.master("a") == "a"


def test_the_closes_of_a_master_are_its_own_and_a_new_record_goes_on_with_those_it_carries(store, run_id):
    def closed(*rows):
        return [AccountClose(account, tier, tier, SEP, {}) for account, tier in rows]

    with store.write() as connection:
        for day, rows in ((SEP, [("a", "A"), ("b", "B")]), (OCT, [("b", "C"), ("new", "A")])):
            closes.save_close(connection, ORG, day, run_id=run_id, totals_cents={}, accounts=closed(*rows))
        own, carried = (close_history(connection, ORG, each) for each in (Merges(), Merges({"a": "new"})))

    def of(history, account):
        return list(history[history["account_id"] == account]["published_tier"])

    assert (of(own, "new"), of(carried, "new")) == (["A"], ["A", "A"])
    assert of(own, "b") == of(carried, "b") == ["B", "C"]


def test_what_stood_in_the_way_on_a_merged_account_is_no_news_on_its_master():
    def plan(*accounts):
        findings = tuple(Finding(each, "tier", Action.OVERRIDE, "A", "B") for each in accounts)
        return Plan("run-1", OCT, 1, (), findings, 0, ())

    assert plan("b").new_findings(plan("a"), Merges({"a": "b"})) == ()
    assert plan("b").new_findings(plan("a")) == plan("b").findings


def test_accounts_that_were_merged_away_are_missed_by_no_guard(store, run_id):
    before = {"pulled_accounts": 10, "pulled_deals": 4, "merged_accounts": 3, "matched_value_cents": 0, "planned": 1}
    with store.write() as connection:
        runs.finish_run(connection, run_id, status=runs.RunStatus.DONE, counters=before, now=NOW)
    now = {"pulled_accounts": 8, "pulled_deals": 4, "merged_accounts": 5, "matched_value_cents": 0, "totals_cents": {}}
    plan = Plan("run-2", OCT, 1, (), (), 0, ())

    figures = night_figures(now, SimpleNamespace(coverage_dates={}), store, org_id=ORG, plan=plan, today=OCT)

    assert (figures.pulled, figures.pulled_before) == ({"accounts": 8, "deals": 4}, {"accounts": 8, "deals": 4})


def test_the_plan_tells_people_each_merge_and_what_it_restates():
    planned = SimpleNamespace(
        accounts={"b": AccountRecord("b", "Beta", None, None, None, {})},
        merged=(MergedAccount("a", "Alfa", "b"), MergedAccount("c", "Cirrus", "d")),
        restated={"b": (100_00, -250_00)},
        plan=Plan("run-1", OCT, 1, (), (), 0, ()),
        verdicts=SimpleNamespace(home_currency="EUR"),
    )

    assert merged_lines(planned) == [
        "Merged     Alfa (a) into Beta (b)",
        "Merged     Cirrus (c) into d, which is gone",
        "Restated   Beta (b): net profit 100.00 at the close of 2026-10-31, now -250.00 EUR",
    ]
