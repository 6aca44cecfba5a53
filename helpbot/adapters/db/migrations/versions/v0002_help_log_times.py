"""The log of help: open minutes, the month, the entry that was refused; indexes for reports."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_INDEXES = {
    "help_log_month": ["month", "outcome"],
    "help_log_theme": ["theme", "entry", "outcome"],
    "help_log_level": ["level"],
    "help_log_helper": ["helper"],
}
_PARIS = 3_600_000
"""The month is local from now on; for older rows winter time is near enough."""


def upgrade() -> None:
    """Add the columns, fill in the month, make the indexes."""
    op.add_column("help_log", sa.Column("month", sa.Text(), nullable=False, server_default=""))
    op.add_column("help_log", sa.Column("refused", sa.Text(), nullable=True))
    op.add_column("help_log", sa.Column("claim_minutes", sa.Integer(), nullable=True))
    op.add_column("help_log", sa.Column("answer_minutes", sa.Integer(), nullable=True))
    for name, columns in _INDEXES.items():
        op.create_index(name, "help_log", columns, unique=False)
    _fill_months(op.get_bind())


def _fill_months(connection: sa.Connection) -> None:
    log = sa.table("help_log", sa.column("month"), sa.column("asked_at"))
    first, last = connection.execute(
        sa.select(sa.func.min(log.c.asked_at), sa.func.max(log.c.asked_at))
    ).one()
    if first is None:
        return
    for year, month in _months(first, last):
        start, end = _start_of(year, month), _start_of(year + month // 12, month % 12 + 1)
        within = (log.c.asked_at >= start) & (log.c.asked_at < end)
        connection.execute(sa.update(log).where(within).values(month=f"{year:04}-{month:02}"))


def _months(first: int, last: int) -> list[tuple[int, int]]:
    a, b = (datetime.fromtimestamp((at + _PARIS) / 1000, UTC) for at in (first, last))
    numbers = range(a.year * 12 + a.month - 1, b.year * 12 + b.month)
    return [(n // 12, n % 12 + 1) for n in numbers]


def _start_of(year: int, month: int) -> int:
    return int(datetime(year, month, 1, tzinfo=UTC).timestamp() * 1000) - _PARIS
