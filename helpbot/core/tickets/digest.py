"""What a morning brings to a question that found nobody: it is told again, at last to the referents."""

from __future__ import annotations

from dataclasses import replace

from helpbot.core.effects import Edit, Kind
from helpbot.core.notices import digest as words
from helpbot.core.tickets.values import Decision, Facts, State, Ticket


def waits_for_anybody(ticket: Ticket) -> bool:
    """Tell whether a question found nobody, was posted, and is still to be had."""
    return ticket.posted and ticket.helper is None and ticket.state in (State.OPEN, State.ASKED)


def told_again(ticket: Ticket, facts: Facts, *, shown: bool) -> tuple[Decision, bool]:
    """One more morning: return what the asker is told (by an edit), and whether the referents are next.

    The volunteers come first where they may read the question (`shown`), the referents once after them.
    """
    stage = ticket.digests + (0 if shown else 1)
    referents = stage == 1 and facts.referents
    ticket = replace(ticket, digests=ticket.digests + 1)
    if not (referents or (stage == 0 and shown)):
        return Decision(ticket), False
    told = words.StillNobody(
        ticket.ref,
        "referents" if referents else "volunteers",
        "" if referents or not facts.referents else facts.when(facts.next_day()),
        facts.open_until(ticket),
    )
    return Decision(ticket, (Edit(ticket.status, told, Kind.STATUS),)), referents
