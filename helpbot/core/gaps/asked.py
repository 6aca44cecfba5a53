"""Which questions the FAQ did not answer, among all that are still written down."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from helpbot.core.gaps.values import Unanswered
from helpbot.core.ids import UserId
from helpbot.core.tickets import Outcome, State, Ticket

_FROM_FAQ = (Outcome.FAQ, Outcome.CLARIFIED, Outcome.REDIRECT)


def unanswered(tickets: Iterable[Ticket], alias: Callable[[UserId], str]) -> list[Unanswered]:
    """Return what people asked that the FAQ had nothing right for: routed, expired, or refused with ❌.

    Questions taken back or about danger, and those without a text any more, are left out.
    """
    return [
        Unanswered(
            ticket.text,
            ticket.asked_at,
            alias(ticket.asker),
            ref=str(ticket.id),
            theme=ticket.theme,
            refused=ticket.refused is not None,
        )
        for ticket in tickets
        if ticket.text
        and not ticket.sensitive
        and ticket.state is not State.WITHDRAWN
        and (ticket.refused is not None or not _from_faq(ticket))
    ]


def _from_faq(ticket: Ticket) -> bool:
    """Whether the FAQ's answer stands: it was shown, and nobody was asked after it."""
    return ticket.outcome in _FROM_FAQ or (ticket.outcome is None and ticket.entry is not None)
