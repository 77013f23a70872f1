"""The one org or portal that a store belongs to."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from connectors.base import CrmIdentity
from sync.errors import OrgMismatchError
from sync.store.tables import org


def bind_org(connection: sa.Connection, identity: CrmIdentity, *, now: datetime) -> None:
    """Bind a new store to this org; later, make sure that it is still the same one.

    Raises:
        OrgMismatchError: the store belongs to another org: its memory of our values would be wrong here.
    """
    bound = connection.execute(sa.select(org.c.crm, org.c.org_id)).first()
    if bound is None:
        connection.execute(org.insert().values(org_id=identity.org_id, crm=identity.crm, bound_at=now))
    elif (bound.crm, bound.org_id) != (identity.crm, identity.org_id):
        raise OrgMismatchError(
            f"the login leads to {identity.crm} {identity.org_id}, the store belongs to {bound.crm} {bound.org_id}",
            where="store",
            remedy="Log in to the store's org, or give this org (a copy, a new sandbox) its own state folder.",
        )


def bound_org(connection: sa.Connection) -> str | None:
    """Return the id of the org that the store is bound to, None before the first run."""
    return connection.execute(sa.select(org.c.org_id)).scalar()
