"""What volunteers say of themselves, and whether they were asked or came."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the columns; everybody is as the configuration says, and was asked."""
    with op.batch_alter_table("volunteers") as table:
        table.add_column(sa.Column("chosen", sa.Text(), nullable=False, server_default="{}"))
        table.add_column(sa.Column("away_from", sa.BigInteger(), nullable=False, server_default="0"))
        table.add_column(sa.Column("away_until", sa.BigInteger(), nullable=False, server_default="0"))
        table.add_column(sa.Column("stopped_at", sa.BigInteger(), nullable=True))
        table.add_column(sa.Column("usual_minutes", sa.Float(), nullable=True))
    op.add_column("offers", sa.Column("unasked", sa.Boolean(), nullable=False, server_default=sa.false()))
