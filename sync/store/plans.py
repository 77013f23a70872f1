"""Saved plans: what a person can read today and approve tomorrow, until it is too old."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from sync.errors import PlanError
from sync.plan import Plan
from sync.store.tables import plan as plan_table
from sync.store.tables import run as run_table

PLAN_LIFE = timedelta(hours=36)
"""How long a saved plan may wait for approval: until the morning after the next night."""

_READY, _SUPERSEDED, _APPLYING, _APPLIED = "ready", "superseded", "applying", "applied"
_REMEDY = "Make a new plan: `whalecurve plan`."


def save_plan(connection: sa.Connection, plan: Plan, org_id: str, *, now: datetime) -> None:
    """Save a plan; older ones of this org can no longer be applied."""
    own = plan_table.c.org_id == org_id
    connection.execute(plan_table.update().where(own, plan_table.c.state == _READY).values(state=_SUPERSEDED))
    connection.execute(
        plan_table.insert().values(
            plan_id=plan.plan_id,
            digest=plan.digest,
            org_id=org_id,
            run_id=plan.run_id,
            state=_READY,
            created=now,
            expires=now + PLAN_LIFE,
            reason="",
            payload=plan.to_json(),
        )
    )


def load_plan(connection: sa.Connection, plan_id: str, org_id: str, *, config_hash: str, now: datetime) -> Plan:
    """Return a saved plan that may still be applied under the rules in force.

    Raises:
        PlanError: unknown, of another org, too old, superseded, already applied, made under another configuration,
            or changed since it was saved.
    """
    row = connection.execute(
        sa.select(plan_table, run_table.c.config_hash)
        .join(run_table, plan_table.c.run_id == run_table.c.run_id)
        .where(plan_table.c.plan_id == plan_id, plan_table.c.org_id == org_id)
    ).first()
    where = f"plan {plan_id}"
    if row is None:
        raise PlanError("no such plan in this store", where=where, remedy=_REMEDY)
    if row.state != _READY:
        raise PlanError(f"the plan is {row.state}, expected {_READY}", where=where, remedy=_REMEDY)
    if now >= row.expires:
        raise PlanError(f"the plan expired at {row.expires:%Y-%m-%d %H:%M} UTC", where=where, remedy=_REMEDY)
    if row.config_hash != config_hash:
        raise PlanError("the configuration is another one since the plan was made", where=where, remedy=_REMEDY)
    plan = Plan.from_json(row.payload)
    if plan.digest != row.digest:
        raise PlanError("the plan is not the one that was saved", where=where, remedy=_REMEDY)
    return plan


def approve_plan(connection: sa.Connection, plan_id: str, reason: str, *, now: datetime) -> None:
    """Record that a person approved a plan, and why.

    Raises:
        PlanError: no reason is given.
    """
    if not reason.strip():
        raise PlanError("no reason is given", where=f"plan {plan_id}", remedy='Say why it is right: --reason "...".')
    connection.execute(
        plan_table.update().where(plan_table.c.plan_id == plan_id).values(approved=now, reason=reason.strip())
    )


def begin_plan(connection: sa.Connection, plan_id: str) -> None:
    """Record that a plan is about to be applied; it can never be applied again, even if this run dies."""
    connection.execute(plan_table.update().where(plan_table.c.plan_id == plan_id).values(state=_APPLYING))


def finish_plan(connection: sa.Connection, plan_id: str) -> None:
    """Record that a plan was applied."""
    connection.execute(plan_table.update().where(plan_table.c.plan_id == plan_id).values(state=_APPLIED))


def last_applied(connection: sa.Connection, org_id: str, *, before: str) -> Plan | None:
    """Return the plan that was applied last but for the one of the run `before`, None where there is none."""
    query = (
        sa.select(plan_table.c.payload)
        .join(run_table, plan_table.c.run_id == run_table.c.run_id)
        .where(plan_table.c.org_id == org_id, plan_table.c.run_id != before, plan_table.c.state == _APPLIED)
    )
    payload = connection.execute(query.order_by(run_table.c.seq.desc()).limit(1)).scalar()
    return Plan.from_json(payload) if payload else None
