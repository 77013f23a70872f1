"""The last value of each field that we confirmed in the CRM: one side of the three-way compare."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import sqlalchemy as sa

from connectors.base import FieldValue
from sync.compare import Base
from sync.store.tables import field_state
from sync.values import decoded, encoded

FieldOf: TypeAlias = tuple[str, str]
"""(account id, field key)."""


def load_bases(connection: sa.Connection, org_id: str) -> dict[FieldOf, Base]:
    """Return the confirmed value of every field that was ever ours."""
    query = sa.select(field_state.c.account_id, field_state.c.field, field_state.c.value)
    rows = connection.execute(query.where(field_state.c.org_id == org_id))
    return {(row.account_id, row.field): Base(decoded(row.value)) for row in rows}


def confirm(connection: sa.Connection, org_id: str, values: Mapping[FieldOf, FieldValue], *, run_id: str) -> None:
    """Remember values that the CRM now holds and that are ours."""
    if not values:
        return
    own = (
        (field_state.c.org_id == org_id)
        & (field_state.c.account_id == sa.bindparam("account"))
        & (field_state.c.field == sa.bindparam("key"))
    )
    connection.execute(field_state.delete().where(own), [{"account": account, "key": key} for account, key in values])
    connection.execute(
        field_state.insert(),
        [
            {"org_id": org_id, "account_id": account, "field": key, "value": encoded(value), "run_id": run_id}
            for (account, key), value in values.items()
        ],
    )
