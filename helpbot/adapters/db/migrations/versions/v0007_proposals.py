"""Proposals for the FAQ, and changes of its files."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "proposals",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=True),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("proposer", sa.Text()),
        sa.Column("helper", sa.Text()),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
    )
    op.create_index("proposals_state", "proposals", ["state", "changed_at"])
    op.create_table(
        "proposal_tickets",
        sa.Column("ticket", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("proposal", sa.Integer(), primary_key=True, autoincrement=False),
    )
    op.create_table(
        "faq_edits",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=True),
        sa.Column("proposal", sa.Integer()),
        sa.Column("entry", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("undoes", sa.Integer()),
        sa.Column("undone", sa.Boolean(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
    )
    op.create_index("faq_edits_state", "faq_edits", ["state", "id"])
    op.create_index("faq_edits_entry", "faq_edits", ["entry", "id"])
