"""Which direct message is in use where there are several with one person."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Add the column; nobody is known to use one rather than another."""
    with op.batch_alter_table("rooms") as rooms:
        rooms.add_column(sa.Column("in_use", sa.Boolean(), nullable=False, server_default=sa.false()))
