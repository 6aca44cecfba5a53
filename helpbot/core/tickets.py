"""The life of a question. Everything that changes a ticket's state is in this file.

Each public function takes the ticket, what happened and the facts, and returns a `Decision`: the
ticket after it and the effects to carry out. Nothing is looked up and nothing is done here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum

from helpbot.core import notices as say
from helpbot.core.effects import (
    Edit,
    Effect,
    JobKind,
    Kind,
    Record,
    RedactAll,
    RedactSlot,
    Schedule,
    Send,
)
from helpbot.core.hours import Calendar, OpenHours
from helpbot.core.ids import EventId, RoomId, TicketId, UserId
from helpbot.core.incoming import Access, RoomFacts
from helpbot.core.routing import TEMPORARY, Caps, Origin, Volunteer, candidates, may_show

MINUTE = 60_000
DAY = 24 * 60 * MINUTE
CLOSE_AFTER = 3 * DAY
"""An answer from the FAQ that nobody marked counts as the end after this."""
LAST_OPEN_MINUTES = 15
"""No new ping in the last open minutes of a day (rule 3 of finding a helper)."""
MAX_REMINDERS = 1


class State(StrEnum):
    """Where a question stands."""

    OPEN = "open"
    """Nobody has answered yet and nobody is being asked: a choice or a consent waits, or nobody is left."""
    ASKED = "asked"
    CLAIMED = "claimed"
    ANSWERED = "answered"
    SOLVED = "solved"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


TRANSITIONS: dict[State, frozenset[State]] = {
    State.OPEN: frozenset(
        {State.ASKED, State.CLAIMED, State.ANSWERED, State.SOLVED, State.EXPIRED, State.WITHDRAWN}
    ),
    State.ASKED: frozenset(
        {State.OPEN, State.CLAIMED, State.ANSWERED, State.SOLVED, State.EXPIRED, State.WITHDRAWN}
    ),
    State.CLAIMED: frozenset(
        {State.ASKED, State.OPEN, State.ANSWERED, State.SOLVED, State.EXPIRED, State.WITHDRAWN}
    ),
    State.ANSWERED: frozenset({State.OPEN, State.ASKED, State.SOLVED, State.EXPIRED, State.WITHDRAWN}),
    State.SOLVED: frozenset({State.WITHDRAWN}),
    State.EXPIRED: frozenset({State.CLAIMED, State.ANSWERED, State.WITHDRAWN}),
    State.WITHDRAWN: frozenset(),
}
"""Every change that may happen; staying in a state is always allowed. The docs' diagram is made from it."""

ENDED = frozenset({State.SOLVED, State.EXPIRED, State.WITHDRAWN})


class Pending(StrEnum):
    """What a tap of the asker would mean now."""

    NOTHING = ""
    CHOICE = "choice"
    CONSENT = "consent"
    FEEDBACK = "feedback"


class Outcome(StrEnum):
    """How a question was answered."""

    FAQ = "faq"
    CLARIFIED = "clarified"
    REDIRECT = "redirect"
    VOLUNTEER = "volunteer"
    REFERENT = "referent"
    NOBODY = "nobody"


class OfferState(StrEnum):
    """What became of an offer."""

    OPEN = "open"
    CLAIMED = "claimed"
    PASSED = "passed"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Offer:
    """One volunteer was asked, or took the question unasked."""

    user: UserId
    room: RoomId
    slot: str
    at: int
    state: OfferState = OfferState.OPEN
    private: bool = False
    """In a direct message: the text may speak to its one reader."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The escalation policy as it was when the search began: frozen on the ticket."""

    waves: tuple[int, ...] = (1, 1, 2)
    wait_first: int = 20
    wait_min: int = 10
    wait_max: int = 45
    claim_silence: int = 60
    expire_days: int = 5
    caps: Caps = field(default_factory=Caps)


@dataclass(frozen=True, slots=True)
class Ticket:
    """A question and all that became of it."""

    id: TicketId
    ref: str
    room: RoomId
    asker: UserId
    question: EventId
    thread: EventId | None
    text: str
    asked_at: int
    theme: str | None = None
    state: State = State.OPEN
    epoch: int = 0
    """Raised whenever timers set before mean nothing any more."""
    pending: Pending = Pending.NOTHING
    pending_at: int = 0
    status: str = "reply"
    """The slot of the message that later changes edit."""
    entry: str | None = None
    options: tuple[str, ...] = ()
    alternatives: tuple[str, ...] = ()
    """Entries to offer after a ❌, best first."""
    revision: str = ""
    named: bool = False
    plan: Plan | None = None
    wave: int = 0
    offers: tuple[Offer, ...] = ()
    helper: UserId | None = None
    helper_slot: str = ""
    reminders: int = 0
    reopened: bool = False
    posted: bool = False
    first_reply_at: int | None = None
    claimed_at: int | None = None
    answered_at: int | None = None
    ended_at: int | None = None
    outcome: Outcome | None = None
    feedback: bool | None = None
    sensitive: bool = False
    """About danger or distress: its text is never stored and it leaves no record (privacy 9)."""

    @property
    def ended(self) -> bool:
        """Whether nothing more is expected to happen."""
        return self.state in ENDED


@dataclass(frozen=True, slots=True)
class Facts:
    """What a decision may look at, loaded before it, with the one `now` it counts from."""

    now: int
    origin: Origin
    hours: OpenHours
    calendar: Calendar
    plan: Plan = field(default_factory=Plan)
    consent_given: bool = False
    """The room's settings say `route: toujours` and every offer would stay in that room."""
    threads: bool = False
    volunteers: tuple[Volunteer, ...] = ()
    volunteers_room: RoomFacts | None = None
    name_of: Callable[[UserId], str] = field(default=lambda _user: "")
    """First names, for credit; empty when unknown."""

    def expiry(self, days: int) -> Schedule:
        """Return the timer that ends a question without an answer after so many school days."""
        return Schedule(JobKind.EXPIRE, self.hours.add_school_days(self.now, days))

    def when(self, at: int) -> str:
        """Return a moment for a notice: `T10:20` when it is today, else the whole local ISO time."""
        local, today = self.calendar.local(at), self.calendar.local(self.now)
        text = local.strftime("%Y-%m-%dT%H:%M")
        return text[10:] if local.date() == today.date() else text


@dataclass(frozen=True, slots=True)
class Shown:
    """An answer as it can be shown: what the FAQ says under one id."""

    entry: str
    notice: say.FaqAnswer


@dataclass(frozen=True, slots=True)
class Reply:
    """What the FAQ makes of a question, in terms of a first reply."""

    kind: Kind
    notice: say.Notice
    entry: str | None = None
    theme: str | None = None
    options: tuple[str, ...] = ()
    alternatives: tuple[str, ...] = ()
    revision: str = ""
    sensitive: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """The ticket after what happened, and what is to be done."""

    ticket: Ticket
    effects: tuple[Effect, ...] = ()


# --- the asker --------------------------------------------------------------------------------------


def ask(ticket: Ticket, reply: Reply, facts: Facts) -> Decision:
    """A new question: give the first reply, or begin the search when the room agreed to it before."""
    ticket = _with_reply(ticket, reply, facts)
    if ticket.pending is Pending.CONSENT and facts.consent_given:
        searching = _search(ticket, facts)
        return Decision(searching.ticket, _first_status_as_message(searching, facts))
    send = Send(
        "reply",
        ticket.room,
        reply.notice,
        reply.kind,
        reply_to=ticket.question,
        thread=_thread(ticket, facts),
        mentions=(ticket.asker,) if reply.sensitive else (),
        entry=reply.entry,
    )
    return Decision(ticket, (send, *_timers(ticket, facts)))


def edited(ticket: Ticket, text: str, reply: Reply, facts: Facts) -> Decision:
    """The asker edited the question: edit the answer, or the offers when people are being asked."""
    if reply.sensitive:
        return _turned_urgent(ticket, reply, facts)
    if ticket.ended or (ticket.answered_at and ticket.helper):
        return Decision(ticket)
    if ticket.state in (State.ASKED, State.CLAIMED) or ticket.posted:
        ticket = replace(ticket, text=text)
        return Decision(ticket, tuple(_refresh(ticket, offer, facts) for offer in _live_offers(ticket)))
    old = ticket
    ticket = replace(
        ticket, text=text, epoch=ticket.epoch + 1, status="reply", entry=None, feedback=None, outcome=None
    )
    ticket = _with_reply(replace(ticket, state=State.OPEN), reply, facts)
    effects: list[Effect] = [Edit("reply", reply.notice, reply.kind, reply.entry)]
    if old.status != "reply":
        effects.append(RedactSlot(old.status))
    return Decision(ticket, (*effects, *_timers(ticket, facts)))


def _turned_urgent(ticket: Ticket, reply: Reply, facts: Facts) -> Decision:
    """An edit speaks of danger: the numbers at once, nobody is asked any more, no text is kept."""
    if ticket.state is State.WITHDRAWN:
        return Decision(ticket)
    numbers = Edit(ticket.status, reply.notice, reply.kind, reply.entry)
    effects = (*_end_offers(ticket, say.OfferEnded(ticket.ref)), numbers)
    if not ticket.ended:
        ticket = replace(_end(ticket, State.SOLVED, facts), entry=reply.entry, outcome=Outcome.REDIRECT)
    return Decision(replace(ticket, text="", theme=None, sensitive=True), effects)


def withdrawn(ticket: Ticket, facts: Facts) -> Decision:
    """The asker deleted the question: everything of it goes, pings included."""
    if ticket.ended:  # called off or answered before: what stands in the rooms goes all the same
        gone = State.WITHDRAWN if State.WITHDRAWN in TRANSITIONS[ticket.state] else ticket.state
        return Decision(replace(ticket, state=gone, text="", epoch=ticket.epoch + 1), (RedactAll(),))
    ended = replace(_end(ticket, State.WITHDRAWN, facts), text="")
    return Decision(ended, (RedactAll(), *(() if ticket.sensitive else (Record(),))))


def cancelled(ticket: Ticket, facts: Facts) -> Decision:
    """`!annuler`: stop the search and say so; what was answered stays."""
    ended = _end(ticket, State.WITHDRAWN, facts)
    return Decision(
        ended,
        (
            *_end_offers(ticket, say.OfferEnded(ticket.ref)),
            Edit(ticket.status, say.Withdrawn(ticket.ref), Kind.STATUS),
            Record(),
        ),
    )


def set_aside(ticket: Ticket, facts: Facts) -> Ticket:
    """Return the ticket of words that turned out to be no question: ended, without a record."""
    return replace(_end(ticket, State.WITHDRAWN, facts), text="", options=())


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
    if ticket.state is not State.ANSWERED:
        return Decision(ticket)
    solved = replace(_end(ticket, State.SOLVED, facts), feedback=True)
    thanks = [
        Edit(o.slot, say.OfferSolved(ticket.ref), Kind.STATUS)
        for o in ticket.offers
        if o.user == ticket.helper and o.state is OfferState.CLAIMED
    ]
    return Decision(solved, (*thanks, Record()))


def said_no(ticket: Ticket, titles: Callable[[str], str | None], facts: Facts) -> Decision:
    """❌ of the asker: no to being routed, or « ce n'est pas ça »."""
    if ticket.ended:
        return Decision(ticket)
    if ticket.pending is Pending.CONSENT:
        ended = _end(ticket, State.WITHDRAWN, facts)
        return Decision(ended, (Edit(ticket.status, say.NotAsked(), Kind.STATUS), Record()))
    if ticket.pending is Pending.CHOICE:
        return chose(ticket, 0, lambda _id: None, facts)
    if ticket.state is not State.ANSWERED:
        return Decision(ticket)
    ticket = replace(ticket, feedback=False)
    if ticket.helper is not None:
        return _search_again(ticket, facts)
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
        thread=_thread(ticket, facts),
    )
    return Decision(ticket, (send, *_timers(ticket, facts)))


def wants_human(ticket: Ticket, facts: Facts, *, named: bool = False) -> Decision:
    """🙋 of the asker, at any time: consent, and the search begins."""
    if ticket.ended or ticket.state in (State.ASKED, State.CLAIMED) or ticket.posted or ticket.sensitive:
        return Decision(ticket)
    if ticket.helper is not None:
        return _search_again(ticket, facts)
    return _search(replace(ticket, named=ticket.named or named), facts)


def asker_says(ticket: Ticket, event: EventId, text: str, facts: Facts) -> Decision:
    """A further word of the asker on a question that people work on: hand it to the helper."""
    if ticket.helper is None or ticket.ended:
        ticket = replace(ticket, text=f"{ticket.text}\n{text}")
        return Decision(ticket, tuple(_refresh(ticket, o, facts) for o in _live_offers(ticket)))
    room = next((o.room for o in ticket.offers if o.user == ticket.helper), None)
    if room is None:
        return Decision(ticket)
    asker = facts.name_of(ticket.asker) if ticket.named else ""
    send = Send(
        f"follow/{event}",
        room,
        say.FollowUp(ticket.ref, asker, text),
        Kind.RELAY,
        reply_slot=ticket.helper_slot,
        mentions=(ticket.helper,),
    )
    return Decision(ticket, (send,))


# --- the volunteers ---------------------------------------------------------------------------------


def claimed(
    ticket: Ticket, user: UserId, slot: str, room: RoomId, facts: Facts, *, private: bool
) -> Decision:
    """✋ of a volunteer: the first one wins, exactly one."""
    if not _claimable(ticket, user):
        return Decision(ticket)
    ticket, effects = _claim(ticket, user, slot, room, facts, private=private)
    status = Edit(ticket.status, say.Taken(ticket.ref, facts.name_of(user)), Kind.STATUS)
    plan = _plan(ticket, facts)
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
    ticket = _mark(ticket, user, OfferState.PASSED)
    told: tuple[Effect, ...] = (
        (Edit(offer.slot, say.OfferPassed(ticket.ref), Kind.STATUS),) if offer.private else ()
    )
    if holds:
        ticket = replace(ticket, state=State.ASKED, helper=None, claimed_at=None, helper_slot="")
        return _also(_next_wave(ticket, facts), told)
    if ticket.state is not State.ASKED:
        return Decision(ticket, told)
    open_left = any(o.state is OfferState.OPEN for o in ticket.offers)
    return Decision(ticket, told) if open_left else _also(_next_wave(ticket, facts), told)


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
) -> Decision:
    """A volunteer's words on an offer: the answer, relayed; it claims the question when it is free."""
    effects: tuple[Effect, ...] = ()
    if ticket.helper != user or ticket.state in (State.EXPIRED, State.WITHDRAWN):
        if not _claimable(ticket, user):
            return Decision(ticket)
        ticket, effects = _claim(ticket, user, slot, room, facts, private=private)
    first = ticket.state is State.CLAIMED
    name = facts.name_of(user)
    if ticket.state is State.SOLVED:  # a further word after the ✅ changes nothing else
        return Decision(ticket, (_relay(ticket, event, say.RelayedMore(name, text), facts),))
    ticket = replace(
        ticket,
        state=State.ANSWERED,
        epoch=ticket.epoch + 1,
        pending=Pending.FEEDBACK,
        pending_at=facts.now,
        answered_at=ticket.answered_at or facts.now,
        outcome=Outcome.VOLUNTEER,
        ended_at=None,
    )
    send = _relay(ticket, event, say.Relayed(name, text) if first else say.RelayedMore(name, text), facts)
    close = Schedule(JobKind.CLOSE, facts.hours.add_school_days(facts.now, _plan(ticket, facts).expire_days))
    told = Edit(ticket.helper_slot, say.OfferAnswered(ticket.ref, ticket.text), Kind.STATUS)
    return Decision(
        ticket, (send, *(e for e in effects if not _same_slot(e, told)), *((told,) if first else ()), close)
    )


def _relay(ticket: Ticket, event: EventId, notice: say.Notice, facts: Facts) -> Send:
    return Send(
        f"relay/{event}",
        ticket.room,
        notice,
        Kind.RELAY,
        reply_to=ticket.question,
        thread=_thread(ticket, facts),
        mentions=(ticket.asker,),
    )


# --- time -------------------------------------------------------------------------------------------


def due(ticket: Ticket, job: JobKind, facts: Facts) -> Decision:
    """A timer of the ticket's present epoch is due."""
    if ticket.ended:
        return Decision(ticket)
    match job:
        case JobKind.ASK:
            return _next_wave(ticket, facts) if ticket.state is State.ASKED else Decision(ticket)
        case JobKind.CLAIM_SILENCE:
            return _silent(ticket, facts) if ticket.state is State.CLAIMED else Decision(ticket)
        case JobKind.EXPIRE:
            return _expire(ticket, facts)
        case JobKind.CLOSE:
            closable = ticket.state is State.ANSWERED
            return Decision(_end(ticket, State.SOLVED, facts), (Record(),)) if closable else Decision(ticket)


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
        wait = facts.hours.add_open_minutes(facts.now, _plan(ticket, facts).wait_first)
        return Decision(ticket, (reminder, Schedule(JobKind.CLAIM_SILENCE, wait)))
    ticket = _mark(ticket, helper, OfferState.ENDED)
    ticket = replace(ticket, state=State.ASKED, helper=None, claimed_at=None, helper_slot="", reminders=0)
    return _also(_next_wave(ticket, facts), (Edit(slot, say.OfferEnded(ticket.ref), Kind.STATUS),))


def _expire(ticket: Ticket, facts: Facts) -> Decision:
    if ticket.state is State.ANSWERED:
        return Decision(ticket)  # it has a timer of its own that ends it
    if ticket.state is State.CLAIMED:
        return Decision(ticket, (facts.expiry(1),))  # somebody is at work on it
    ended = replace(_end(ticket, State.EXPIRED, facts), outcome=Outcome.NOBODY)
    said = (Edit(ticket.status, say.Expired(ticket.ref), Kind.STATUS),) if ticket.plan is not None else ()
    return Decision(ended, (*_end_offers(ticket, say.OfferEnded(ticket.ref)), *said, Record()))


# --- parts ------------------------------------------------------------------------------------------


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


def _timers(ticket: Ticket, facts: Facts) -> tuple[Effect, ...]:
    if ticket.ended:
        return ()
    if ticket.state is State.ANSWERED:
        return (Schedule(JobKind.CLOSE, facts.now + CLOSE_AFTER),)
    return (facts.expiry(facts.plan.expire_days),)


def _thread(ticket: Ticket, facts: Facts) -> EventId | None:
    return ticket.thread or (ticket.question if facts.threads else None)


def _plan(ticket: Ticket, facts: Facts) -> Plan:
    return ticket.plan or facts.plan


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
            thread=_thread(ticket, facts),
        )
    return Decision(ticket, (ask_first, *_timers(ticket, facts)))


def _search(ticket: Ticket, facts: Facts) -> Decision:
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
                thread=_thread(ticket, facts),
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
    decision = _next_wave(ticket, facts)
    decision = Decision(decision.ticket, (*decision.effects, facts.expiry(facts.plan.expire_days)))
    if fresh:
        statuses = [e for e in decision.effects if isinstance(e, Edit) and e.slot == "second"]
        others = tuple(e for e in decision.effects if e not in statuses)
        send = fresh[0]
        if statuses and isinstance(send, Send):
            send = replace(send, notice=statuses[-1].notice)
        return Decision(decision.ticket, (send, *others))
    return decision


def _search_again(ticket: Ticket, facts: Facts) -> Decision:
    """❌ after a helper's answer: a different helper, once."""
    helper = ticket.helper
    if ticket.reopened or helper is None:
        return Decision(replace(ticket, pending=Pending.NOTHING))
    told = tuple(
        Edit(o.slot, say.OfferEnded(ticket.ref), Kind.STATUS) for o in ticket.offers if o.user == helper
    )
    ticket = replace(
        _mark(ticket, helper, OfferState.ENDED),
        state=State.ASKED,
        reopened=True,
        helper=None,
        helper_slot="",
        claimed_at=None,
        answered_at=None,
        outcome=None,
        pending=Pending.NOTHING,
        wave=min(ticket.wave, len(_plan(ticket, facts).waves) - 1),
        plan=_plan(ticket, facts),
        status="again",
    )
    decision = _next_wave(ticket, facts)
    notice: say.Notice = say.Searching(ticket.ref)
    rest: list[Effect] = []
    for effect in decision.effects:
        if isinstance(effect, Edit) and effect.slot == "again":
            notice = effect.notice
        else:
            rest.append(effect)
    send = Send(
        "again", ticket.room, notice, Kind.STATUS, reply_to=ticket.question, thread=_thread(ticket, facts)
    )
    expiry = facts.expiry(_plan(ticket, facts).expire_days)
    return Decision(decision.ticket, (send, *told, *rest, expiry))


def _next_wave(ticket: Ticket, facts: Facts) -> Decision:
    """Ask the next people of the plan, or wait for the open hours, or say that nobody is left."""
    plan = _plan(ticket, facts)
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
    chosen = kept[: plan.waves[ticket.wave]]
    offers, sends = [], []
    for volunteer, room in chosen:
        private = volunteer.direct is not None and volunteer.direct.room == room
        slot = f"offer/{volunteer.user}"
        offers.append(Offer(volunteer.user, room, slot, facts.now, private=private))
        sends.append(
            Send(
                slot,
                room,
                _offer_notice(ticket, facts, first=not volunteer.noticed),
                Kind.OFFER,
                mentions=(volunteer.user,),
            )
        )
    wait = max(plan.wait_min, min(plan.wait_first, plan.wait_max))
    next_at = facts.hours.add_open_minutes(facts.now, wait)
    ticket = replace(ticket, wave=ticket.wave + 1, offers=(*ticket.offers, *offers))
    status = Edit(ticket.status, say.Asking(ticket.ref, facts.when(next_at)), Kind.STATUS)
    return Decision(ticket, (status, *sends, Schedule(JobKind.ASK, next_at)))


def _wait_until_open(ticket: Ticket, facts: Facts) -> Decision:
    at = facts.hours.next_open(facts.now)
    if at <= facts.now:  # open, but about to close: the first moment after the closing
        at = facts.hours.next_open(facts.now + LAST_OPEN_MINUTES * MINUTE + MINUTE)
    status = Edit(ticket.status, say.AskingLater(ticket.ref, facts.when(at)), Kind.STATUS)
    return Decision(ticket, (status, Schedule(JobKind.ASK, at)))


def _nobody(ticket: Ticket, facts: Facts, *, look_again: bool = False) -> Decision:
    """Nobody is left: one post without a ping, the asker told; look again when somebody may be free."""
    plan = _plan(ticket, facts)
    until = facts.hours.add_school_days(facts.now, plan.expire_days)
    effects: list[Effect] = []
    if not (ticket.posted and look_again):
        effects.append(Edit(ticket.status, say.NobodyYet(ticket.ref, facts.when(until)), Kind.STATUS))
    room = facts.volunteers_room
    if not ticket.posted and room is not None and may_show(facts.origin.room, room):
        effects.append(Send("offer/room", room.room, _open_notice(ticket, facts), Kind.OFFER))
    ticket = replace(ticket, posted=True, state=State.OPEN, pending=Pending.NOTHING)
    if look_again:
        again = facts.hours.next_open(facts.now + 4 * 60 * MINUTE)
        ticket = replace(ticket, state=State.ASKED)
        effects.append(Schedule(JobKind.ASK, max(again, facts.now + 4 * 60 * MINUTE)))
    return Decision(ticket, tuple(effects))


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
    effects.append(Edit(slot, say.OfferMine(ticket.ref, ticket.text), Kind.OFFER))
    offers = tuple(
        replace(o, state=OfferState.ENDED) if o.state is OfferState.OPEN else o
        for o in ticket.offers
        if o.user != user
    )
    mine = Offer(user, room, slot, facts.now, OfferState.CLAIMED, private=private)
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


def _mark(ticket: Ticket, user: UserId, state: OfferState) -> Ticket:
    offers = tuple(replace(o, state=state) if o.user == user else o for o in ticket.offers)
    return replace(ticket, offers=offers)


def _live_offers(ticket: Ticket) -> tuple[Offer, ...]:
    return tuple(o for o in ticket.offers if o.state in (OfferState.OPEN, OfferState.CLAIMED))


def _refresh(ticket: Ticket, offer: Offer, facts: Facts) -> Effect:
    if offer.state is OfferState.CLAIMED:
        return Edit(offer.slot, say.OfferMine(ticket.ref, ticket.text), Kind.OFFER)
    return Edit(offer.slot, _offer_notice(ticket, facts, first=False), Kind.OFFER)


def _end(ticket: Ticket, state: State, facts: Facts) -> Ticket:
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


def _end_offers(ticket: Ticket, notice: say.Notice) -> tuple[Effect, ...]:
    slots = [o.slot for o in _live_offers(ticket)] + (["offer/room"] if ticket.posted else [])
    return tuple(Edit(slot, notice, Kind.STATUS) for slot in dict.fromkeys(slots))


def _offer_notice(ticket: Ticket, facts: Facts, *, first: bool) -> say.OfferMade:
    asker = facts.name_of(ticket.asker) if ticket.named else ""
    return say.OfferMade(ticket.ref, ticket.text, asker, facts.origin.level, _where(facts), first)


def _open_notice(ticket: Ticket, facts: Facts) -> say.OfferOpen:
    asker = facts.name_of(ticket.asker) if ticket.named else ""
    return say.OfferOpen(ticket.ref, ticket.text, asker, facts.origin.level, _where(facts))


def _where(facts: Facts) -> str:
    room = facts.origin.room
    if room.direct_with:
        return "private"
    return "public" if room.public or room.access is Access.UNRESTRICTED else "room"


def _also(decision: Decision, effects: tuple[Effect, ...]) -> Decision:
    return Decision(decision.ticket, (*effects, *decision.effects))


def _same_slot(effect: Effect, edit: Edit) -> bool:
    return isinstance(effect, Edit) and effect.slot == edit.slot


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
                    thread=_thread(ticket, facts),
                )
            )
        else:
            effects.append(effect)
    return tuple(effects)
