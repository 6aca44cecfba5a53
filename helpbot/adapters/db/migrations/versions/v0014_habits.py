"""At which hours of the week a volunteer reacts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Add the column; nothing was noticed of anybody yet."""
    with op.batch_alter_table("volunteers") as table:
        table.add_column(sa.Column("habits", sa.Text(), nullable=True))
