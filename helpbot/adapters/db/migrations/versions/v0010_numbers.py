"""Numbers that are never given twice: SQLite would give that of a deleted newest row again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

_KNOWN_ELSEWHERE = "help_log", "outbox", "offers", "proposal_tickets"
"""Where the numbers of tickets that are gone may still stand."""


def upgrade() -> None:
    """Copy the tables; PostgreSQL's sequences have never given a number twice."""
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        return
    for name in ("tickets", "outbox", "proposals", "faq_edits"):
        with op.batch_alter_table(name, recreate="always", table_kwargs={"sqlite_autoincrement": True}):
            pass
    places = [("id", "tickets"), *(("ticket", name) for name in _KNOWN_ELSEWHERE)]
    seen = [connection.execute(sa.text(f"SELECT max({key}) FROM {name}")).scalar() for key, name in places]  # noqa: S608
    connection.execute(sa.text("DELETE FROM sqlite_sequence WHERE name = 'tickets'"))
    connection.execute(
        sa.text("INSERT INTO sqlite_sequence (name, seq) VALUES ('tickets', :most)"),
        {"most": max(n or 0 for n in seen)},
    )
