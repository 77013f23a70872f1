"""Alembic's entry: migrate over the connection, and inside the transaction, that the caller gives."""

from __future__ import annotations

from alembic import context

# Alembic, cookbook, "Sharing a Connection across one or more programmatic migration commands".
context.configure(connection=context.config.attributes["connection"])
with context.begin_transaction():
    context.run_migrations()
