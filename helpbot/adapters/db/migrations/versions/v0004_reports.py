"""Indexes that reports read alone, of few rows where few have something; published months that are kept."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_WHOLE = {
    "help_log_outcome": ["month", "theme", "outcome", "entry", "asker", "helper"],
    "help_log_level": ["level", "month", "asker"],
    "help_log_feedback": ["feedback", "month", "asker"],
}
_WAITS = ["month", "answer_minutes", "claim_minutes", "asked_at", "answered_at", "asker", "helper"]
_OF_SOME = {
    "help_log_refused": ("refused", ["refused", "month", "asker"]),
    "help_log_helper": ("helper", ["helper"]),
    "help_log_waits": ("helper", _WAITS),
}


def upgrade() -> None:
    """Make the table, and put the new indexes in the place of the old ones."""
    op.create_table(
        "report_months",
        sa.Column("month", sa.Text(), primary_key=True),
        sa.Column("line", sa.Text(), nullable=False),
    )
    for name in ("help_log_month", "help_log_theme", "help_log_level", "help_log_helper"):
        op.drop_index(name, "help_log")
    for name, columns in _WHOLE.items():
        op.create_index(name, "help_log", columns)
    for name, (some, columns) in _OF_SOME.items():
        where = sa.text(f"{some} IS NOT NULL")
        op.create_index(name, "help_log", columns, sqlite_where=where)
