"""Every table. Times are Unix milliseconds, UTC. A change here needs a migration (see migrations/).

`sqlite_autoincrement`: a number that other tables or a running bot know is never given twice, also when the
newest rows were deleted (https://www.sqlite.org/autoinc.html).
"""

from __future__ import annotations

import sqlalchemy as sa

SCHEMA_VERSION = "0014"

metadata = sa.MetaData()
_Time = sa.BigInteger


def _index_of_some(name: str, first: str, *others: str) -> sa.Index:
    """Return the index of the rows that have something in the first column.

    On SQLite; on PostgreSQL of all rows, since its option would load its dialect wherever this is imported.
    """
    return sa.Index(name, first, *others, sqlite_where=sa.text(f"{first} IS NOT NULL"))


state = sa.Table(
    "state",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)

rooms = sa.Table(
    "rooms",
    metadata,
    sa.Column("room", sa.Text, primary_key=True),
    sa.Column("membership", sa.Text, nullable=False),
    sa.Column("encrypted", sa.Boolean, nullable=False, default=False),
    sa.Column("version", sa.Text, nullable=False, default="1"),
    sa.Column("direct_with", sa.Text),
    sa.Column("access", sa.Text, nullable=False, default="restricted"),
    sa.Column("public", sa.Boolean, nullable=False, default=False),
    sa.Column("inviter", sa.Text),
    sa.Column("invited_direct", sa.Boolean, nullable=False, default=False),
    sa.Column("invite_event", sa.Text),
    sa.Column("greeted", sa.Boolean, nullable=False, default=False),
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
    sa.Column("not_before", _Time, nullable=False, default=0),
    sa.Column("in_use", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Index("rooms_direct", "direct_with"),
    sa.Index("rooms_membership", "membership"),
)

replaced_rooms = sa.Table(
    "replaced_rooms",
    metadata,
    sa.Column("old", sa.Text, primary_key=True),
    sa.Column("new", sa.Text, nullable=False),
    sa.Column("via", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
    sa.Column("not_before", _Time, nullable=False, default=0),
)
"""A row outlives the bot's membership: the configuration may name the old room for years."""

inbox = sa.Table(
    "inbox",
    metadata,
    sa.Column("event_id", sa.Text, primary_key=True),
    sa.Column("payload", sa.Text, nullable=False),
    sa.Column("received_at", _Time, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
    sa.Column("not_before", _Time, nullable=False, default=0),
    sa.Column("state", sa.Integer, nullable=False, default=0),
    sa.Index("inbox_waiting", "state", "received_at"),
)
"""state: 0 waiting, 1 done (payload emptied; the id stays to recognise a repeat), 2 parked."""

sealed = sa.Table(
    "sealed",
    metadata,
    sa.Column("event_id", sa.Text, primary_key=True),
    sa.Column("room", sa.Text, nullable=False),
    sa.Column("sender", sa.Text, nullable=False),
    sa.Column("at", _Time, nullable=False),
    sa.Column("session_id", sa.Text, nullable=False),
    sa.Column("raw", sa.Text, nullable=False),
    sa.Column("seen_at", _Time, nullable=False),
    sa.Index("sealed_session", "session_id"),
)

tickets = sa.Table(
    "tickets",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("question", sa.Text, nullable=False, unique=True),
    sa.Column("ref", sa.Text, nullable=False),
    sa.Column("room", sa.Text, nullable=False),
    sa.Column("thread", sa.Text),
    sa.Column("asker", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("epoch", sa.Integer, nullable=False),
    sa.Column("pending", sa.Text, nullable=False),
    sa.Column("pending_at", _Time, nullable=False),
    sa.Column("asked_at", _Time, nullable=False),
    sa.Column("ended_at", _Time),
    sa.Column("helper", sa.Text),
    sa.Column("theme", sa.Text),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Index("tickets_asker", "room", "asker", "pending_at"),
    sa.Index("tickets_thread", "thread"),
    sa.Index("tickets_helper", "helper", "state"),
    sa.Index("tickets_state", "state"),
    sqlite_autoincrement=True,
)

offers = sa.Table(
    "offers",
    metadata,
    sa.Column("ticket", sa.Integer, primary_key=True),
    sa.Column("volunteer", sa.Text, primary_key=True),
    sa.Column("at", _Time, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("unasked", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Index("offers_volunteer", "volunteer", "at"),
)

jobs = sa.Table(
    "jobs",
    metadata,
    sa.Column("ticket", sa.Integer, primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("due", _Time, nullable=False),
    sa.Column("epoch", sa.Integer, nullable=False),
    sa.Index("jobs_due", "due"),
)

outbox = sa.Table(
    "outbox",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("txn_id", sa.Text, nullable=False, unique=True),
    sa.Column("room", sa.Text, nullable=False),
    sa.Column("event_type", sa.Text, nullable=False),
    sa.Column("content", sa.Text, nullable=False),
    sa.Column("priority", sa.Integer, nullable=False),
    sa.Column("ticket", sa.Integer),
    sa.Column("slot", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("edits_slot", sa.Boolean, nullable=False),
    sa.Column("reply_slot", sa.Text, nullable=False),
    sa.Column("redacts_txn", sa.Text, nullable=False),
    sa.Column("created_at", _Time, nullable=False),
    sa.Column("state", sa.Integer, nullable=False, default=0),
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
    sa.Column("first_try_at", _Time),
    sa.Column("event_id", sa.Text),
    sa.Column("sent_at", _Time),
    sa.Column("about", sa.Text),
    sa.Index("outbox_state", "state", "id"),
    sa.Index("outbox_event", "event_id"),
    sa.Index("outbox_ticket", "ticket", "slot"),
    sa.Index("outbox_slot", "slot"),
    sqlite_autoincrement=True,
)
"""state: 0 to be sent, 1 sent, 2 parked for a person to look at, 3 cancelled, 4 held (a file of the
asker that waits for whoever takes the question)."""

volunteers = sa.Table(
    "volunteers",
    metadata,
    sa.Column("user", sa.Text, primary_key=True),
    sa.Column("themes", sa.Text, nullable=False),
    sa.Column("hours", sa.Text, nullable=False),
    sa.Column("zone", sa.Text, nullable=False),
    sa.Column("school", sa.Text, nullable=False),
    sa.Column("academie", sa.Text, nullable=False),
    sa.Column("level", sa.Text, nullable=False),
    sa.Column("seeded", sa.Boolean, nullable=False),
    sa.Column("noticed_at", _Time),
    sa.Column("chosen", sa.Text, nullable=False, server_default="{}"),
    sa.Column("away_from", _Time, nullable=False, server_default="0"),
    sa.Column("away_until", _Time, nullable=False, server_default="0"),
    sa.Column("stopped_at", _Time),
    sa.Column("usual_minutes", sa.Float),
    sa.Column("habits", sa.Text),
)

told = sa.Table(
    "told",
    metadata,
    sa.Column("person", sa.Text, primary_key=True),
    sa.Column("what", sa.Text, primary_key=True),
    sa.Column("at", _Time, nullable=False),
)
"""What people were told once, or said of being counted. `person` is a pseudonym."""

help_log = sa.Table(
    "help_log",
    metadata,
    sa.Column("ticket", sa.Integer, primary_key=True),
    sa.Column("theme", sa.Text),
    sa.Column("level", sa.Text, nullable=False),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("entry", sa.Text),
    sa.Column("asker", sa.Text, nullable=False),
    sa.Column("helper", sa.Text),
    sa.Column("asked_at", _Time, nullable=False),
    sa.Column("first_reply_at", _Time),
    sa.Column("claimed_at", _Time),
    sa.Column("answered_at", _Time),
    sa.Column("ended_at", _Time, nullable=False),
    sa.Column("feedback", sa.Boolean),
    sa.Column("offers", sa.Integer, nullable=False),
    sa.Column("month", sa.Text, nullable=False, server_default=""),
    sa.Column("refused", sa.Text),
    sa.Column("claim_minutes", sa.Integer),
    sa.Column("answer_minutes", sa.Integer),
    sa.Index("help_log_ended", "ended_at"),
    sa.Index("help_log_outcome", "month", "theme", "outcome", "entry", "asker", "helper"),
    sa.Index("help_log_level", "level", "month", "asker"),
    sa.Index("help_log_feedback", "feedback", "month", "asker"),
    _index_of_some("help_log_refused", "refused", "month", "asker"),
    _index_of_some("help_log_helper", "helper"),
    sa.Index(
        "help_log_waits",
        *("month", "answer_minutes", "claim_minutes", "asked_at", "answered_at", "asker", "helper"),
        sqlite_where=sa.text("helper IS NOT NULL"),
    ),
)
"""Reports read one index each, in its own order (tallies.py); most answers are the FAQ's and stand in few."""

report_months = sa.Table(
    "report_months",
    metadata,
    sa.Column("month", sa.Text, primary_key=True),
    sa.Column("line", sa.Text, nullable=False),
)
"""Months as they were published, small counts withheld: what is left when the log forgets them."""

proposals = sa.Table(
    "proposals",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("origin", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("proposer", sa.Text),
    sa.Column("helper", sa.Text),
    sa.Column("created_at", _Time, nullable=False),
    sa.Column("changed_at", _Time, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Index("proposals_state", "state", "changed_at"),
    sqlite_autoincrement=True,
)
"""proposer, helper: emptied when it ends. detail: the entries wanted, JSON."""

topics = sa.Table(
    "topics",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("month", sa.Text, nullable=False),
    sa.Column("theme", sa.Text),
    sa.Column("words", sa.Text, nullable=False),
    sa.Column("refused", sa.Boolean, nullable=False),
    sa.Index("topics_month", "month"),
)
"""What is left of a question that the FAQ did not answer: its words, of nobody (privacy 3)."""

proposal_tickets = sa.Table(
    "proposal_tickets",
    metadata,
    sa.Column("ticket", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("proposal", sa.Integer, primary_key=True, autoincrement=False),
)

faq_edits = sa.Table(
    "faq_edits",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("proposal", sa.Integer),
    sa.Column("entry", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("at", _Time, nullable=False),
    sa.Column("undoes", sa.Integer),
    sa.Column("undone", sa.Boolean, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Index("faq_edits_state", "state", "id"),
    sa.Index("faq_edits_entry", "entry", "id"),
    sqlite_autoincrement=True,
)
"""Changes of the FAQ's files: what is to be written, and what was. No name but a credit, as published."""

credits_ = sa.Table(
    "credits",
    metadata,
    sa.Column("person", sa.Text, primary_key=True),
    sa.Column("entry", sa.Text, primary_key=True),
    sa.Column("at", _Time, nullable=False),
)
"""Which entries thank whom by name, so that the name can be taken back; `person` is a pseudonym."""

journeys = sa.Table(
    "journeys",
    metadata,
    sa.Column("person", sa.Text, primary_key=True),
    sa.Column("month", sa.Text, primary_key=True),
    sa.Column("theme", sa.Text, primary_key=True),
    sa.Column("level", sa.Text, primary_key=True),
    sa.Column("answers", sa.Integer, nullable=False),
    sa.Column("thanks", sa.Integer, nullable=False),
)
"""What who asked for it gave, beyond the log; `person` is a pseudonym, as in the log."""

journey_wishes = sa.Table(
    "journey_wishes",
    metadata,
    sa.Column("person", sa.Text, primary_key=True),
    sa.Column("since", _Time, nullable=False),
)
"""Who asked that theirs be kept."""
