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
    offers,
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
    ) -> dict[str, int]:
        """Delete what is past its time, at most `limit` tickets and rows a table; returns table → rows.

        A ticket goes whole, with its messages, offers and timers, when its text must.
        """

        def some(table: sa.Table, past: sa.ColumnElement[bool]) -> sa.Delete:
            key = next(iter(table.primary_key))
            return sa.delete(table).where(key.in_(sa.select(key).where(past).limit(limit)))

        old = sa.select(tickets.c.id).where(_past(unsolved_before, solved_before, sensitive_before))
        ids = [r.id for r in self._all(old.order_by(tickets.c.id).limit(limit))]
        oldest_kept = min(unsolved_before, solved_before)
        loose = outbox.c.ticket.is_(None) & (outbox.c.created_at < oldest_kept) & (outbox.c.state != UNSENT)
        gone = {
            "sealed": some(sealed, sealed.c.seen_at < sealed_before),
            "inbox": some(inbox, (inbox.c.state != WAITING) & (inbox.c.received_at < inbox_before)),
            "loose": some(outbox, loose),
            "outbox": sa.delete(outbox).where(outbox.c.ticket.in_(ids)),
            "offers": sa.delete(offers).where(offers.c.ticket.in_(ids)),
            "jobs": sa.delete(jobs).where(jobs.c.ticket.in_(ids)),
            "tickets": sa.delete(tickets).where(tickets.c.id.in_(ids)),
            "rooms": sa.delete(rooms).where(rooms.c.membership == Membership.LEAVE.value),
            "told": sa.delete(told).where(told.c.what != "objects", told.c.at < help_log_before),
            "help_log": some(help_log, help_log.c.ended_at < help_log_before),
        }
        counts = {name: self._connection.execute(query).rowcount for name, query in gone.items()}
        counts["outbox"] += counts.pop("loose")
        return counts
