"""Finding somebody: waves of offers, and what is said where nobody is left."""

from __future__ import annotations

from dataclasses import replace

from helpbot.core import notices as say
from helpbot.core.confidentiality import exposure, may_show
from helpbot.core.effects import Edit, Effect, JobKind, Kind, Schedule, Send
from helpbot.core.growth import is_easy, is_thin
from helpbot.core.ids import RoomId
from helpbot.core.notices.growth import NoviceFirst
from helpbot.core.routing import (
    TEMPORARY,
    Volunteer,
    candidates,
    wait_for,
    why_asked,
)
from helpbot.core.spans import MINUTE
from helpbot.core.tickets.parts import (
    POST,
    marked,
    offer_notice,
    open_notice,
    plan_of,
    thread_of,
    unhelped,
)
from helpbot.core.tickets.values import (
    LAST_OPEN_MINUTES,
    LOOK_AGAIN_MINUTES,
    Decision,
    Facts,
    Offer,
    OfferState,
    Pending,
    State,
    Ticket,
)


def search(ticket: Ticket, facts: Facts) -> Decision:
    """Begin: freeze the plan, ask the first wave."""
    anew = ticket.entry is not None and ticket.status == "reply"
    ticket = replace(
        ticket,
        state=State.ASKED,
        pending=Pending.NOTHING,
        outcome=None,
        plan=facts.plan,
        wave=0,
        options=(),
        answered_at=None,
        status="second" if anew else ticket.status,
    )
    expiry, known = facts.with_expiry(facts.plan.expire_days)
    decision = next_wave(ticket, known)
    effects = (*decision.effects, expiry)
    if anew:
        send, rest = _said_anew(ticket, effects, Kind.ROUTE, facts)
        effects = (send, *rest)
    return Decision(decision.ticket, effects)


def _said_anew(
    ticket: Ticket, effects: tuple[Effect, ...], kind: Kind, facts: Facts
) -> tuple[Send, tuple[Effect, ...]]:
    """Return the status that a wave would have edited, as a message of its own, and the other effects."""
    edits = [e for e in effects if isinstance(e, Edit) and e.slot == ticket.status]
    notice = edits[-1].notice if edits else say.Searching(ticket.ref)
    thread = thread_of(ticket, facts)
    send = Send(ticket.status, ticket.room, notice, kind, reply_to=ticket.question, thread=thread)
    return send, tuple(e for e in effects if e not in edits)


def search_again(ticket: Ticket, facts: Facts) -> Decision:
    """❌ after an answer: a different helper, once; then whoever reads of it, at last the referents."""
    helper = ticket.helper
    if helper is None:
        return Decision(replace(ticket, pending=Pending.NOTHING))
    told = tuple(
        Edit(o.slot, say.OfferEnded(ticket.ref), Kind.STATUS) for o in ticket.offers if o.user == helper
    )
    before, plan = ticket, plan_of(ticket, facts)
    expiry, facts = facts.with_expiry(plan.expire_days)
    ticket = replace(unhelped(marked(ticket, helper, OfferState.ENDED), facts), plan=plan)
    if before.reopened:
        left = _nobody(replace(ticket, epoch=ticket.epoch + 1), facts)
        return Decision(left.ticket, (*told, *left.effects, expiry))
    decision = next_wave(replace(ticket, state=State.ASKED, reopened=True, status="again"), facts)
    ticket = decision.ticket
    send, rest = _said_anew(ticket, decision.effects, Kind.STATUS, facts)
    return Decision(ticket, (send, *told, *rest, expiry))


def next_wave(ticket: Ticket, facts: Facts) -> Decision:
    """Ask the next people of the plan, or wait for the open hours, or say that nobody is left."""
    plan = plan_of(ticket, facts)
    ticket = replace(ticket, state=State.ASKED, epoch=ticket.epoch + 1)
    if not facts.hours.is_open(facts.now) or facts.hours.closes_within(facts.now, LAST_OPEN_MINUTES):
        return _wait_until_open(ticket, facts)
    if ticket.wave >= len(plan.waves):
        return _nobody(ticket, facts)
    kept, refused = candidates(
        facts.volunteers,
        facts.origin,
        facts.volunteers_room,
        theme=ticket.theme,
        asker=ticket.asker,
        offered=frozenset(o.user for o in ticket.offers),
        caps=plan.caps,
        now=facts.now,
        seed=ticket.ref,
    )
    if not kept:
        later = any(why in TEMPORARY for _, why in refused)
        return _nobody(ticket, facts, look_again=later)
    if novice := _novice(ticket, facts):
        return _learns(ticket, novice, kept[0][0], len(kept), facts)
    chosen = kept[: plan.waves[ticket.wave]]
    return offer_to(replace(ticket, wave=ticket.wave + 1), chosen, len(kept), facts)


def _novice(ticket: Ticket, facts: Facts) -> tuple[Volunteer, RoomId] | None:
    """Return who is asked first because they would learn: an easy question, of a theme that few carry."""
    theme = ticket.theme
    if ticket.offers or not is_easy(ticket.text, theme) or not is_thin(theme, facts.volunteers):
        return None
    kept, _ = candidates(
        tuple(v for v in facts.volunteers if theme in v.learning and theme not in v.themes),
        facts.origin,
        facts.volunteers_room,
        theme=None,
        asker=ticket.asker,
        offered=frozenset(),
        caps=plan_of(ticket, facts).caps,
        now=facts.now,
        seed=ticket.ref,
    )
    return kept[0] if kept else None


def _learns(
    ticket: Ticket, novice: tuple[Volunteer, RoomId], expert: Volunteer, among: int, facts: Facts
) -> Decision:
    """Ask somebody who learns before the first wave; the one who would have been asked is told, unasked."""
    asked = offer_to(ticket, [novice], among, facts)
    if expert.direct is None:
        return asked
    told = Send(
        f"told/{expert.user}",
        expert.direct.room,
        NoviceFirst(ticket.ref, facts.title_of(ticket.theme or "")),
        Kind.STATUS,
    )
    return Decision(asked.ticket, (*asked.effects, told))


def offer_to(ticket: Ticket, chosen: list[tuple[Volunteer, RoomId]], among: int, facts: Facts) -> Decision:
    """Ask these people, of `among` who could have been asked, and look again when they took their time."""
    plan = plan_of(ticket, facts)
    offers, sends = [], []
    for volunteer, room in chosen:
        private = volunteer.direct is not None and volunteer.direct.room == room
        slot = f"offer/{volunteer.user}"
        why = why_asked(volunteer, facts.origin, plan.caps, among)
        offers.append(Offer(volunteer.user, room, slot, facts.now, private=private, why=why))
        sends.append(
            Send(
                slot,
                room,
                offer_notice(ticket, facts, first=not volunteer.noticed),
                Kind.OFFER,
                mentions=(volunteer.user,),
            )
        )
    asked = tuple(volunteer for volunteer, _ in chosen)
    wait = wait_for(asked, first=plan.wait_first, lowest=plan.wait_min, highest=plan.wait_max)
    next_at = facts.hours.add_open_minutes(facts.now, wait)
    ticket = replace(with_told(ticket, facts), offers=(*ticket.offers, *offers))
    status = Edit(ticket.status, say.Asking(ticket.ref, facts.when(next_at)), Kind.STATUS)
    return Decision(ticket, (status, *sends, Schedule(JobKind.ASK, next_at)))


def with_told(ticket: Ticket, facts: Facts) -> Ticket:
    """Return the ticket with what helpers are told of who reads its room; what was told first stands."""
    return (
        ticket
        if ticket.told is not None
        else replace(ticket, told=tuple(sorted(exposure(facts.origin.room))))
    )


def _wait_until_open(ticket: Ticket, facts: Facts) -> Decision:
    at = facts.hours.next_open(facts.now)
    if at <= facts.now:  # open, but about to close: the first moment after the closing
        at = facts.hours.next_open(facts.now + LAST_OPEN_MINUTES * MINUTE + MINUTE)
    status = Edit(ticket.status, say.AskingLater(ticket.ref, facts.when(at)), Kind.STATUS)
    return Decision(ticket, (status, Schedule(JobKind.ASK, at)))


def _nobody(ticket: Ticket, facts: Facts, *, look_again: bool = False) -> Decision:
    """Nobody is left: one post without a ping, the asker told; look again when somebody may be free."""
    effects: list[Effect] = []
    if not (ticket.posted and look_again):
        effects.append(Edit(ticket.status, _nobody_yet(ticket, facts), Kind.STATUS))
        effects.append(Schedule(JobKind.DIGEST, facts.next_day()))
    room = facts.volunteers_room
    if not ticket.posted and room is not None and may_show(facts.origin.room, room):
        effects.append(Send(POST, room.room, open_notice(ticket, facts), Kind.OFFER))
    ticket = replace(with_told(ticket, facts), posted=True, state=State.OPEN, pending=Pending.NOTHING)
    if look_again:
        ticket = replace(ticket, state=State.ASKED)
        again = facts.hours.add_open_minutes(facts.now, LOOK_AGAIN_MINUTES)
        effects.append(Schedule(JobKind.ASK, again))
    return Decision(ticket, tuple(effects))


def _nobody_yet(ticket: Ticket, facts: Facts) -> say.NobodyYet:
    room = facts.volunteers_room
    seen = room is not None and may_show(facts.origin.room, room)
    next_at = facts.when(facts.next_day()) if seen or facts.referents else ""
    return say.NobodyYet(ticket.ref, facts.open_until(ticket), "volunteers" if seen else "referents", next_at)
