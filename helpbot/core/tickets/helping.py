"""The helpers' side: waves of offers, claims, answers, and what time brings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from helpbot.core import notices as say
from helpbot.core.confidentiality import HANDED_ON, Agreed, Exposure, exposure, may_show, told
from helpbot.core.effects import Edit, Effect, JobKind, Kind, Reacted, Record, Schedule, Send
from helpbot.core.growth import is_easy, is_thin
from helpbot.core.ids import EventId, RoomId, UserId
from helpbot.core.incoming import RoomFacts
from helpbot.core.notices.files import RelayedFile, RelayedFileMore
from helpbot.core.notices.growth import NoviceFirst
from helpbot.core.notices.trust import NotRelayed, RoomHasOpened
from helpbot.core.routing import (
    TEMPORARY,
    Refusal,
    Volunteer,
    candidates,
    place_for,
    refusal,
    wait_for,
    why_asked,
)
from helpbot.core.tickets.parts import (
    end_offers,
    ended_as,
    marked,
    offer_notice,
    open_notice,
    plan_of,
    preceded_by,
    same_slot,
    thread_of,
)
from helpbot.core.tickets.values import (
    LAST_OPEN_MINUTES,
    LOOK_AGAIN_MINUTES,
    MAX_REMINDERS,
    MINUTE,
    Decision,
    Facts,
    Offer,
    OfferState,
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


def claimed(
    ticket: Ticket, user: UserId, slot: str, room: RoomId, facts: Facts, *, private: bool
) -> Decision:
    """✋ of a volunteer: the first one wins, exactly one."""
    if not _claimable(ticket, user):
        return Decision(ticket)
    ticket, effects = _claim(ticket, user, slot, room, facts, private=private)
    plan = plan_of(ticket, facts)
    given_up = facts.hours.add_open_minutes(facts.now, plan.claim_silence + plan.wait_first)
    taken = say.Taken(ticket.ref, facts.credit_of(user), facts.when(given_up))
    status = Edit(ticket.status, taken, Kind.STATUS)
    due = facts.hours.add_open_minutes(facts.now, plan.claim_silence)
    # Anew, for a question that had expired has no such timer any more.
    timers = (Schedule(JobKind.CLAIM_SILENCE, due), facts.expiry(plan.expire_days))
    return Decision(ticket, (*effects, status, *timers))


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
    return preceded_by(_offered(ticket, [(to, place.room)], 1, facts), (told,))


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
        if not _claimable(ticket, user):
            return Decision(ticket)
        ticket, effects = _claim(ticket, user, slot, room, facts, private=private)
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


def due(ticket: Ticket, job: JobKind, facts: Facts) -> Decision:
    """A timer of the ticket's present epoch is due."""
    if ticket.ended:
        return Decision(ticket)
    match job:
        case JobKind.ASK:
            return next_wave(ticket, facts) if ticket.state is State.ASKED else Decision(ticket)
        case JobKind.CLAIM_SILENCE:
            return _silent(ticket, facts) if ticket.state is State.CLAIMED else Decision(ticket)
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
            mentions=(helper,),
        )
        wait = facts.hours.add_open_minutes(facts.now, plan_of(ticket, facts).wait_first)
        return Decision(ticket, (reminder, Schedule(JobKind.CLAIM_SILENCE, wait)))
    ticket = marked(ticket, helper, OfferState.ENDED)
    ticket = replace(ticket, state=State.ASKED, helper=None, claimed_at=None, helper_slot="", reminders=0)
    return preceded_by(next_wave(ticket, facts), (Edit(slot, say.OfferEnded(ticket.ref), Kind.STATUS),))


def _expire(ticket: Ticket, facts: Facts) -> Decision:
    if ticket.state is State.ANSWERED:
        return Decision(ticket)  # it has a timer of its own that ends it
    if ticket.state is State.CLAIMED:
        return Decision(ticket, (facts.expiry(1),))  # somebody is at work on it
    ended = replace(ended_as(ticket, State.EXPIRED, facts), outcome=Outcome.NOBODY)
    said = (Edit(ticket.status, say.Expired(ticket.ref), Kind.STATUS),) if ticket.plan is not None else ()
    return Decision(ended, (*end_offers(ticket, say.OfferEnded(ticket.ref)), *said, Record()))


def search(ticket: Ticket, facts: Facts) -> Decision:
    """Begin: freeze the plan, ask the first wave."""
    fresh: tuple[Effect, ...] = ()
    if ticket.entry is not None and ticket.status == "reply":
        ticket = replace(ticket, status="second")
        fresh = (
            Send(
                "second",
                ticket.room,
                say.Searching(ticket.ref),
                Kind.ROUTE,
                reply_to=ticket.question,
                thread=thread_of(ticket, facts),
            ),
        )
    ticket = replace(
        ticket,
        state=State.ASKED,
        pending=Pending.NOTHING,
        outcome=None,
        plan=facts.plan,
        wave=0,
        options=(),
        answered_at=None,
    )
    decision = next_wave(ticket, facts)
    decision = Decision(decision.ticket, (*decision.effects, facts.expiry(facts.plan.expire_days)))
    if fresh:
        statuses = [e for e in decision.effects if isinstance(e, Edit) and e.slot == "second"]
        others = tuple(e for e in decision.effects if e not in statuses)
        send = fresh[0]
        if statuses and isinstance(send, Send):
            send = replace(send, notice=statuses[-1].notice)
        return Decision(decision.ticket, (send, *others))
    return decision


def search_again(ticket: Ticket, facts: Facts) -> Decision:
    """❌ after a helper's answer: a different helper, once."""
    helper = ticket.helper
    if ticket.reopened or helper is None:
        return Decision(replace(ticket, pending=Pending.NOTHING))
    told = tuple(
        Edit(o.slot, say.OfferEnded(ticket.ref), Kind.STATUS) for o in ticket.offers if o.user == helper
    )
    ticket = replace(
        marked(ticket, helper, OfferState.ENDED),
        state=State.ASKED,
        reopened=True,
        helper=None,
        helper_slot="",
        claimed_at=None,
        answered_at=None,
        outcome=None,
        pending=Pending.NOTHING,
        wave=min(ticket.wave, len(plan_of(ticket, facts).waves) - 1),
        plan=plan_of(ticket, facts),
        status="again",
    )
    decision = next_wave(ticket, facts)
    notice: say.Notice = say.Searching(ticket.ref)
    rest: list[Effect] = []
    for effect in decision.effects:
        if isinstance(effect, Edit) and effect.slot == "again":
            notice = effect.notice
        else:
            rest.append(effect)
    send = Send(
        "again", ticket.room, notice, Kind.STATUS, reply_to=ticket.question, thread=thread_of(ticket, facts)
    )
    expiry = facts.expiry(plan_of(ticket, facts).expire_days)
    return Decision(decision.ticket, (send, *told, *rest, expiry))


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
    return _offered(replace(ticket, wave=ticket.wave + 1), chosen, len(kept), facts)


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
    asked = _offered(ticket, [novice], among, facts)
    if expert.direct is None:
        return asked
    told = Send(
        f"told/{expert.user}",
        expert.direct.room,
        NoviceFirst(ticket.ref, facts.title_of(ticket.theme or "")),
        Kind.STATUS,
    )
    return Decision(asked.ticket, (*asked.effects, told))


def _offered(ticket: Ticket, chosen: list[tuple[Volunteer, RoomId]], among: int, facts: Facts) -> Decision:
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
        effects.append(Send("offer/room", room.room, open_notice(ticket, facts), Kind.OFFER))
    ticket = replace(with_told(ticket, facts), posted=True, state=State.OPEN, pending=Pending.NOTHING)
    if look_again:
        ticket = replace(ticket, state=State.ASKED)
        again = facts.hours.add_open_minutes(facts.now, LOOK_AGAIN_MINUTES)
        effects.append(Schedule(JobKind.ASK, again))
    return Decision(ticket, tuple(effects))


def _nobody_yet(ticket: Ticket, facts: Facts) -> say.NobodyYet:
    until = facts.hours.add_school_days(facts.now, plan_of(ticket, facts).expire_days)
    room = facts.volunteers_room
    seen = room is not None and may_show(facts.origin.room, room)
    next_at = facts.when(facts.next_day()) if seen or facts.referents else ""
    return say.NobodyYet(ticket.ref, facts.when(until), "volunteers" if seen else "referents", next_at)


def _claimable(ticket: Ticket, user: UserId) -> bool:
    free = ticket.state in (State.ASKED, State.OPEN, State.EXPIRED) and ticket.helper is None
    return free and ticket.plan is not None and user != ticket.asker and not ticket.sensitive


def _claim(
    ticket: Ticket, user: UserId, slot: str, room: RoomId, facts: Facts, *, private: bool
) -> tuple[Ticket, tuple[Effect, ...]]:
    others = [o for o in ticket.offers if o.state is OfferState.OPEN and o.slot != slot]
    effects: list[Effect] = [Edit(o.slot, say.OfferTaken(ticket.ref), Kind.STATUS) for o in others]
    if ticket.posted and slot != "offer/room":
        effects.append(Edit("offer/room", say.OfferTaken(ticket.ref), Kind.STATUS))
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
    """Return what an answer to an offer tells of its reader's usual time; a later one tells nothing."""
    if offer.state is not OfferState.OPEN or offer.unasked:
        return ()
    return (Reacted(offer.user, facts.hours.open_minutes_between(offer.at, facts.now)),)
