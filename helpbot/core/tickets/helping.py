"""The helpers' side of an offer: taking it, passing it on, and what time brings."""

from __future__ import annotations

from dataclasses import replace

from helpbot.core import notices as say
from helpbot.core.effects import Edit, Effect, HandFiles, JobKind, Kind, Reacted, Record, Schedule, Send
from helpbot.core.ids import RoomId, UserId
from helpbot.core.routing import (
    Refusal,
    Volunteer,
    place_for,
    refusal,
)
from helpbot.core.tickets.parts import (
    POST,
    end_offers,
    ended_as,
    helpers_room,
    marked,
    plan_of,
    preceded_by,
    same_slot,
)
from helpbot.core.tickets.searching import next_wave, offer_to
from helpbot.core.tickets.values import (
    LAST_OPEN_MINUTES,
    MAX_REMINDERS,
    Decision,
    Facts,
    Offer,
    OfferState,
    Outcome,
    State,
    Ticket,
)


def claimed(
    ticket: Ticket, user: UserId, slot: str, room: RoomId, facts: Facts, *, private: bool
) -> Decision:
    """✋ of a volunteer: the first one wins, exactly one. Said again by its holder, it is a sign of life."""
    if ticket.state is State.CLAIMED and ticket.helper == user:
        ticket = replace(ticket, epoch=ticket.epoch + 1)
        return Decision(ticket, _waits_for_holder(ticket, user, facts))
    if not claimable(ticket, user):
        return Decision(ticket)
    ticket, effects = claim(ticket, user, slot, room, facts, private=private)
    # Anew, for a question that had expired has no such timer any more.
    expiry = facts.expiry(plan_of(ticket, facts).expire_days)
    return Decision(ticket, (*effects, *_waits_for_holder(ticket, user, facts), expiry))


def _waits_for_holder(ticket: Ticket, user: UserId, facts: Facts) -> tuple[Effect, ...]:
    """Return what the asker is told of who took it, and the timer of their silence."""
    plan = plan_of(ticket, facts)
    reminded = ticket.reminders >= MAX_REMINDERS
    patience = plan.claim_silence + (0 if reminded else plan.wait_first)
    given_up = facts.hours.add_open_minutes(facts.now, patience)
    taken = say.Taken(ticket.ref, facts.credit_of(user), facts.when(given_up))
    due = facts.hours.add_open_minutes(facts.now, plan.claim_silence)
    return Edit(ticket.status, taken, Kind.STATUS), Schedule(JobKind.CLAIM_SILENCE, due)


def passed(ticket: Ticket, user: UserId, facts: Facts) -> Decision:
    """⏭️ of a volunteer: hand back a claim, or bring the next one at once."""
    offer = next((o for o in ticket.offers if o.user == user), None)
    if offer is None or ticket.ended:
        return Decision(ticket)
    holds = ticket.state is State.CLAIMED and ticket.helper == user
    if not holds and offer.state is not OfferState.OPEN:
        return Decision(ticket)
    ticket = marked(ticket, user, OfferState.PASSED)
    told: tuple[Effect, ...] = reacted(offer, facts)
    if offer.private:
        told = (*told, Edit(offer.slot, say.OfferPassed(ticket.ref), Kind.STATUS))
    if holds:
        ticket = replace(ticket, state=State.ASKED, helper=None, claimed_at=None, helper_slot="")
        return preceded_by(next_wave(ticket, facts), told)
    if ticket.state is not State.ASKED:
        return Decision(ticket, told)
    open_left = any(o.state is OfferState.OPEN for o in ticket.offers)
    return Decision(ticket, told) if open_left else preceded_by(next_wave(ticket, facts), told)


def handed_over(ticket: Ticket, user: UserId, to: Volunteer, facts: Facts) -> Decision | Refusal:
    """`!passe @collègue`: offer what `user` holds to a volunteer whom they chose, under the same limits.

    Return why that person may not be asked now instead, whereupon nothing has changed.
    """
    if ticket.state is not State.CLAIMED or ticket.helper != user:
        return Decision(ticket)
    plan, hours = plan_of(ticket, facts), facts.hours
    if not hours.is_open(facts.now) or hours.closes_within(facts.now, LAST_OPEN_MINUTES):
        return Refusal.CLOSED_HOURS
    offered = frozenset(o.user for o in ticket.offers)
    # No theme: whoever hands it over knows what their colleague can do.
    why = refusal(to, theme=None, asker=ticket.asker, offered=offered, caps=plan.caps, now=facts.now)
    place = why or place_for(to, facts.origin, facts.volunteers_room)
    if isinstance(place, Refusal):
        return place
    told = Edit(ticket.helper_slot, say.OfferPassed(ticket.ref), Kind.STATUS)
    ticket = replace(
        marked(ticket, user, OfferState.PASSED),
        state=State.ASKED,
        helper=None,
        helper_slot="",
        claimed_at=None,
        reminders=0,
        epoch=ticket.epoch + 1,
    )
    return preceded_by(offer_to(ticket, [(to, place.room)], 1, facts), (told,))


def left(ticket: Ticket, user: UserId, facts: Facts) -> Decision:
    """A volunteer is one no more: what they were offered ends, what they hold is asked of others."""
    offer = next((o for o in ticket.offers if o.user == user), None)
    if offer is None or ticket.ended or offer.state not in (OfferState.OPEN, OfferState.CLAIMED):
        return Decision(ticket)
    if ticket.state is State.ANSWERED and ticket.helper == user:
        return Decision(ticket)  # they have answered: nothing is asked of them any more
    decision = passed(ticket, user, facts)
    told = Edit(offer.slot, say.OfferEnded(ticket.ref), Kind.STATUS)
    ended = marked(decision.ticket, user, OfferState.ENDED)
    rest = (e for e in decision.effects if not isinstance(e, Reacted) and not same_slot(e, told))
    return Decision(ended, (told, *rest))


def due(ticket: Ticket, job: JobKind, facts: Facts) -> Decision:
    """A timer of the ticket's present epoch is due."""
    if ticket.ended:
        return Decision(ticket)
    match job:
        case JobKind.ASK:
            return next_wave(ticket, facts) if ticket.state is State.ASKED else Decision(ticket)
        case JobKind.CLAIM_SILENCE:
            return _silent(ticket, facts) if ticket.state is State.CLAIMED else Decision(ticket)
        case JobKind.FOLLOW_UP:
            return _follow_up(ticket, facts)
        case JobKind.EXPIRE:
            return _expire(ticket, facts)
        case JobKind.THANKS | JobKind.MONTHLY_REPORT | JobKind.DIGEST:
            return Decision(ticket)  # not about the question: flow/thanks.py, flow/report.py
        case JobKind.CLOSE:
            closable = ticket.state is State.ANSWERED
            return (
                Decision(ended_as(ticket, State.SOLVED, facts), (Record(),)) if closable else Decision(ticket)
            )


def _silent(ticket: Ticket, facts: Facts) -> Decision:
    helper, slot = ticket.helper, ticket.helper_slot
    room = next((o.room for o in ticket.offers if o.user == helper), None)
    if helper is None or room is None:
        return Decision(ticket)
    if ticket.reminders < MAX_REMINDERS:
        ticket = replace(ticket, reminders=ticket.reminders + 1, epoch=ticket.epoch + 1)
        reminder = Send(
            f"reminder/{helper}",
            room,
            say.ClaimReminder(ticket.ref),
            Kind.OFFER,
            reply_slot=slot,
            mentions=facts.heard_now(helper),
        )
        wait = facts.hours.add_open_minutes(facts.now, plan_of(ticket, facts).wait_first)
        return Decision(ticket, (reminder, Schedule(JobKind.CLAIM_SILENCE, wait)))
    ticket = marked(ticket, helper, OfferState.ENDED)
    ticket = replace(ticket, state=State.ASKED, helper=None, claimed_at=None, helper_slot="", reminders=0)
    return preceded_by(next_wave(ticket, facts), (Edit(slot, say.OfferEnded(ticket.ref), Kind.STATUS),))


def _follow_up(ticket: Ticket, facts: Facts) -> Decision:
    """Mention to the helper what was added while they were not to be pinged."""
    helper, room = ticket.helper, helpers_room(ticket)
    if helper is None or room is None:
        return Decision(ticket)
    if not facts.heard_now(helper):  # they have changed their hours meanwhile
        return Decision(ticket, facts.mentioned_later(helper))
    told = Send(
        "follow/later",
        room,
        say.FollowUpWaits(ticket.ref),
        Kind.OFFER,
        reply_slot=ticket.helper_slot,
        mentions=(helper,),
    )
    return Decision(ticket, (told,))


def _expire(ticket: Ticket, facts: Facts) -> Decision:
    if ticket.state is State.ANSWERED:
        return Decision(ticket)  # it has a timer of its own that ends it
    if ticket.state is State.CLAIMED:
        return Decision(ticket, (facts.expiry(1),))  # somebody is at work on it
    ended = replace(ended_as(ticket, State.EXPIRED, facts), outcome=Outcome.NOBODY)
    said = (Edit(ticket.status, say.Expired(ticket.ref), Kind.STATUS),) if ticket.plan is not None else ()
    return Decision(ended, (*end_offers(ticket, say.OfferEnded(ticket.ref)), *said, Record()))


def claimable(ticket: Ticket, user: UserId) -> bool:
    """Tell whether somebody may take the question: it was put to helpers, and nobody holds it."""
    free = ticket.state in (State.ASKED, State.OPEN, State.EXPIRED) and ticket.helper is None
    return free and ticket.plan is not None and user != ticket.asker and not ticket.sensitive


def claim(
    ticket: Ticket, user: UserId, slot: str, room: RoomId, facts: Facts, *, private: bool
) -> tuple[Ticket, tuple[Effect, ...]]:
    """Return the ticket held by `user`, and the edits by which every other offer says so."""
    others = [o for o in ticket.offers if o.state is OfferState.OPEN and o.slot != slot]
    effects: list[Effect] = [Edit(o.slot, say.OfferTaken(ticket.ref), Kind.STATUS) for o in others]
    if ticket.posted and slot != POST:
        effects.append(Edit(POST, say.OfferTaken(ticket.ref), Kind.STATUS))
    effects.append(Edit(slot, say.OfferMine(ticket.ref, ticket.text, ticket.twins), Kind.OFFER))
    offers = tuple(
        replace(o, state=OfferState.ENDED) if o.state is OfferState.OPEN else o
        for o in ticket.offers
        if o.user != user
    )
    asked = next((o for o in ticket.offers if o.user == user), None)
    if asked is not None:
        effects += reacted(asked, facts)
        mine = replace(asked, room=room, slot=slot, state=OfferState.CLAIMED, private=private)
    else:
        mine = Offer(user, room, slot, facts.now, OfferState.CLAIMED, private=private, unasked=True)
    if room != ticket.room:
        effects.append(HandFiles(user, room, slot, facts.name_of(ticket.asker) if ticket.named else ""))
    ticket = replace(
        ticket,
        state=State.CLAIMED,
        helper=user,
        helper_slot=slot,
        claimed_at=facts.now,
        ended_at=None,
        outcome=None,
        reminders=0,
        epoch=ticket.epoch + 1,
        offers=(*offers, mine),
    )
    return ticket, tuple(effects)


def reacted(offer: Offer, facts: Facts) -> tuple[Effect, ...]:
    """Return what an answer to an offer tells of its reader's habits; a later one tells nothing."""
    if offer.state is not OfferState.OPEN or offer.unasked:
        return ()
    return (Reacted(offer.user, offer.at, facts.hours.open_minutes_between(offer.at, facts.now)),)
