"""A room was replaced by another: the questions that were asked or offered there go on in the new one."""

from __future__ import annotations

from dataclasses import replace

from helpbot.core.ids import RoomId
from helpbot.core.tickets.parts import POST, live_offers
from helpbot.core.tickets.values import Ticket


def moved(ticket: Ticket, old: RoomId, new: RoomId) -> Ticket:
    """Return a question as it goes on where `new` has replaced `old`.

    What was said of it stays in the old room: nothing there can be answered or threaded from the new one.
    """
    offers = tuple(replace(o, room=new) if o.room == old else o for o in ticket.offers)
    if ticket.room != old:
        return replace(ticket, offers=offers)
    return replace(ticket, room=new, thread=None, moved=True, offers=offers)


def offered_in(ticket: Ticket, room: RoomId) -> tuple[str, ...]:
    """Return the slots of the messages by which somebody in a room may still take or answer the question.

    The post that names nobody may stand there or in another room: its slot is last.
    """
    if ticket.ended:
        return ()
    slots = (o.slot for o in live_offers(ticket) if o.room == room)
    return (*dict.fromkeys(slots), *((POST,) if ticket.posted and ticket.helper is None else ()))
