"""Upkeep: what waits, and what is past its time."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from helpbot.adapters.db import codec
from helpbot.adapters.db.queries import (
    ASIDE,
    PARKED,
    UNSENT,
    WAITING,
    Area,
    select,
)
from helpbot.adapters.db.tables import (
    help_log,
    inbox,
    jobs,
    metadata,
    outbox,
    rooms,
    sealed,
    tickets,
    told,
)
from helpbot.core.incoming import Membership
from helpbot.core.records import (
    Backlog,
)
from helpbot.core.register import TABLES, Kept
from helpbot.core.tickets import State, Ticket


def _count(table: sa.Table, *where: Any) -> Any:
    return sa.select(sa.func.count()).select_from(table).where(*where).scalar_subquery()


_BACKLOG = select(
    _count(inbox, inbox.c.state == WAITING).label("inbox_waiting"),
    _count(inbox, inbox.c.state == PARKED).label("inbox_parked"),
    _count(outbox, outbox.c.state == UNSENT).label("outbox_waiting"),
    _count(outbox, outbox.c.state == ASIDE).label("outbox_parked"),
    _count(sealed).label("sealed"),
    _count(jobs).label("timers"),
)


def _past(unsolved_before: int, solved_before: int, sensitive_before: int) -> sa.ColumnElement[bool]:
    """Return what tells the tickets whose text must go."""
    solved = tickets.c.state == State.SOLVED.value
    sensitive = solved & (tickets.c.text == "")
    return sa.or_(
        solved & (tickets.c.asked_at < solved_before),
        ~solved & (tickets.c.asked_at < unsolved_before),
        sensitive & (tickets.c.asked_at < sensitive_before),
    )


_TO_BE_DELETED = sa.select(outbox.c.redacts_txn).where(
    outbox.c.state == UNSENT, outbox.c.event_type == "m.room.redaction"
)
_NEEDED_NO_MORE = (outbox.c.state != UNSENT, outbox.c.txn_id.not_in(_TO_BE_DELETED))


class Keeping(Area):
    """Upkeep: what waits, and what is past its time."""

    def backlog(self) -> Backlog:
        """Count what waits and what was set aside."""
        return Backlog(*self._row(_BACKLOG))

    def past_tickets(
        self, *, unsolved_before: int, solved_before: int, sensitive_before: int, limit: int = 500
    ) -> list[Ticket]:
        """Return the tickets that `forget` with the same moments would delete next."""
        past = _past(unsolved_before, solved_before, sensitive_before)
        query = sa.select(tickets).where(past).order_by(tickets.c.id).limit(limit)
        return [codec.ticket_from(r) for r in self._all(query)]

    def forget(
        self,
        *,
        sealed_before: int,
        inbox_before: int,
        unsolved_before: int,
        solved_before: int,
        sensitive_before: int,
        help_log_before: int,
        limit: int = 500,
        dry: bool = False,
    ) -> dict[str, int]:
        """Delete what is past its time, at most `limit` tickets and rows a table; returns table → rows.

        Each table goes by the rule that the data register gives it; a ticket goes whole, with its messages,
        offers and timers, when its text must. `dry`: nothing is deleted, all of it is counted.
        """
        old: Any = sa.select(tickets.c.id).where(_past(unsolved_before, solved_before, sensitive_before))
        if not dry:
            old = [row[0] for row in self._all(old.order_by(tickets.c.id).limit(limit))]
        aged = outbox.c.created_at < min(unsolved_before, solved_before)
        loose = sa.select(outbox.c.id).where(outbox.c.ticket.is_(None), aged, *_NEEDED_NO_MORE)
        asked_there = sa.exists().where(tickets.c.room == rooms.c.room)
        past = {
            Kept.KEY: sealed.c.seen_at < sealed_before,
            Kept.INBOX: (inbox.c.state != WAITING) & (inbox.c.received_at < inbox_before),
            Kept.LOG: help_log.c.ended_at < help_log_before,
            Kept.TOLD: (told.c.what != "objects") & (told.c.at < help_log_before),
            Kept.ROOM: (rooms.c.membership == Membership.LEAVE.value) & ~asked_there,
        }
        of_ticket = {
            tickets.name: tickets.c.id.in_(old),
            outbox.name: outbox.c.ticket.in_(old) | outbox.c.id.in_(loose if dry else loose.limit(limit)),
        }
        counts = {}
        for table in TABLES:
            sql = metadata.tables[table.name]
            where = past.get(table.kept)
            if table.kept is Kept.QUESTION:
                where = of_ticket.get(table.name)
                if where is None:
                    where = sql.c.ticket.in_(old)
            if where is not None:
                counts[table.name] = self._count(sql, where) if dry else self._delete(sql, where, limit)
        return counts

    def _count(self, table: sa.Table, where: sa.ColumnElement[bool]) -> int:
        query = sa.select(sa.func.count()).select_from(table).where(where)
        return int(self._connection.execute(query).scalar() or 0)

    def _delete(self, table: sa.Table, where: sa.ColumnElement[bool], limit: int) -> int:
        """Delete rows; where a row is a unit of its own, at most `limit` of them."""
        keys = list(table.primary_key)
        if len(keys) == 1 and table is not outbox:
            where = keys[0].in_(sa.select(keys[0]).where(where).limit(limit))
        return int(self._connection.execute(sa.delete(table).where(where)).rowcount)
