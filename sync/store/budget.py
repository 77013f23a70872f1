"""API calls of an org on a day, as its answers state them; shared by all that run on this store."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from sync.store.tables import budget


@dataclass(frozen=True, slots=True)
class DayBudget:
    """Calls used and allowed on one day; `limit_calls` None: the CRM did not say."""

    used_calls: int
    limit_calls: int | None


def observe_calls(
    connection: sa.Connection, org_id: str, day: date, *, used_calls: int, limit_calls: int | None
) -> None:
    """Record what an answer says; a lower count is an older answer and changes nothing."""
    known = day_budget(connection, org_id, day)
    own = (budget.c.org_id == org_id) & (budget.c.day == day)
    connection.execute(budget.delete().where(own))
    connection.execute(
        budget.insert().values(
            org_id=org_id,
            day=day,
            used_calls=max(used_calls, known.used_calls),
            limit_calls=known.limit_calls if limit_calls is None else limit_calls,
        )
    )


def day_budget(connection: sa.Connection, org_id: str, day: date) -> DayBudget:
    """Return what is known of a day; nothing used, no limit, where nothing is."""
    own = (budget.c.org_id == org_id) & (budget.c.day == day)
    row = connection.execute(sa.select(budget.c.used_calls, budget.c.limit_calls).where(own)).first()
    return DayBudget(row.used_calls, row.limit_calls) if row else DayBudget(0, None)
