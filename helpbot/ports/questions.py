"""Tickets with their offers, and their timers. Part of `Tx`; times are Unix milliseconds."""

from __future__ import annotations

from typing import Protocol

from helpbot.core.effects import JobKind
from helpbot.core.ids import EventId, RoomId, TicketId, UserId
from helpbot.core.records import (
    Job,
)
from helpbot.core.tickets import Ticket


class QuestionsTx(Protocol):
    """Tickets with their offers, and their timers."""

    # tickets
    def ticket(self, ticket: TicketId) -> Ticket | None:
        """Return a ticket."""
        ...

    def ticket_of(self, question: EventId) -> Ticket | None:
        """Return the ticket of a question's event."""
        ...

    def ticket_in_thread(self, room: RoomId, thread: EventId) -> Ticket | None:
        """Return the newest ticket that lives in a thread, or whose question is its root."""
        ...

    def tickets_pending(self, room: RoomId, asker: UserId, *, since: int, choices_only: bool) -> list[Ticket]:
        """Return the asker's tickets in a room that wait for a tap since a moment."""
        ...

    def last_ticket(self, room: RoomId, asker: UserId, *, since: int) -> Ticket | None:
        """Return the asker's newest question in a room since a moment."""
        ...

    def open_tickets(self, asker: UserId) -> list[Ticket]:
        """Return the asker's questions that have not ended, newest first."""
        ...

    def claims_of(self, helper: UserId) -> list[Ticket]:
        """Return the questions that a volunteer holds."""
        ...

    def ticket_by_ref(self, ref: str) -> Ticket | None:
        """Return the newest question of a reference that may still be answered: expired ones may."""
        ...

    def unowned(self) -> list[Ticket]:
        """Return the questions that have not ended and that nobody has taken or answered, oldest first."""
        ...

    def unended(self) -> list[Ticket]:
        """Return every question that has not ended, oldest first."""
        ...

    def open_texts(self) -> list[tuple[TicketId, str]]:
        """Return number and text of the newest questions that are not answered."""
        ...

    def shared_answers(self, since: int) -> list[Ticket]:
        """Return the questions solved since a moment whose answer both sides let be shown, newest first."""
        ...

    def helped_by(self, helper: UserId) -> list[Ticket]:
        """Return the questions that somebody holds or has answered, ended or not."""
        ...

    def offered_to(self, user: UserId) -> list[Ticket]:
        """Return the questions in which a volunteer has an open offer or a claim."""
        ...

    def last_offer(self, user: UserId, *, since: int) -> Ticket | None:
        """Return the question that was offered to somebody last, or that they took last."""
        ...

    def asked_by(self, asker: UserId, *, limit: int) -> list[Ticket]:
        """Return somebody's newest questions, ended or not; those without a text are left out."""
        ...

    def written_tickets(self) -> list[Ticket]:
        """Return the newest questions of which the text is still kept, 20,000 at most; for reports."""
        ...

    def save_ticket(self, ticket: Ticket) -> Ticket:
        """Insert (id 0) or update a ticket with its offers; returns it with its id."""
        ...

    def stopped_plans(self, before: int) -> list[tuple[TicketId, JobKind]]:
        """Return the questions asked before a moment that nothing would move on, and the timer each lacks."""
        ...

    # timers
    def schedule(self, job: Job) -> None:
        """Set the ticket's timer of that kind, in place of an earlier one."""
        ...

    def timer(self, ticket: TicketId, kind: JobKind) -> Job | None:
        """Return the ticket's timer of that kind."""
        ...

    def due_jobs(self, now: int) -> list[Job]:
        """Return the timers that are due, oldest first."""
        ...

    def next_wake(self) -> int | None:
        """Return when the next timer is due or the next undecided item may be tried again."""
        ...

    def finish_job(self, job: Job) -> None:
        """Remove a timer, unless it was set anew meanwhile."""
        ...
