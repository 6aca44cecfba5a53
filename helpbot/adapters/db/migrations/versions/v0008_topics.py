"""The words of questions asked in vain, when the questions themselves are past their time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "topics",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=True),
        sa.Column("month", sa.Text(), nullable=False),
        sa.Column("theme", sa.Text()),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("refused", sa.Boolean(), nullable=False),
    )
    op.create_index("topics_month", "topics", ["month"])
