"""What is left of an ended question in the log of who helped whom."""

from __future__ import annotations

from collections.abc import Callable, Collection

from helpbot.core.hours import OpenHours
from helpbot.core.ids import UserId
from helpbot.core.records import HelpRecord
from helpbot.core.tickets import Outcome, Ticket

_BY_PEOPLE = (Outcome.VOLUNTEER, Outcome.REFERENT)


def help_record(
    ticket: Ticket,
    *,
    ended_at: int,
    level: str,
    hours: OpenHours,
    referents: Collection[UserId],
    alias: Callable[[UserId], str],
) -> HelpRecord:
    """Return the record of a ticket: its people as pseudonyms, its times in wall time and in open minutes."""
    helper = ticket.helper if ticket.answered_at else None

    def minutes_until(at: int | None) -> int | None:
        return None if at is None else round(hours.open_minutes_between(ticket.asked_at, at))

    return HelpRecord(
        ticket=ticket.id,
        theme=ticket.theme,
        level=level,
        outcome=outcome_of(ticket, referents),
        entry=ticket.entry,
        asker=alias(ticket.asker),
        # Somebody helped who asked to be forgotten: one person, for those who count people.
        helper=alias(helper) if helper else "" if ticket.outcome in _BY_PEOPLE else None,
        asked_at=ticket.asked_at,
        first_reply_at=ticket.first_reply_at,
        claimed_at=ticket.claimed_at,
        answered_at=ticket.answered_at,
        ended_at=ended_at,
        feedback=ticket.feedback,
        offers=len(ticket.offers),
        month=hours.calendar.local(ticket.asked_at).strftime("%Y-%m"),
        refused=ticket.refused,
        claim_minutes=minutes_until(ticket.claimed_at),
        answer_minutes=minutes_until(ticket.answered_at) if helper else None,
    )


def outcome_of(ticket: Ticket, referents: Collection[UserId]) -> str:
    """Return how a question ended, or its state while it has not.

    An answer of a referent is told apart from a volunteer's here: the search treats both alike.
    """
    if ticket.outcome is Outcome.VOLUNTEER and ticket.answered_at and ticket.helper in referents:
        return Outcome.REFERENT.value
    return ticket.outcome.value if ticket.outcome else ticket.state.value
