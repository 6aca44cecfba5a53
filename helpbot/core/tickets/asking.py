"""The asker's side: a question, its edits and deletion, and every tap."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from helpbot.core import notices as say
from helpbot.core.effects import Edit, Effect, JobKind, Kind, Record, RedactAll, RedactSlot, Schedule, Send
from helpbot.core.ids import EventId
from helpbot.core.notices.files import FollowUpFile
from helpbot.core.notices.twins import MayShow
from helpbot.core.tickets.parts import (
    end_offers,
    ended_as,
    first_timers,
    live_offers,
    refreshed,
    thread_of,
    without_helper,
)
from helpbot.core.tickets.peers import peer_refused
from helpbot.core.tickets.searching import search, search_again
from helpbot.core.tickets.values import (
    CLOSE_AFTER,
    TRANSITIONS,
    Decision,
    Facts,
    OfferState,
    Outcome,
    Pending,
    Reply,
    Shown,
    State,
    Ticket,
)


def ask(ticket: Ticket, reply: Reply, facts: Facts) -> Decision:
    """A new question: give the first reply, or begin the search when the room agreed to it before."""
    ticket = _with_reply(ticket, reply, facts)
    if ticket.pending is Pending.CONSENT and facts.consent_given:
        searching = search(ticket, facts)
        return Decision(searching.ticket, _first_status_as_message(searching, facts))
    send = Send(
        "reply",
        ticket.room,
        reply.notice,
        reply.kind,
        reply_to=ticket.question,
        thread=thread_of(ticket, facts),
        mentions=(ticket.asker,) if reply.sensitive else (),
        entry=reply.entry,
    )
    return Decision(ticket, (send, *first_timers(ticket, facts)))


def edited(ticket: Ticket, text: str, reply: Reply, facts: Facts) -> Decision:
    """The asker edited the question: edit the answer, or the offers when people are being asked."""
    if reply.sensitive:
        return _turned_urgent(ticket, reply, facts)
    if ticket.ended or (ticket.answered_at and ticket.helper):
        return Decision(ticket)
    if ticket.state in (State.ASKED, State.CLAIMED) or ticket.posted:
        ticket = replace(ticket, text=text)
        return Decision(ticket, tuple(refreshed(ticket, offer, facts) for offer in live_offers(ticket)))
    old = ticket
    ticket = replace(
        ticket, text=text, epoch=ticket.epoch + 1, status="reply", entry=None, feedback=None, outcome=None
    )
    ticket = _with_reply(replace(ticket, state=State.OPEN), reply, facts)
    effects: list[Effect] = [Edit("reply", reply.notice, reply.kind, reply.entry)]
    if old.status != "reply":
        effects.append(RedactSlot(old.status))
    return Decision(ticket, (*effects, *first_timers(ticket, facts)))


def _turned_urgent(ticket: Ticket, reply: Reply, facts: Facts) -> Decision:
    """An edit speaks of danger: the numbers at once, nobody is asked any more, no text is kept."""
    if ticket.state is State.WITHDRAWN:
        return Decision(ticket)
    numbers = Edit(ticket.status, reply.notice, reply.kind, reply.entry)
    effects = (*end_offers(ticket, say.OfferEnded(ticket.ref)), numbers)
    if not ticket.ended:
        ticket = replace(ended_as(ticket, State.SOLVED, facts), entry=reply.entry, outcome=Outcome.REDIRECT)
    return Decision(replace(ticket, text="", theme=None, sensitive=True), effects)


def withdrawn(ticket: Ticket, facts: Facts) -> Decision:
    """The asker deleted the question: everything of it goes, pings included."""
    if ticket.ended:  # called off or answered before: what stands in the rooms goes all the same
        gone = State.WITHDRAWN if State.WITHDRAWN in TRANSITIONS[ticket.state] else ticket.state
        return Decision(replace(ticket, state=gone, text="", epoch=ticket.epoch + 1), (RedactAll(),))
    ended = replace(ended_as(ticket, State.WITHDRAWN, facts), text="")
    return Decision(ended, (RedactAll(), *(() if ticket.sensitive else (Record(),))))


def cancelled(ticket: Ticket, facts: Facts) -> Decision:
    """`!annuler`: stop the search and say so; what was answered stays."""
    ended = ended_as(ticket, State.WITHDRAWN, facts)
    return Decision(
        ended,
        (
            *end_offers(ticket, say.OfferEnded(ticket.ref)),
            Edit(ticket.status, say.Withdrawn(ticket.ref), Kind.STATUS),
            Record(),
        ),
    )


def set_aside(ticket: Ticket, facts: Facts) -> Ticket:
    """Return the ticket of words that turned out to be no question: ended, without a record."""
    return replace(ended_as(ticket, State.WITHDRAWN, facts), text="", options=())


def chose(ticket: Ticket, choice: int, answers: Callable[[str], Shown | None], facts: Facts) -> Decision:
    """The asker tapped 1, 2 or 3 (an option), or 0 (none of these)."""
    if ticket.pending is not Pending.CHOICE or ticket.ended:
        return Decision(ticket)
    if choice == 0:
        return _offer_to_route(replace(ticket, options=()), facts, after_no=ticket.status != "reply")
    shown = answers(ticket.options[choice - 1]) if choice <= len(ticket.options) else None
    if shown is None:
        return Decision(ticket)
    ticket = replace(
        ticket,
        state=State.ANSWERED,
        pending=Pending.FEEDBACK,
        pending_at=facts.now,
        entry=shown.entry,
        outcome=Outcome.CLARIFIED,
        alternatives=tuple(o for o in ticket.options if o != shown.entry),
        options=(),
        answered_at=facts.now,
        epoch=ticket.epoch + 1,
    )
    return Decision(
        ticket,
        (
            Edit(ticket.status, shown.notice, Kind.ANSWER, shown.entry),
            Schedule(JobKind.CLOSE, facts.now + CLOSE_AFTER),
        ),
    )


def said_yes(ticket: Ticket, facts: Facts) -> Decision:
    """✅ of the asker: consent to ask, or the answer helped."""
    if ticket.pending is Pending.CONSENT:
        return wants_human(ticket, facts)
    if ticket.state is State.SOLVED and ticket.feedback is None and not ticket.sensitive:
        return _thanked(replace(ticket, feedback=True), facts)  # it had closed by itself
    if ticket.state is not State.ANSWERED:
        return Decision(ticket)
    return _thanked(replace(ended_as(ticket, State.SOLVED, facts), feedback=True), facts)


def _thanked(ticket: Ticket, facts: Facts) -> Decision:
    """A ✅: where somebody helped they read it in the offer, and once more with the others of the day."""
    effects: list[Effect] = [
        Edit(o.slot, say.OfferSolved(ticket.ref), Kind.STATUS)
        for o in ticket.offers
        if o.user == ticket.helper and o.state is OfferState.CLAIMED
    ]
    if ticket.helper is not None:
        effects.append(Schedule(JobKind.THANKS, facts.next_day()))
    if ticket.outcome is Outcome.VOLUNTEER and ticket.plan is not None and ticket.helper_slot:
        effects.append(Edit(ticket.status, MayShow(ticket.ref), Kind.STATUS))
    return Decision(ticket, (*effects, Record()))


def said_no(ticket: Ticket, titles: Callable[[str], str | None], facts: Facts) -> Decision:
    """❌ of the asker: no to being routed, or « ce n'est pas ça »."""
    if ticket.ended:
        return Decision(ticket)
    if ticket.pending is Pending.CONSENT:
        ended = ended_as(ticket, State.WITHDRAWN, facts)
        return Decision(ended, (Edit(ticket.status, say.NotAsked(), Kind.STATUS), Record()))
    if ticket.pending is Pending.CHOICE:
        return chose(ticket, 0, lambda _id: None, facts)
    if ticket.state is not State.ANSWERED:
        return Decision(ticket)
    ticket = replace(ticket, feedback=False)
    if ticket.outcome is Outcome.PEER and ticket.plan is not None:
        return peer_refused(ticket, facts)
    if ticket.outcome is Outcome.PEER or (ticket.helper is not None and ticket.plan is None):
        return _offer_to_route(without_helper(ticket), facts, after_no=True)
    if ticket.helper is not None:
        return search_again(ticket, facts)
    ticket = replace(ticket, refused=ticket.refused or ticket.entry)
    options = tuple(o for o in ticket.alternatives if titles(o))[:3]
    if not options or ticket.status != "reply":
        return _offer_to_route(ticket, facts, after_no=True)
    ticket = replace(
        ticket,
        state=State.OPEN,
        status="second",
        pending=Pending.CHOICE,
        pending_at=facts.now,
        options=options,
        alternatives=(),
        epoch=ticket.epoch + 1,
    )
    notice = say.OtherAnswers(tuple(titles(o) or "" for o in options))
    send = Send(
        "second",
        ticket.room,
        notice,
        Kind.CLARIFY,
        reply_to=ticket.question,
        thread=thread_of(ticket, facts),
    )
    return Decision(ticket, (send, *first_timers(ticket, facts)))


def took_back(ticket: Ticket, facts: Facts) -> Decision:
    """❌ on a helper's answer after its ✅: the solved mark is the asker's, and the search goes on.

    Within the days in which an unmarked answer would still be open, and once, as a ❌ without a ✅ before it.
    """
    marked = ticket.state is State.SOLVED and ticket.feedback and not ticket.sensitive
    by_helper = ticket.outcome in (Outcome.VOLUNTEER, Outcome.REFERENT)
    late = facts.now - (ticket.ended_at or 0) >= CLOSE_AFTER
    if not (marked and by_helper) or late or ticket.reopened:
        return Decision(ticket)
    unsolved = replace(ticket, feedback=False, ended_at=None, shared_asker=False, shared_helper=False)
    return search_again(unsolved, facts)


def wants_human(ticket: Ticket, facts: Facts, *, named: bool = False) -> Decision:
    """🙋 of the asker, at any time: consent, and the search begins."""
    if ticket.ended or ticket.state in (State.ASKED, State.CLAIMED) or ticket.posted or ticket.sensitive:
        return Decision(ticket)
    if ticket.twin is not None:
        return search(replace(without_helper(ticket), twin=None, named=ticket.named or named), facts)
    if ticket.outcome is Outcome.PEER and ticket.state is State.ANSWERED:
        return (
            said_no(ticket, lambda _id: None, facts) if ticket.plan else search(without_helper(ticket), facts)
        )
    if ticket.helper is not None:
        return search_again(ticket, facts)
    return search(replace(ticket, named=ticket.named or named), facts)


def asker_says(
    ticket: Ticket, event: EventId, text: str, facts: Facts, *, file: Mapping[str, Any] | None = None
) -> Decision:
    """A further word of the asker on a question that people work on: hand it to the helper."""
    if ticket.helper is None or ticket.ended:
        ticket = replace(ticket, text=f"{ticket.text}\n{text}")
        return Decision(ticket, tuple(refreshed(ticket, o, facts) for o in live_offers(ticket)))
    room = next((o.room for o in ticket.offers if o.user == ticket.helper), None)
    if room is None:
        return Decision(ticket)
    asker = facts.name_of(ticket.asker) if ticket.named else ""
    send = Send(
        f"follow/{event}",
        room,
        (say.FollowUp if file is None else FollowUpFile)(ticket.ref, asker, text),
        Kind.RELAY,
        reply_slot=ticket.helper_slot,
        mentions=facts.heard_now(ticket.helper),
        file=file,
    )
    return Decision(ticket, (send, *facts.mentioned_later(ticket.helper)))


def _with_reply(ticket: Ticket, reply: Reply, facts: Facts) -> Ticket:
    pending, state, outcome = {
        Kind.ANSWER: (Pending.FEEDBACK, State.ANSWERED, Outcome.FAQ),
        Kind.REDIRECT: (Pending.FEEDBACK, State.ANSWERED, Outcome.REDIRECT),
        Kind.CLARIFY: (Pending.CHOICE, State.OPEN, None),
        # Routed, or seen too late: one tap asks a colleague.
    }.get(reply.kind, (Pending.CONSENT, State.OPEN, None))
    answered = state is State.ANSWERED
    ticket = replace(
        ticket,
        state=state,
        outcome=outcome,
        pending=pending,
        pending_at=facts.now,
        entry=reply.entry,
        theme=reply.theme,
        options=reply.options,
        alternatives=reply.alternatives,
        revision=reply.revision,
        first_reply_at=ticket.first_reply_at or facts.now,
        answered_at=facts.now if answered else None,
        sensitive=reply.sensitive,
    )
    if reply.sensitive:
        ticket = replace(
            ticket, text="", theme=None, pending=Pending.NOTHING, state=State.SOLVED, ended_at=facts.now
        )
    return ticket


def _offer_to_route(ticket: Ticket, facts: Facts, *, after_no: bool) -> Decision:
    ticket = replace(
        ticket,
        state=State.OPEN,
        pending=Pending.CONSENT,
        pending_at=facts.now,
        options=(),
        outcome=None,
        epoch=ticket.epoch + 1,
    )
    notice = say.RouteOffer(after_no=after_no)
    if ticket.entry is None or ticket.status != "reply":
        ask_first: Effect = Edit(ticket.status, notice, Kind.ROUTE)
    else:
        # The answer stays readable for others; the offer follows it.
        ticket = replace(ticket, status="second")
        ask_first = Send(
            "second",
            ticket.room,
            notice,
            Kind.ROUTE,
            reply_to=ticket.question,
            thread=thread_of(ticket, facts),
        )
    return Decision(ticket, (ask_first, *first_timers(ticket, facts)))


def _first_status_as_message(decision: Decision, facts: Facts) -> tuple[Effect, ...]:
    """Turn the status edit of a search that begins with the question into its first message."""
    ticket = decision.ticket
    effects: list[Effect] = []
    for effect in decision.effects:
        if isinstance(effect, Edit) and effect.slot == "reply":
            effects.append(
                Send(
                    "reply",
                    ticket.room,
                    effect.notice,
                    Kind.ROUTE,
                    reply_to=ticket.question,
                    thread=thread_of(ticket, facts),
                )
            )
        else:
            effects.append(effect)
    return tuple(effects)
