"""Alembic's entry: run on the connection that `upgrade` hands over, one transaction a migration."""

from __future__ import annotations

from alembic import context

from helpbot.adapters.db.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
