"""A helper's words on their way to the asker, and where they may not go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from helpbot.core import notices as say
from helpbot.core.confidentiality import HANDED_ON, Agreed, Exposure, exposure, may_show, told
from helpbot.core.effects import Edit, Effect, JobKind, Kind, Schedule, Send
from helpbot.core.ids import EventId, RoomId, UserId
from helpbot.core.incoming import RoomFacts
from helpbot.core.notices.files import RelayedFile, RelayedFileMore
from helpbot.core.notices.trust import NotRelayed, RoomHasOpened
from helpbot.core.tickets.helping import claim, claimable
from helpbot.core.tickets.parts import (
    plan_of,
    same_slot,
    thread_of,
)
from helpbot.core.tickets.values import (
    Decision,
    Facts,
    Outcome,
    Pending,
    State,
    Ticket,
)


class _Place(NamedTuple):
    """Where an answer goes, and what it is an answer to there."""

    room: RoomId
    reply_to: EventId | None
    thread: EventId | None


def helper_says(
    ticket: Ticket,
    user: UserId,
    event: EventId,
    text: str,
    slot: str,
    room: RoomId,
    facts: Facts,
    *,
    private: bool,
    file: Mapping[str, Any] | None = None,
) -> Decision:
    """A volunteer's words on an offer: the answer, relayed; it claims the question when it is free."""
    effects: tuple[Effect, ...] = ()
    if ticket.sensitive:
        return Decision(ticket)  # it turned out to be about danger: nothing of it goes anywhere any more
    if ticket.helper != user or ticket.state in (State.EXPIRED, State.WITHDRAWN):
        if not claimable(ticket, user):
            return Decision(ticket)
        ticket, effects = claim(ticket, user, slot, room, facts, private=private)
    place = _place_of_answer(ticket, room, facts)
    if place is None:
        return Decision(ticket, (*effects, *not_relayed(ticket, user, event, room, facts)))
    first = ticket.state is State.CLAIMED
    name = facts.credit_of(user)
    if ticket.state is State.SOLVED:  # a further word after the ✅ changes nothing else
        return Decision(ticket, (_relay(ticket, event, _words(name, text, file), place, file),))
    ticket = replace(
        ticket,
        state=State.ANSWERED,
        epoch=ticket.epoch + 1,
        pending=Pending.FEEDBACK,
        pending_at=facts.now,
        answered_at=ticket.answered_at or facts.now,
        outcome=Outcome.VOLUNTEER,
        ended_at=None,
        feedback=None if first else ticket.feedback,  # a ❌ before was about another answer
    )
    send = _relay(ticket, event, _words(name, text, file, first=first), place, file)
    close = Schedule(
        JobKind.CLOSE, facts.hours.add_school_days(facts.now, plan_of(ticket, facts).expire_days)
    )
    told = Edit(ticket.helper_slot, say.OfferAnswered(ticket.ref, ticket.text), Kind.STATUS)
    return Decision(
        ticket, (send, *(e for e in effects if not same_slot(e, told)), *((told,) if first else ()), close)
    )


def _words(name: str, text: str, file: Mapping[str, Any] | None, *, first: bool = False) -> say.Notice:
    if file is not None:
        return RelayedFile(name, text) if first else RelayedFileMore(name, text)
    return say.Relayed(name, text) if first else say.RelayedMore(name, text)


def _place_of_answer(ticket: Ticket, room: RoomId, facts: Facts) -> _Place | None:
    """Return where what was written in `room` may be passed on; None: nowhere (rule 7).

    The asker's room, as it was told in the offer; where it has opened since, the asker's direct message.
    """
    source = facts.here if facts.here is not None else RoomFacts(room)
    if may_show(source, facts.origin.room, agreed_in_answering(ticket, facts.origin.room)):
        return _Place(ticket.room, ticket.question, thread_of(ticket, facts))
    direct = facts.asker_direct
    if direct is not None and may_show(source, direct, HANDED_ON):
        return _Place(direct.room, None, None)
    return None


def agreed_in_answering(ticket: Ticket, asked_in: RoomFacts) -> Agreed:
    """Return what a helper agrees to by answering: what the offer said of the asker's room."""
    if ticket.told is None:  # offered by an older version
        return told(exposure(asked_in))
    return told(frozenset(map(Exposure, ticket.told)))


def not_relayed(
    ticket: Ticket, user: UserId, event: EventId, room: RoomId, facts: Facts
) -> tuple[Effect, ...]:
    """Return what is said where an answer may be shown nowhere: to who wrote it, and to the referents."""
    kept = Send(f"kept/{event}", room, NotRelayed(ticket.ref), Kind.STATUS, reply_to=event, mentions=(user,))
    if facts.review_room is None:
        return (kept,)
    return (kept, Send(f"review/{event}", facts.review_room, RoomHasOpened(ticket.ref), Kind.STATUS))


def _relay(
    ticket: Ticket, event: EventId, notice: say.Notice, place: _Place, file: Mapping[str, Any] | None
) -> Send:
    return Send(
        f"relay/{event}",
        place.room,
        notice,
        Kind.RELAY,
        reply_to=place.reply_to,
        thread=place.thread,
        mentions=(ticket.asker,),
        file=file,
    )
