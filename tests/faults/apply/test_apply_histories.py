"""Random histories of nights, edits, faults and kills: the invariants hold after each step."""

from __future__ import annotations

import json
import shutil
import sqlite3
import tempfile
from contextlib import closing, suppress
from itertools import count
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from connectors.errors import CrmUnavailableError
from sync.apply import Fate
from sync.values import decoded
from tests.faults.apply.crm_peer import CrmPeer, Faults, undisturbed
from tests.faults.apply.night import Night

pytestmark = pytest.mark.slow

ACCOUNTS = ["a1", "a2", "a3"]
OURS = ["A", "B", "C"]
THEIRS = ["D", "N"]  # values that are never wanted: whoever overwrites them has overwritten a person's


class Killed(BaseException):
    """Ends a run as a kill would."""


class Nights(RuleBasedStateMachine):
    """One store and one CRM through many nights."""

    def __init__(self):
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.peer = CrmPeer(self.folder / "crm.json")
        for account in ACCOUNTS:
            self.peer.put(account, {"tier": None}, who="seed")
        self.night = Night(self.folder / "state" / "store.sqlite", self.peer)
        self.night.open().close()
        self.wishes = {account: {"tier": "B", "reason": "first"} for account in ACCOUNTS}
        self.edited = set()

    def teardown(self):
        shutil.rmtree(self.folder)

    @initialize(is_new=st.booleans())
    def begin(self, is_new):
        if not is_new:
            self.night.run(self.wishes)

    @rule(account=st.sampled_from(ACCOUNTS), tier=st.sampled_from([*OURS, *THEIRS, None]))
    def a_person_edits(self, account, tier):
        self._edit(account, tier)

    @rule(account=st.sampled_from(ACCOUNTS), tier=st.sampled_from(OURS), reason=st.sampled_from(["first", "second"]))
    def the_verdict_changes(self, account, tier, reason):
        self.wishes[account] = {"tier": tier, "reason": reason}

    @rule()
    def a_quiet_night_is_followed_by_one_that_writes_nothing(self):
        _plan, outcome = self.night.run(self.wishes)
        written = len(self.peer.writes())
        _plan, second = self.night.run(self.wishes)

        tiers = {account: values["tier"] for account, values in self.peer.records.items()}
        assert outcome.is_complete
        assert {
            tiers[account] == self.wishes[account]["tier"] for account in ACCOUNTS if account not in self.edited
        } <= {True}
        assert second.planned == 0
        assert len(self.peer.writes()) == written

    @rule(account=st.sampled_from(ACCOUNTS), theirs=st.sampled_from(THEIRS), tier=st.sampled_from(OURS))
    def a_person_and_the_next_verdict_disagree(self, account, theirs, tier):
        self._edit(account, theirs)
        self.wishes[account] = {"tier": tier, "reason": "first"}
        self.night.run(self.wishes)

    @rule(read=st.integers(1, 4), edited=st.sampled_from(ACCOUNTS), tier=st.sampled_from(THEIRS))
    def a_person_edits_while_a_night_runs(self, read, edited, tier):
        """Just before a read; between a read and the write that follows it no batch call of a CRM can see an edit."""
        reads = count(1)

        def at(step):
            if step == "read" and next(reads) == read:
                self._edit(edited, tier)

        self.peer.at = at
        self.night.run(self.wishes)
        self.peer.at = undisturbed

    @rule(step=st.integers(1, 16), edited=st.sampled_from([None, *ACCOUNTS]))
    def a_night_dies(self, step, edited):
        steps = count(1)

        def at(_step):
            if next(steps) == step:
                if edited:
                    self._edit(edited, "D")
                raise Killed

        self.peer.at = at
        with suppress(Killed):
            self.night.run(self.wishes)
        self.peer.at = undisturbed

    @rule(
        rejected=st.sets(st.sampled_from(ACCOUNTS), max_size=1),
        ignored=st.sets(st.sampled_from(ACCOUNTS), max_size=1),
        lost=st.sampled_from(["no", "before", "after"]),
        raises=st.booleans(),
        reads_left=st.sampled_from([None, None, 1, 2, 3]),
    )
    def a_night_with_faults(self, rejected, ignored, lost, raises, reads_left):
        faults = Faults(rejected, ignored, set(), int(lost == "before"), int(lost == "after"), raises, reads_left)
        self.peer.faults = faults
        try:
            _plan, outcome = self.night.run(self.wishes)
        except CrmUnavailableError:
            assert reads_left is not None  # settling needs reads: a CRM that is down ends the run before its plan
        else:
            assert sum(outcome.count(fate) for fate in Fate) == outcome.planned
        self.peer.faults = Faults()

    def _edit(self, account, tier):
        self.edited.add(account)
        self.peer.put(account, {"tier": tier})

    @invariant()
    def no_value_of_a_person_is_overwritten(self):
        assert [entry for entry in self.peer.history if entry[0] == "product" and entry[3] in THEIRS] == []

    @invariant()
    def every_write_was_announced_with_the_value_before_it(self):
        with closing(sqlite3.connect(self.night.store_path)) as connection:
            rows = connection.execute("SELECT account_id, field, previous, wanted FROM journal").fetchall()
        announced = [
            (account, field, decoded(json.loads(old)), decoded(json.loads(new))) for account, field, old, new in rows
        ]
        for who, account, field, old, new in self.peer.history:
            if who == "product":
                announced.remove((account, field, old, new))  # fails where a write has no row of its own


TestNights = Nights.TestCase
TestNights.settings = settings(
    max_examples=15, stateful_step_count=8, deadline=None, suppress_health_check=list(HealthCheck)
)
