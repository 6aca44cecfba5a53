"""Those who help without having been asked: a colleague in the room, and the askers themselves."""

from __future__ import annotations

from dataclasses import replace

from helpbot.core import notices as say
from helpbot.core.effects import Edit, Effect, JobKind, Kind, Record, Schedule
from helpbot.core.ids import UserId
from helpbot.core.notices import peers as words
from helpbot.core.tickets.helping import reacted
from helpbot.core.tickets.parts import (
    end_offers,
    ended_as,
    marked,
    offer_slots,
    plan_of,
    preceded_by,
    unhelped,
)
from helpbot.core.tickets.searching import next_wave
from helpbot.core.tickets.values import (
    CLOSE_AFTER,
    Decision,
    Facts,
    OfferState,
    Outcome,
    Pending,
    State,
    Ticket,
)


def peer_answers(ticket: Ticket, user: UserId, facts: Facts, *, kept: bool = True) -> Decision:
    """A colleague answered in the room before anybody else: they are the helper, the offers end.

    Not `kept`: they object to being counted, and are left out of the ticket.
    """
    if not _free(ticket, user):
        return Decision(ticket)
    ticket, effects = _helped_here(ticket, user, facts, kept=kept)
    ticket = replace(
        ticket,
        state=State.ANSWERED,
        epoch=ticket.epoch + 1,
        pending=Pending.FEEDBACK,
        pending_at=facts.now,
        ended_at=None,
        feedback=None,
    )
    status = Edit(ticket.status, words.PeerAnswered(ticket.ref, _named(ticket, user, facts)), Kind.STATUS)
    return Decision(ticket, (status, *effects, Schedule(JobKind.CLOSE, facts.now + CLOSE_AFTER)))


def peer_marked(ticket: Ticket, user: UserId, facts: Facts, *, kept: bool = True) -> Decision:
    """The asker marked a colleague's message in the room with ✅: it is the answer."""
    if ticket.ended or ticket.sensitive or user == ticket.asker:
        return Decision(ticket)
    if ticket.state is State.ANSWERED and ticket.helper == user:
        effects: tuple[Effect, ...] = ()
    else:
        ticket, effects = _helped_here(ticket, user, facts, kept=kept)
    solved = replace(ended_as(ticket, State.SOLVED, facts), feedback=True)
    status = Edit(ticket.status, words.PeerSolved(ticket.ref, _named(ticket, user, facts)), Kind.STATUS)
    thanks = (Schedule(JobKind.THANKS, facts.next_day()),) if solved.helper else ()
    return Decision(solved, (status, *effects, *thanks, Record()))


def found(ticket: Ticket, facts: Facts) -> Decision:
    """The asker found it without help: nobody need look any more."""
    if ticket.ended or ticket.sensitive:
        return Decision(ticket)
    effects = end_offers(ticket, say.OfferEnded(ticket.ref))
    helped = ticket.state is State.ANSWERED and ticket.helper is not None
    ticket = replace(ticket, outcome=ticket.outcome if helped else Outcome.SELF)
    solved = ended_as(ticket, State.SOLVED, facts)
    return Decision(solved, (*effects, Edit(ticket.status, words.Found(ticket.ref), Kind.STATUS), Record()))


def peer_refused(ticket: Ticket, facts: Facts) -> Decision:
    """❌ after a colleague's answer in the room: the search goes on where it stood."""
    expiry, facts = facts.with_expiry(plan_of(ticket, facts).expire_days)
    return preceded_by(next_wave(unhelped(ticket, facts), facts), (expiry,))


def _named(ticket: Ticket, user: UserId, facts: Facts) -> str:
    """Return the helper's name as they are credited; not that of somebody who objects to being counted."""
    return facts.credit_of(user) if ticket.helper == user else ""


def _free(ticket: Ticket, user: UserId) -> bool:
    unanswered = ticket.state in (State.OPEN, State.ASKED, State.CLAIMED, State.EXPIRED)
    return unanswered and not ticket.sensitive and user != ticket.asker


def _helped_here(
    ticket: Ticket, user: UserId, facts: Facts, *, kept: bool
) -> tuple[Ticket, tuple[Effect, ...]]:
    """Return the ticket with its helper, and the edits by which all offers end."""
    asked = next((o for o in ticket.offers if o.user == user), None)
    told: list[Effect] = []
    for slot in offer_slots(ticket):
        mine = asked is not None and asked.slot == slot
        over: say.Notice = (
            say.OfferAnswered(ticket.ref, ticket.text) if mine else words.OfferAnsweredHere(ticket.ref)
        )
        told.append(Edit(slot, over, Kind.STATUS))
    if asked is not None:
        told += reacted(asked, facts)
        ticket = marked(ticket, user, OfferState.CLAIMED)
    offers = tuple(
        replace(o, state=OfferState.ENDED)
        if o.user != user and o.state in (OfferState.OPEN, OfferState.CLAIMED)
        else o
        for o in ticket.offers
    )
    return replace(
        ticket,
        offers=offers,
        helper=user if kept or asked is not None else None,
        helper_slot=asked.slot if asked is not None else "",
        claimed_at=ticket.claimed_at if ticket.helper == user else facts.now,
        answered_at=facts.now,
        outcome=Outcome.VOLUNTEER if asked is not None else Outcome.PEER,
        options=(),
    ), tuple(told)
