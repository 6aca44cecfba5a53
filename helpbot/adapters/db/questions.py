"""Tickets with their offers, and their timers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from helpbot.adapters.db import codec
from helpbot.adapters.db.prepared import Prepared, one_of, upsert
from helpbot.adapters.db.queries import (
    WAITING,
    Area,
    Param,
    select,
    update,
)
from helpbot.adapters.db.tables import (
    inbox,
    jobs,
    offers,
    tickets,
)
from helpbot.core.effects import JobKind
from helpbot.core.ids import EventId, RoomId, TicketId, UserId
from helpbot.core.records import (
    Job,
)
from helpbot.core.tickets import ENDED, OfferState, State, Ticket

_ENDED = [s.value for s in ENDED]
_MOVED_ON_BY = (
    (State.ASKED, JobKind.ASK, True),
    (State.CLAIMED, JobKind.CLAIM_SILENCE, True),
    (State.OPEN, JobKind.EXPIRE, False),
    (State.ANSWERED, JobKind.CLOSE, False),
)
"""The timer without which a question in a state would stand still, and whether an older one counts not."""
_TICKET = select(tickets, where=tickets.c.id == Param("of_id"))
_TICKET_OF = select(tickets, where=tickets.c.question == Param("event"))
_IN_THREAD = select(
    tickets,
    where=(
        tickets.c.room == Param("in_room"),
        sa.or_(tickets.c.thread == Param("root"), tickets.c.question == Param("root")),
    ),
    order=tickets.c.id.desc(),
    limit=1,
)
_BY_ASKER = (
    tickets.c.room == Param("in_room"),
    tickets.c.asker == Param("of_asker"),
    tickets.c.pending_at >= Param("since"),
)
_PENDING = select(tickets, where=(*_BY_ASKER, tickets.c.pending != ""), order=tickets.c.id.desc())
_CHOICES = select(tickets, where=(*_BY_ASKER, tickets.c.pending == "choice"), order=tickets.c.id.desc())
_LAST_TICKET = select(tickets, where=_BY_ASKER, order=tickets.c.id.desc(), limit=1)
_LIVING = ~one_of(tickets.c.state, _ENDED)
_OPEN_TICKETS = select(
    tickets,
    where=(tickets.c.asker == Param("of_asker"), _LIVING),
    order=tickets.c.id.desc(),
)
_CLAIMS = select(
    tickets,
    where=(tickets.c.helper == Param("of_helper"), tickets.c.state == State.CLAIMED.value),
    order=tickets.c.id,
)
_HELPED = select(tickets, where=tickets.c.helper == Param("of_helper"), order=tickets.c.id)
_OFFERED = Prepared(
    lambda _insert: (
        sa.select(tickets)
        .join(offers, offers.c.ticket == tickets.c.id)
        .where(
            offers.c.volunteer == Param("of_volunteer"),
            one_of(offers.c.state, (OfferState.OPEN.value, OfferState.CLAIMED.value)),
            _LIVING,
        )
        .order_by(tickets.c.id)
    )
)
_LAST_OFFER = Prepared(
    lambda _insert: (
        sa.select(tickets)
        .join(offers, offers.c.ticket == tickets.c.id)
        .where(offers.c.volunteer == Param("of_volunteer"), offers.c.at >= Param("since"))
        .order_by(offers.c.at.desc(), tickets.c.id.desc())
        .limit(1)
    )
)
_ASKED_BY = select(
    tickets,
    where=(tickets.c.asker == Param("of_asker"), tickets.c.text != ""),
    order=tickets.c.id.desc(),
    limit=50,
)
_BY_REF = select(
    tickets,
    where=(tickets.c.ref == Param("of_ref"), sa.or_(_LIVING, tickets.c.state == State.EXPIRED.value)),
    order=tickets.c.id.desc(),
    limit=1,
)
_UNOWNED = select(
    tickets,
    where=(one_of(tickets.c.state, (State.OPEN.value, State.ASKED.value)), tickets.c.helper.is_(None)),
    order=tickets.c.id,
)
_WRITTEN = select(tickets, where=tickets.c.text != "", order=tickets.c.id.desc(), limit=20_000)
_UNENDED = select(tickets, where=_LIVING, order=tickets.c.id)
_SEARCHED = (State.OPEN.value, State.ASKED.value, State.CLAIMED.value)
_OPEN_TEXTS = select(
    tickets.c.id,
    tickets.c.text,
    where=(one_of(tickets.c.state, _SEARCHED), tickets.c.text != ""),
    order=tickets.c.id.desc(),
    limit=200,
)
_SHARED = select(
    tickets,
    where=(
        tickets.c.state == State.SOLVED.value,
        tickets.c.ended_at >= Param("since"),
        # The detail is compact JSON, written by codec.dump.
        tickets.c.detail.contains('"shared_asker":true', autoescape=True),
        tickets.c.detail.contains('"shared_helper":true', autoescape=True),
    ),
    order=tickets.c.id.desc(),
    limit=100,
)
_TICKET_COLUMNS = tuple(c.name for c in tickets.c if c.name != "id")
_NEW_TICKET = Prepared(
    lambda _insert: sa.insert(tickets).values({n: Param(n) for n in _TICKET_COLUMNS}).returning(tickets.c.id)
)
_CHANGE_TICKET = update(
    tickets, tickets.c.id == Param("of_id"), **{n: Param(f"new_{n}") for n in _TICKET_COLUMNS}
)
_SAVE_OFFER = upsert(offers)
_SCHEDULE = upsert(jobs)
_DUE_JOBS = select(jobs, where=jobs.c.due <= Param("now"), order=(jobs.c.due, jobs.c.ticket))
_TIMER = select(jobs, where=(jobs.c.ticket == Param("of_ticket"), jobs.c.kind == Param("of_kind")))
_NEXT_JOB = select(sa.func.min(jobs.c.due))
_NEXT_ITEM = select(sa.func.min(inbox.c.not_before), where=(inbox.c.state == WAITING, inbox.c.not_before > 0))
_FINISH_JOB = Prepared(
    lambda _insert: sa.delete(jobs).where(
        jobs.c.ticket == Param("of_ticket"),
        jobs.c.kind == Param("of_kind"),
        jobs.c.due == Param("of_due"),
        jobs.c.epoch == Param("of_epoch"),
    )
)


class Questions(Area):
    """Tickets with their offers, and their timers."""

    # --- tickets

    def _ticket(self, query: Prepared, **values: Any) -> Ticket | None:
        row = self._row(query, **values)
        return codec.ticket_from(row) if row else None

    def _tickets(self, query: Prepared, **values: Any) -> list[Ticket]:
        return [codec.ticket_from(r) for r in self._rows(query, **values)]

    def ticket(self, ticket: TicketId) -> Ticket | None:
        """Return a ticket."""
        return self._ticket(_TICKET, of_id=ticket)

    def ticket_of(self, question: EventId) -> Ticket | None:
        """Return the ticket of a question's event."""
        return self._ticket(_TICKET_OF, event=question)

    def ticket_in_thread(self, room: RoomId, thread: EventId) -> Ticket | None:
        """Return the newest ticket that lives in a thread, or whose question is its root."""
        return self._ticket(_IN_THREAD, in_room=room, root=thread)

    def tickets_pending(self, room: RoomId, asker: UserId, *, since: int, choices_only: bool) -> list[Ticket]:
        """Return the asker's tickets in a room that wait for a tap since a moment."""
        query = _CHOICES if choices_only else _PENDING
        return self._tickets(query, in_room=room, of_asker=asker, since=since)

    def last_ticket(self, room: RoomId, asker: UserId, *, since: int) -> Ticket | None:
        """Return the asker's newest question in a room since a moment."""
        return self._ticket(_LAST_TICKET, in_room=room, of_asker=asker, since=since)

    def open_tickets(self, asker: UserId) -> list[Ticket]:
        """Return the asker's questions that have not ended, newest first."""
        return self._tickets(_OPEN_TICKETS, of_asker=asker)

    def claims_of(self, helper: UserId) -> list[Ticket]:
        """Return the questions that a volunteer holds."""
        return self._tickets(_CLAIMS, of_helper=helper)

    def ticket_by_ref(self, ref: str) -> Ticket | None:
        """Return the newest question of a reference that may still be answered: expired ones may."""
        return self._ticket(_BY_REF, of_ref=ref)

    def unowned(self) -> list[Ticket]:
        """Return the questions that have not ended and that nobody has taken or answered, oldest first."""
        return self._tickets(_UNOWNED)

    def unended(self) -> list[Ticket]:
        """Return every question that has not ended, oldest first."""
        return self._tickets(_UNENDED)

    def open_texts(self) -> list[tuple[TicketId, str]]:
        """Return number and text of the newest questions that are not answered."""
        return [(TicketId(r[0]), r[1]) for r in self._rows(_OPEN_TEXTS)]

    def shared_answers(self, since: int) -> list[Ticket]:
        """Return the questions solved since a moment whose answer both sides let be shown, newest first."""
        return self._tickets(_SHARED, since=since)

    def helped_by(self, helper: UserId) -> list[Ticket]:
        """Return the questions that somebody holds or has answered, ended or not."""
        return self._tickets(_HELPED, of_helper=helper)

    def offered_to(self, user: UserId) -> list[Ticket]:
        """Return the questions in which a volunteer has an open offer or a claim."""
        return self._tickets(_OFFERED, of_volunteer=user)

    def last_offer(self, user: UserId, *, since: int) -> Ticket | None:
        """Return the question that was offered to somebody last, or that they took last."""
        return self._ticket(_LAST_OFFER, of_volunteer=user, since=since)

    def asked_by(self, asker: UserId, *, limit: int) -> list[Ticket]:
        """Return somebody's newest questions, ended or not; those without a text are left out."""
        return self._tickets(_ASKED_BY, of_asker=asker)[:limit]

    def written_tickets(self) -> list[Ticket]:
        """Return the newest questions of which the text is still kept, 20,000 at most; for reports."""
        return self._tickets(_WRITTEN)

    def save_ticket(self, ticket: Ticket) -> Ticket:
        """Insert (id 0) or update a ticket with its offers; returns it with its id."""
        values = codec.ticket_row(ticket)
        if ticket.id:
            new = {f"new_{name}": value for name, value in values.items()}
            self._do(_CHANGE_TICKET, {"of_id": ticket.id, **new})
        else:
            ticket = replace(ticket, id=TicketId(self._row(_NEW_TICKET, **values)[0]))
        for offer in ticket.offers:
            offered = {
                "ticket": ticket.id,
                "volunteer": offer.user,
                "at": offer.at,
                "unasked": offer.unasked,
            }
            self._do(_SAVE_OFFER, {**offered, "state": offer.state.value})
        return ticket

    def stopped_plans(self, before: int) -> list[tuple[TicketId, JobKind]]:
        """Return the questions asked before a moment that nothing would move on, and the timer each lacks."""
        found: list[tuple[TicketId, JobKind]] = []
        for state, kind, fenced in _MOVED_ON_BY:
            timer = sa.exists().where(jobs.c.ticket == tickets.c.id, jobs.c.kind == kind.value)
            if fenced:
                timer = timer.where(jobs.c.epoch == tickets.c.epoch)
            stopped = (tickets.c.state == state.value, tickets.c.asked_at < before, ~timer)
            query = sa.select(tickets.c.id).where(*stopped).order_by(tickets.c.id)
            found += [(TicketId(r.id), kind) for r in self._all(query)]
        return found

    # --- timers

    def schedule(self, job: Job) -> None:
        """Set the ticket's timer of that kind, in place of an earlier one."""
        values = {"ticket": job.ticket, "kind": job.kind.value, "due": job.due, "epoch": job.epoch}
        self._do(_SCHEDULE, values)

    def timer(self, ticket: TicketId, kind: JobKind) -> Job | None:
        """Return the ticket's timer of that kind."""
        row = self._row(_TIMER, of_ticket=ticket, of_kind=kind.value)
        return Job(TicketId(row.ticket), JobKind(row.kind), row.due, row.epoch) if row else None

    def due_jobs(self, now: int) -> list[Job]:
        """Return the timers that are due, oldest first."""
        rows = self._rows(_DUE_JOBS, now=now)
        return [Job(TicketId(r.ticket), JobKind(r.kind), r.due, r.epoch) for r in rows]

    def next_wake(self) -> int | None:
        """Return when the next timer is due or the next undecided item may be tried again."""
        times = (self._row(_NEXT_JOB)[0], self._row(_NEXT_ITEM)[0])
        return min((t for t in times if t is not None), default=None)

    def finish_job(self, job: Job) -> None:
        """Remove a timer, unless it was set anew meanwhile."""
        same = {"of_ticket": job.ticket, "of_kind": job.kind.value}
        self._do(_FINISH_JOB, {**same, "of_due": job.due, "of_epoch": job.epoch})
