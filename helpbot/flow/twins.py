"""Passing on to the twins of a question what it got."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from helpbot.core import tickets
from helpbot.core.effects import Effect, Send
from helpbot.core.ids import RoomId, UserId
from helpbot.core.incoming import RoomFacts
from helpbot.core.sameness import same_question
from helpbot.core.spans import DAY
from helpbot.core.tickets import Decision, Outcome, State, Ticket
from helpbot.flow.facts import load_facts, room_facts
from helpbot.flow.setting import Setting
from helpbot.ports import Tx

RECENT_MS = 30 * DAY


def follow(
    tx: Tx, setting: Setting, first: Ticket, effects: Iterable[Effect], now: int
) -> Iterator[Decision]:
    """Give what is decided for those who wait for the same answer as `first`, of what came of it.

    Each is to be carried out before the next is asked for: it may be about the same ticket.
    """
    relays = [e for e in effects if isinstance(e, Send) and e.slot.startswith("relay/")]
    in_room = first.state is State.ANSWERED and first.outcome is Outcome.PEER
    over = not relays and (first.ended or in_room)
    for twin in tx.unended():
        if not tickets.waits_for(twin, first.id):
            continue
        facts = load_facts(tx, setting, twin, now, people=False)
        place = _place(tx, twin, first) if relays else None
        if place is not None:
            for relay in relays:
                answered = tickets.twin_answered(twin, relay, facts, helper=first.helper, room=place)
                twin = answered.ticket
                yield answered
        if (over or (relays and place is None)) and twin.state is State.OPEN:
            yield tickets.twin_left(twin, facts)


def _place(tx: Tx, twin: Ticket, first: Ticket) -> RoomId | None:
    """Return where a twin's asker may read the answer: where they asked, else in their direct message."""
    direct = tx.direct_room(twin.asker)
    for place in (room_facts(tx, twin.room), direct):
        if place is not None and may_pass_on(tx, first, place):
            return place.room
    return None


def may_pass_on(tx: Tx, first: Ticket, target: RoomFacts) -> bool:
    """Tell whether the answer to a question may stand where a twin of it was asked."""
    source = room_facts(tx, tickets.helpers_room(first) or first.room)
    return tickets.may_pass_on(first, source, room_facts(tx, first.room), target)


def may_still_show(tx: Tx, ticket: Ticket, helper: UserId, now: int) -> bool:
    """Tell whether an answer of somebody's, that was given to another, may stand where a ticket was asked."""
    here = room_facts(tx, ticket.room)
    same = [s for s in tx.shared_answers(now - RECENT_MS) if s.helper == helper]
    same = [s for s in same if same_question(ticket.text, s.text)]
    return bool(same) and all(tickets.may_show_again(s, ticket, here, room_facts(tx, s.room)) for s in same)
