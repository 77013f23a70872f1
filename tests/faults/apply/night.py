"""One night as the pipeline does it, reduced to the sync core: settle, pull, plan, apply."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path

import sqlalchemy as sa

from connectors.base import FieldValue
from connectors.fields import load_fields
from sync.apply import Outcome, apply_plan
from sync.plan import Plan, WantedFields, make_plan
from sync.settle import Target, settle_in_flight
from sync.store import bases, orgs, plans, runs
from sync.store.database import Store, open_store
from tests.faults.apply.crm_peer import CrmPeer

FIELDS = load_fields(Path(__file__).parents[3] / "config" / "fields.toml")
NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
AS_OF = date(2026, 10, 31)

Wishes = Mapping[str, Mapping[str, FieldValue]]


class Night:
    """A state folder and a CRM, and what a run does with them."""

    def __init__(self, store_path: Path, crm: CrmPeer) -> None:
        self.store_path = store_path
        self.crm = crm
        self.last_settled: Mapping[str, int] = {}

    def open(self) -> Store:
        """Open the store; each commit is a step of the peer's `at`, like its own."""
        store = open_store(self.store_path)
        sa.event.listen(store._engine, "commit", lambda _connection: self.crm.at("commit"))
        return store

    def plan(self, wishes: Wishes, *, store: Store | None = None) -> Plan:
        own = store or self.open()
        try:
            return self._plan(wishes, self._begin(own))
        finally:
            if store is None:
                own.close()

    def run(self, wishes: Wishes) -> tuple[Plan, Outcome]:
        """Settle, plan and apply, all in one run."""
        store = self.open()
        try:
            target = self._begin(store)
            self.last_settled = settle_in_flight(target)
            plan = self._plan(wishes, target)
            return plan, self._apply(plan, target)
        finally:
            store.close()

    def apply(self, plan: Plan) -> Outcome:
        """Apply a plan that was made before."""
        store = self.open()
        try:
            target = self._begin(store)
            return self._apply(plan, target)
        finally:
            store.close()

    def _begin(self, store: Store) -> Target:
        identity = self.crm.check()
        start = runs.RunStart(identity.org_id, "sync", AS_OF, "hash", "host", 1)
        with store.write() as connection:
            orgs.bind_org(connection, identity, now=NOON)
            run_id = runs.start_run(connection, start, now=NOON)
        fields = {spec.key: spec for spec in FIELDS}
        return Target(self.crm, store, fields, identity.org_id, run_id, lambda: NOON)

    def _plan(self, wishes: Wishes, target: Target) -> Plan:
        with target.store.read() as connection:
            base = bases.load_bases(connection, target.org_id)
        wanted = [WantedFields(account, values, "because") for account, values in wishes.items()]
        current = list(self.crm.pull_accounts())
        plan = make_plan(wanted, current, base, fields=FIELDS, run_id=target.run_id, as_of=AS_OF)
        with target.store.write() as connection:
            plans.save_plan(connection, plan, target.org_id, now=NOON)
        return plan

    def _apply(self, plan: Plan, target: Target) -> Outcome:
        with target.store.write() as connection:
            plans.begin_plan(connection, plan.plan_id)
        outcome = apply_plan(plan, target)
        status = runs.RunStatus.DONE if outcome.is_complete else runs.RunStatus.PARTIAL
        with target.store.write() as connection:
            plans.finish_plan(connection, plan.plan_id)
            runs.finish_run(connection, target.run_id, status=status, counters=outcome.counters(), now=NOON)
        return outcome
