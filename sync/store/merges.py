"""Accounts that people merged in the CRM, as it told them: it forgets them sooner than the books forget their names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import sqlalchemy as sa

from connectors.merges import NO_MERGES, Merges
from sync.store.tables import account_merge, merged_party


@dataclass(frozen=True, slots=True)
class KnownMerges:
    """What is remembered.

    Attributes:
        all: every step, and the customers that went with an account.
        carried: account that was merged away -> the new record that goes on where it stopped, with its closes.
    """

    all: Merges = NO_MERGES
    carried: Merges = NO_MERGES


def load_merges(connection: sa.Connection, org_id: str) -> KnownMerges:
    """Return every merge that was ever told."""
    rows = connection.execute(sa.select(account_merge).where(account_merge.c.org_id == org_id)).all()
    parties = connection.execute(sa.select(merged_party).where(merged_party.c.org_id == org_id))
    return KnownMerges(
        Merges({row.account_id: row.merged_into for row in rows}, {row.handle: row.account_id for row in parties}),
        Merges({row.account_id: row.carried_on_by for row in rows if row.carried_on_by}),
    )


def save_merges(connection: sa.Connection, org_id: str, known: KnownMerges) -> None:
    """Make what is remembered equal to `known`; only rows that differ are written."""
    before = load_merges(connection, org_id)
    _replace(connection, account_merge, _step_rows(org_id, before), _step_rows(org_id, known))
    _replace(connection, merged_party, _party_rows(org_id, before), _party_rows(org_id, known))


Rows: TypeAlias = dict[str, dict[str, object]]
"""Rows of one table by the key that tells them apart within an org."""


def _step_rows(org_id: str, known: KnownMerges) -> Rows:
    carried = known.carried.steps
    return {
        lost: {"org_id": org_id, "account_id": lost, "merged_into": kept, "carried_on_by": carried.get(lost)}
        for lost, kept in known.all.steps.items()
    }


def _party_rows(org_id: str, known: KnownMerges) -> Rows:
    parties = known.all.customers.items()
    return {handle: {"org_id": org_id, "handle": handle, "account_id": account_id} for handle, account_id in parties}


def _replace(connection: sa.Connection, table: sa.Table, held: Rows, wanted: Rows) -> None:
    keys = [column.name for column in table.primary_key]
    old = [row for key, row in held.items() if wanted.get(key) != row]
    new = [row for key, row in wanted.items() if held.get(key) != row]
    if old:
        is_old = sa.and_(*(table.c[name] == sa.bindparam(f"old_{name}") for name in keys))
        connection.execute(table.delete().where(is_old), [{f"old_{name}": row[name] for name in keys} for row in old])
    if new:
        connection.execute(table.insert(), new)
