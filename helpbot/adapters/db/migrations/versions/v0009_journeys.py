"""What each person gave, kept for who asked for it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Make the two tables."""
    op.create_table(
        "journeys",
        *(sa.Column(name, sa.Text(), primary_key=True) for name in ("person", "month", "theme", "level")),
        sa.Column("answers", sa.Integer(), nullable=False),
        sa.Column("thanks", sa.Integer(), nullable=False),
    )
    op.create_table(
        "journey_wishes",
        sa.Column("person", sa.Text(), primary_key=True),
        sa.Column("since", sa.BigInteger(), nullable=False),
    )
