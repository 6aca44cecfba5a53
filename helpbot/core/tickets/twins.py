"""The same question asked by several: joined while it is open, shown once it is solved and both agreed."""

from __future__ import annotations

from dataclasses import replace

from helpbot.core.confidentiality import HANDED_ON, may_show
from helpbot.core.effects import Edit, JobKind, Kind, Schedule, Send
from helpbot.core.ids import RoomId, TicketId, UserId
from helpbot.core.incoming import RoomFacts
from helpbot.core.notices import RouteOffer
from helpbot.core.notices import twins as words
from helpbot.core.sameness import same_question
from helpbot.core.tickets.answering import agreed_in_answering
from helpbot.core.tickets.parts import first_timers, is_searched, live_offers, plan_of, refreshed, thread_of
from helpbot.core.tickets.values import Decision, Facts, Outcome, Pending, State, Ticket


def may_join(ticket: Ticket, first: Ticket, here: RoomFacts, there: RoomFacts, *, one_school: bool) -> bool:
    """Tell whether a new question may wait for the answer to one that is being asked already.

    Its answer comes into the same room, to one person alone, or into another room of the same school that is
    read by nobody more; who answers is told. What another school asks in the same words may have another
    answer: which room, which key.
    """
    if not is_searched(first) or first.twin is not None or first.sensitive or first.asker == ticket.asker:
        return False
    elsewhere = one_school or here.direct_with is not None
    place = here.room == there.room or (elsewhere and may_show(there, here))
    return place and same_question(ticket.text, first.text)


def join(ticket: Ticket, first: Ticket, facts: Facts) -> Decision:
    """Wait for the answer to the question that is being asked already; nothing of this one is passed on."""
    ticket = replace(ticket, state=State.OPEN, first_reply_at=facts.now, twin=first.id)
    send = Send(
        "reply",
        ticket.room,
        words.Joined(first.ref),
        Kind.ROUTE,
        reply_to=ticket.question,
        thread=thread_of(ticket, facts),
    )
    return Decision(ticket, (send, facts.expiry(facts.plan.expire_days)))


def joined_by_another(first: Ticket, facts: Facts) -> Decision:
    """Somebody else waits for the same answer: the asker and whoever may answer are told, by edits."""
    first = replace(first, twins=first.twins + 1)
    offers = (refreshed(first, offer, facts) for offer in live_offers(first))
    return Decision(first, (Edit(first.status, words.AnotherWaits(first.ref), Kind.STATUS), *offers))


def may_pass_on(first: Ticket, source: RoomFacts, asked_in: RoomFacts, target: RoomFacts) -> bool:
    """Tell whether what was written in `source` for a question may stand where its twin's asker reads it.

    `asked_in`: the first one's room, of which its helper was told who reads there.
    """
    same = target.room == asked_in.room
    return may_show(source, target, agreed_in_answering(first, asked_in) if same else HANDED_ON)


def twin_answered(
    twin: Ticket, relay: Send, facts: Facts, *, helper: UserId | None, room: RoomId
) -> Decision:
    """The question that this one waits for was answered: the same words come into `room`.

    That is where it was asked, or its asker's direct message.
    """
    at_home = room == twin.room
    twin = replace(
        twin,
        state=State.ANSWERED,
        epoch=twin.epoch + 1,
        pending=Pending.FEEDBACK,
        pending_at=facts.now,
        helper=helper,
        answered_at=twin.answered_at or facts.now,
        outcome=Outcome.VOLUNTEER,
    )
    send = replace(
        relay,
        room=room,
        reply_to=twin.question if at_home else None,
        thread=thread_of(twin, facts) if at_home else None,
        mentions=(twin.asker,),
    )
    days = plan_of(twin, facts).expire_days
    return Decision(twin, (send, Schedule(JobKind.CLOSE, facts.hours.add_school_days(facts.now, days))))


def twin_left(twin: Ticket, facts: Facts) -> Decision:
    """The question that this one waits for ended without words to pass on: it may be asked by itself."""
    twin = replace(twin, twin=None, pending=Pending.CONSENT, pending_at=facts.now, epoch=twin.epoch + 1)
    offer = Edit(twin.status, RouteOffer(after_no=False), Kind.ROUTE)
    return Decision(twin, (offer, facts.expiry(plan_of(twin, facts).expire_days)))


def shared(ticket: Ticket, user: UserId) -> Decision:
    """🔁 of the asker or of the helper: the answer may be shown to whoever asks the same."""
    if ticket.state is not State.SOLVED or ticket.outcome is not Outcome.VOLUNTEER or not ticket.feedback:
        return Decision(ticket)
    if user == ticket.asker:
        told = Edit(ticket.status, words.WillShow(ticket.ref), Kind.STATUS)
        return Decision(replace(ticket, shared_asker=True), (told,))
    if user == ticket.helper:
        told = Edit(ticket.helper_slot, words.OfferWillShow(ticket.ref), Kind.STATUS)
        return Decision(replace(ticket, shared_helper=True), (told,))
    return Decision(ticket)


def may_show_again(solved: Ticket, ticket: Ticket, here: RoomFacts, there: RoomFacts) -> bool:
    """Tell whether the answer to a solved question may be shown to who asks the same now (privacy 7)."""
    agreed = solved.shared_asker and solved.shared_helper and solved.state is State.SOLVED
    return agreed and may_show(there, here) and same_question(ticket.text, solved.text)


def not_shown_again(ticket: Ticket, facts: Facts) -> Decision:
    """What another was answered, not sent yet, may not stand here any more: offer to ask somebody."""
    if ticket.outcome is Outcome.TWIN and ticket.state is State.ANSWERED:
        ticket = replace(
            ticket,
            state=State.OPEN,
            epoch=ticket.epoch + 1,
            outcome=None,
            answered_at=None,
            pending=Pending.CONSENT,
            pending_at=facts.now,
        )
    send = Send(
        "reply",
        ticket.room,
        RouteOffer(after_no=False),
        Kind.ROUTE,
        reply_to=ticket.question,
        thread=thread_of(ticket, facts),
    )
    return Decision(ticket, (send, *first_timers(ticket, facts)))


def waits_for(ticket: Ticket, first: TicketId) -> bool:
    """Tell whether a question waits for the answer to another."""
    return ticket.twin == first and not ticket.ended
