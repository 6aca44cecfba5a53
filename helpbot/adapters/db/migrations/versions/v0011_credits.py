"""Which entries of the FAQ thank whom."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "credits",
        *(sa.Column(name, sa.Text(), primary_key=True) for name in ("person", "entry")),
        sa.Column("at", sa.BigInteger(), nullable=False),
    )
