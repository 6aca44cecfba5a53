"""What both sides of a question use: ending it, its offers and how they read."""

from __future__ import annotations

from dataclasses import replace

from helpbot.core import notices as say
from helpbot.core.effects import Edit, Effect, JobKind, Kind, Schedule
from helpbot.core.ids import EventId, RoomId, UserId
from helpbot.core.incoming import Access
from helpbot.core.tickets.values import (
    CLOSE_AFTER,
    Decision,
    Facts,
    Offer,
    OfferState,
    Pending,
    Plan,
    State,
    Ticket,
)

POST = "offer/room"
"""The slot of the post in the volunteers' room that names nobody."""


def first_timers(ticket: Ticket, facts: Facts) -> tuple[Effect, ...]:
    """Return what time will do to a ticket after its first reply: close an answer, or end without one."""
    if ticket.ended:
        return ()
    if ticket.state is State.ANSWERED:
        return (Schedule(JobKind.CLOSE, facts.now + CLOSE_AFTER),)
    return (facts.expiry(facts.plan.expire_days),)


def thread_of(ticket: Ticket, facts: Facts) -> EventId | None:
    """Return the thread of a reply: the asker's own, or a new one where the room wants threads."""
    return ticket.thread or (ticket.question if facts.threads else None)


def plan_of(ticket: Ticket, facts: Facts) -> Plan:
    """Return the plan frozen on the ticket, or today's for one that has not begun."""
    return ticket.plan or facts.plan


def marked(ticket: Ticket, user: UserId, state: OfferState) -> Ticket:
    """Return the ticket with one volunteer's offer in another state."""
    offers = tuple(replace(o, state=state) if o.user == user else o for o in ticket.offers)
    return replace(ticket, offers=offers)


def without_helper(ticket: Ticket) -> Ticket:
    """Return the ticket without the person who helped, who objects to being counted."""
    return replace(ticket, helper=None, helper_slot="")


def helpers_room(ticket: Ticket) -> RoomId | None:
    """Return where the helper of a ticket writes."""
    return next((o.room for o in ticket.offers if o.user == ticket.helper), None)


def is_searched(ticket: Ticket) -> bool:
    """Tell whether somebody is looked for or at work: nobody has answered yet."""
    return ticket.state in (State.ASKED, State.CLAIMED) or (ticket.state is State.OPEN and ticket.posted)


def unhelped(ticket: Ticket, facts: Facts) -> Ticket:
    """Return the ticket whose answer was none (❌): nobody helped yet, and one more wave may be asked."""
    return replace(
        without_helper(ticket),
        claimed_at=None,
        answered_at=None,
        outcome=None,
        pending=Pending.NOTHING,
        wave=min(ticket.wave, len(plan_of(ticket, facts).waves) - 1),
    )


def live_offers(ticket: Ticket) -> tuple[Offer, ...]:
    """Return the offers that still ask somebody for something."""
    return tuple(o for o in ticket.offers if o.state in (OfferState.OPEN, OfferState.CLAIMED))


def offer_slots(ticket: Ticket) -> tuple[str, ...]:
    """Return the slots of the messages that still offer a question: each once, the post last."""
    slots = [o.slot for o in live_offers(ticket)] + ([POST] if ticket.posted else [])
    return tuple(dict.fromkeys(slots))


def refreshed(ticket: Ticket, offer: Offer, facts: Facts) -> Effect:
    """Return the edit by which an offer shows the question as it is now."""
    if offer.state is OfferState.CLAIMED:
        return Edit(offer.slot, say.OfferMine(ticket.ref, ticket.text, ticket.twins), Kind.OFFER)
    return Edit(offer.slot, offer_notice(ticket, facts, first=False), Kind.OFFER)


def ended_as(ticket: Ticket, state: State, facts: Facts) -> Ticket:
    """Return the ticket ended: nothing pending, no timer valid, no offer open."""
    return replace(
        ticket,
        state=state,
        epoch=ticket.epoch + 1,
        pending=Pending.NOTHING,
        ended_at=facts.now,
        offers=tuple(
            replace(o, state=OfferState.ENDED) if o.state is OfferState.OPEN else o for o in ticket.offers
        ),
    )


def end_offers(ticket: Ticket, notice: say.Notice) -> tuple[Effect, ...]:
    """Return the edits by which every live offer says that it is over."""
    return tuple(Edit(slot, notice, Kind.STATUS) for slot in offer_slots(ticket))


def offer_notice(ticket: Ticket, facts: Facts, *, first: bool) -> say.OfferMade:
    """Return the words of an offer, with the asker's name only where they agreed to it."""
    asker = facts.name_of(ticket.asker) if ticket.named else ""
    return say.OfferMade(
        ticket.ref, ticket.text, asker, facts.origin.level, where_shown(facts), first, ticket.twins
    )


def open_notice(ticket: Ticket, facts: Facts) -> say.OfferOpen:
    """Return the words of the post that names nobody."""
    asker = facts.name_of(ticket.asker) if ticket.named else ""
    return say.OfferOpen(ticket.ref, ticket.text, asker, facts.origin.level, where_shown(facts), ticket.twins)


def where_shown(facts: Facts) -> str:
    """Return where an answer will be seen: `private`, `room`, `plain` (not encrypted) or `public`."""
    room = facts.origin.room
    if room.direct_with:
        return "private"
    if room.public or room.access is Access.UNRESTRICTED:
        return "public"
    return "room" if room.encrypted else "plain"


def preceded_by(decision: Decision, effects: tuple[Effect, ...]) -> Decision:
    """Return a decision with other effects before its own."""
    return Decision(decision.ticket, (*effects, *decision.effects))


def same_slot(effect: Effect, edit: Edit) -> bool:
    """Tell whether an effect edits the message that `edit` edits."""
    return isinstance(effect, Edit) and effect.slot == edit.slot
