"""A message of the bot says whose words or first name it carries, so that an erasure finds it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the column; what stands in the asker's room of an answered question is taken for its helper's."""
    op.add_column("outbox", sa.Column("about", sa.Text(), nullable=True))
    op.execute(
        sa.text(
            "UPDATE outbox SET about = (SELECT tickets.helper FROM tickets WHERE tickets.id = outbox.ticket)"
            " WHERE kind IN ('relay', 'status') AND slot NOT LIKE 'offer/%' AND slot NOT LIKE 'reminder/%'"
            " AND slot NOT LIKE 'follow/%'"
        )
    )
