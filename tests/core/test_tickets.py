"""The life of a question: single turns as a table, then thousands of random lives."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from helpbot.adapters.calendars import load_calendar
from helpbot.core import notices as say
from helpbot.core import tickets
from helpbot.core.effects import FENCED, Edit, JobKind, Kind, Record, RedactAll, Schedule, Send
from helpbot.core.hours import OpenHours
from helpbot.core.ids import EventId, RoomId, TicketId, UserId
from helpbot.core.incoming import RoomFacts
from helpbot.core.notices.twins import MayShow
from helpbot.core.routing import Origin, Volunteer
from helpbot.core.tickets import (
    ENDED,
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
from helpbot.testing.clock import MONDAY_MORNING

MINUTE, DAY = 60_000, 86_400_000
SCHOOL, HELPERS = RoomId("!school:t"), RoomId("!helpers:t")
LEA = UserId("@lea:t")
PEER = UserId("@sam:t")
PEOPLE = tuple(UserId(f"@v{n}:t") for n in range(4))
CALENDAR = load_calendar("A", "Europe/Paris")
ALWAYS = OpenHours.parse("toujours", load_calendar(None, "Europe/Paris"))
OFFICE = OpenHours.parse("lun-ven 08:00-18:00", CALENDAR)
FAQ = say.FaqAnswer(say.Markdown("Voilà."), (), "", stale=False)


def a_ticket(**changes: Any) -> Ticket:
    return replace(
        Ticket(TicketId(1), "ABCDE", SCHOOL, LEA, EventId("$q"), None, "où est la clé ?", MONDAY_MORNING),
        **changes,
    )


def volunteers(
    hours: OpenHours = ALWAYS, *, full: bool = False, direct: bool = False
) -> tuple[Volunteer, ...]:
    return tuple(
        Volunteer(
            user,
            frozenset({"pix"}),
            hours,
            direct=RoomFacts(RoomId(f"!dm{user}"), direct_with=user)
            if direct and user == PEOPLE[0]
            else None,
            open_asks=int(full),
        )
        for user in (*PEOPLE, LEA)
    )


def facts(now: int = MONDAY_MORNING, hours: OpenHours = ALWAYS, **changes: Any) -> Facts:
    return replace(
        Facts(
            now,
            Origin(RoomFacts(SCHOOL)),
            hours,
            CALENDAR,
            volunteers=volunteers(hours),
            volunteers_room=RoomFacts(HELPERS),
            name_of=lambda user: user[1:3],
        ),
        **changes,
    )


REPLIES = {
    Kind.ANSWER: Reply(Kind.ANSWER, FAQ, entry="pix-a", theme="pix", alternatives=("pix-b",)),
    Kind.CLARIFY: Reply(Kind.CLARIFY, say.Clarify(("A", "B")), theme="pix", options=("pix-a", "pix-b")),
    Kind.ROUTE: Reply(Kind.ROUTE, say.RouteOffer(after_no=False), theme="pix"),
    Kind.LATE: Reply(Kind.LATE, say.Late("2026-09-20")),
    Kind.REDIRECT: Reply(Kind.REDIRECT, say.Redirected(say.Markdown("Voyez."), urgent=False), entry="paie"),
}
URGENT = Reply(
    Kind.REDIRECT, say.Redirected(say.Markdown("3114"), urgent=True), entry="danger", sensitive=True
)


def shown(entry: str) -> Shown:
    return Shown(entry, FAQ)


def asked() -> Ticket:
    routed = tickets.ask(a_ticket(), REPLIES[Kind.ROUTE], facts()).ticket
    return tickets.wants_human(routed, facts()).ticket


def taken() -> Ticket:
    ticket = asked()
    offer = ticket.offers[0]
    return tickets.claimed(ticket, offer.user, offer.slot, HELPERS, facts(), private=False).ticket


def helped() -> Ticket:
    ticket = taken()
    assert ticket.helper
    slot = ticket.helper_slot
    return tickets.helper_says(
        ticket, ticket.helper, EventId("$h"), "là", slot, HELPERS, facts(), private=False
    ).ticket


@pytest.mark.parametrize(
    ("kind", "state", "pending", "timer"),
    [
        (Kind.ANSWER, State.ANSWERED, Pending.FEEDBACK, JobKind.CLOSE),
        (Kind.REDIRECT, State.ANSWERED, Pending.FEEDBACK, JobKind.CLOSE),
        (Kind.CLARIFY, State.OPEN, Pending.CHOICE, JobKind.EXPIRE),
        (Kind.ROUTE, State.OPEN, Pending.CONSENT, JobKind.EXPIRE),
        (Kind.LATE, State.OPEN, Pending.CONSENT, JobKind.EXPIRE),
    ],
)
def test_a_first_reply_is_one_message_and_one_timer(
    kind: Kind, state: State, pending: Pending, timer: JobKind
) -> None:
    decision = tickets.ask(a_ticket(), REPLIES[kind], facts())
    send, job = decision.effects
    assert isinstance(send, Send)
    assert (send.room, send.reply_to, send.kind, send.mentions) == (SCHOOL, "$q", kind, ())
    assert isinstance(job, Schedule)
    assert job.job is timer
    assert (decision.ticket.state, decision.ticket.pending) == (state, pending)
    assert decision.ticket.first_reply_at == MONDAY_MORNING


def test_an_urgent_redirection_rings_ends_at_once_and_keeps_no_text() -> None:
    decision = tickets.ask(a_ticket(), URGENT, facts())
    [send] = decision.effects
    assert isinstance(send, Send)
    assert send.mentions == (LEA,)
    ticket = decision.ticket
    assert (ticket.state, ticket.text, ticket.theme) == (State.SOLVED, "", None)
    assert tickets.wants_human(ticket, facts()).effects == ()
    assert tickets.withdrawn(ticket, facts()).effects == (RedactAll(),)


@pytest.mark.parametrize("before", [asked(), taken()])
def test_an_edit_that_turns_out_urgent_calls_the_search_off(before: Ticket) -> None:
    decision = tickets.edited(before, "", URGENT, facts())
    edits = {e.slot: e.notice for e in decision.effects if isinstance(e, Edit)}
    assert isinstance(edits["reply"], say.Redirected)
    assert isinstance(edits[before.offers[0].slot], say.OfferEnded)
    assert len(decision.effects) == 2
    assert (decision.ticket.state, decision.ticket.text) == (State.SOLVED, "")


def test_an_edit_of_an_ended_question_that_turns_out_urgent_gives_the_numbers() -> None:
    solved = tickets.said_yes(tickets.ask(a_ticket(), REPLIES[Kind.ANSWER], facts()).ticket, facts()).ticket
    decision = tickets.edited(solved, "", URGENT, facts())
    assert decision.effects == (Edit("reply", URGENT.notice, Kind.REDIRECT, "danger"),)
    assert (decision.ticket.state, decision.ticket.text) == (State.SOLVED, "")


@pytest.mark.parametrize(
    ("choice", "state", "slot_kind"),
    [(1, State.ANSWERED, Kind.ANSWER), (0, State.OPEN, Kind.ROUTE), (3, State.OPEN, None)],
)
def test_a_choice(choice: int, state: State, slot_kind: Kind | None) -> None:
    ticket = tickets.ask(a_ticket(), REPLIES[Kind.CLARIFY], facts()).ticket
    decision = tickets.chose(ticket, choice, shown, facts())
    assert decision.ticket.state is state
    edits = [e.kind for e in decision.effects if isinstance(e, Edit)]
    assert edits == ([slot_kind] if slot_kind else [])


def test_the_first_claim_wins_and_the_second_changes_nothing() -> None:
    ticket = taken()
    other = next(v for v in PEOPLE if v != ticket.helper)
    again = tickets.claimed(ticket, other, "offer/room", HELPERS, facts(), private=False)
    assert again == Decision(ticket)


def test_the_asker_cannot_claim_their_own_question() -> None:
    ticket = asked()
    assert tickets.claimed(ticket, LEA, "offer/room", HELPERS, facts(), private=False) == Decision(ticket)


def test_a_question_that_somebody_works_on_does_not_expire() -> None:
    ticket = taken()
    decision = tickets.due(ticket, JobKind.EXPIRE, facts(MONDAY_MORNING + 7 * DAY))
    assert decision.ticket == ticket
    [again] = decision.effects
    assert isinstance(again, Schedule)
    assert again.job is JobKind.EXPIRE


def test_an_answered_question_ends_by_its_own_timer() -> None:
    ticket = helped()
    assert tickets.due(ticket, JobKind.EXPIRE, facts()) == Decision(ticket)
    closed = tickets.due(ticket, JobKind.CLOSE, facts())
    assert closed.ticket.state is State.SOLVED
    assert closed.effects == (Record(),)


def test_an_expired_question_that_is_claimed_late_expires_again() -> None:
    expired = tickets.due(asked(), JobKind.EXPIRE, facts()).ticket
    assert (expired.state, expired.outcome) == (State.EXPIRED, Outcome.NOBODY)
    late = tickets.claimed(expired, PEOPLE[2], "offer/room", HELPERS, facts(), private=False)
    assert late.ticket.state is State.CLAIMED
    assert late.ticket.ended_at is None
    timers = {e.job for e in late.effects if isinstance(e, Schedule)}
    assert timers == {JobKind.CLAIM_SILENCE, JobKind.EXPIRE}


@pytest.mark.parametrize("end", [tickets.cancelled, tickets.withdrawn])
def test_what_was_called_off_is_still_deleted_with_its_question(end: Any) -> None:
    ended = end(asked(), facts()).ticket
    decision = tickets.withdrawn(ended, facts())
    assert decision.effects == (RedactAll(),)
    assert decision.ticket.text == ""
    assert decision.ticket.ended_at == ended.ended_at
    assert decision.ticket.state is State.WITHDRAWN


def test_solved_by_the_asker_thanks_the_helper_and_records() -> None:
    decision = tickets.said_yes(helped(), facts())
    assert decision.ticket.feedback is True
    thanks, timer, may_show, record = decision.effects
    assert isinstance(may_show, Edit)
    assert isinstance(may_show.notice, MayShow)
    assert isinstance(thanks, Edit)
    assert isinstance(thanks.notice, say.OfferSolved)
    assert isinstance(timer, Schedule)
    assert timer.job is JobKind.THANKS
    assert record == Record()


class Life(RuleBasedStateMachine):
    """One question, everything that can happen to it in any order, and what must hold all along."""

    def __init__(self) -> None:
        super().__init__()
        self.now = MONDAY_MORNING
        self.hours = ALWAYS
        self.changes: dict[str, Any] = {}
        self.ticket = a_ticket(id=TicketId(1))
        self.jobs: dict[JobKind, tuple[int, int]] = {}
        self.slots: set[str] = set()
        self.offered: list[UserId] = []
        self.events = 0

    def facts(self) -> Facts:
        return facts(self.now, self.hours, **self.changes)

    def event(self) -> EventId:
        self.events += 1
        return EventId(f"${self.events}")

    def take(self, decision: Decision) -> None:
        old, new = self.ticket, decision.ticket
        assert new.state is old.state or new.state in TRANSITIONS[old.state]
        assert (new.ended_at is not None) is new.ended
        assert new.epoch >= old.epoch
        records = decision.effects.count(Record())
        thanked_late = old.state is State.SOLVED and old.feedback is None and new.feedback is True
        assert records == ((thanked_late or (new.ended and not old.ended)) and not new.sensitive)
        assert new.outcome is not None or not records or new.state is State.WITHDRAWN
        if new.sensitive:
            assert new.text == ""
        claims = [o.user for o in new.offers if o.state is OfferState.CLAIMED]
        assert len(claims) <= 1
        if new.state is State.CLAIMED:
            assert claims == [new.helper]
            assert new.helper not in (None, new.asker)
        if new.state is State.ASKED or (new.state is State.OPEN and new.posted):
            assert new.helper is None
        for effect in decision.effects:
            self.check(effect, new)
        assert len({o.user for o in new.offers}) == len(new.offers)
        self.ticket = new
        if new.state in (State.ASKED, State.CLAIMED):
            step = JobKind.ASK if new.state is State.ASKED else JobKind.CLAIM_SILENCE
            assert self.jobs[step][1] == new.epoch, "nothing would wake the search"
        if not new.ended:
            assert self.jobs, "nothing would ever end it"

    def check(self, effect: tickets.Effect, new: Ticket) -> None:
        match effect:
            case Schedule(job, due):
                assert due >= self.now
                if job in (JobKind.DIGEST, JobKind.THANKS):
                    return  # they move no question on
                assert not new.ended
                self.jobs[job] = (due, new.epoch)
            case Send(slot=slot):
                assert not new.sensitive or effect.kind is Kind.REDIRECT
                self.slots.add(slot)
                if slot.startswith("offer/@"):
                    user = UserId(slot.removeprefix("offer/"))
                    assert effect.mentions == (user,)
                    assert user != new.asker
                    assert user not in self.offered, "asked twice"
                    assert self.hours.is_open(self.now)
                    self.offered.append(user)
            case Edit(slot=slot):
                # Without a room that may see it there is no open post, and its edits are left out.
                assert slot in self.slots or slot == "offer/room", "an edit of what was never said"
            case _:
                pass

    @initialize(
        reply=st.sampled_from([*REPLIES.values(), URGENT]),
        office=st.booleans(),
        full=st.booleans(),
        direct=st.booleans(),
        room=st.booleans(),
        at=st.integers(0, 7 * 24 * 60),
    )
    def begin(self, reply: Reply, office: bool, full: bool, direct: bool, room: bool, at: int) -> None:
        self.hours = OFFICE if office else ALWAYS
        self.now += at * MINUTE
        self.changes = {"volunteers": volunteers(self.hours, full=full, direct=direct)}
        if not room:
            self.changes["volunteers_room"] = None
        self.take(tickets.ask(self.ticket, reply, self.facts()))

    # --- what people do

    @rule()
    def yes(self) -> None:
        self.take(tickets.said_yes(self.ticket, self.facts()))

    @rule()
    def no(self) -> None:
        self.take(tickets.said_no(self.ticket, lambda entry: entry, self.facts()))

    @rule()
    def no_after_yes(self) -> None:
        old = self.ticket
        self.take(tickets.took_back(old, self.facts()))
        if self.ticket.state is not old.state:
            assert (old.state, old.feedback, self.ticket.feedback) == (State.SOLVED, True, False)
            assert (self.ticket.shared_asker, self.ticket.shared_helper) == (False, False)

    @rule(named=st.booleans())
    def human(self, named: bool) -> None:
        self.take(tickets.wants_human(self.ticket, self.facts(), named=named))

    @rule(choice=st.integers(0, 3))
    def digit(self, choice: int) -> None:
        self.take(tickets.chose(self.ticket, choice, shown, self.facts()))

    @rule(reply=st.sampled_from([*REPLIES.values(), URGENT]))
    def edit(self, reply: Reply) -> None:
        text = "" if reply.sensitive else "autrement dit"
        self.take(tickets.edited(self.ticket, text, reply, self.facts()))

    @precondition(lambda self: not self.ticket.sensitive)
    @rule()
    def word(self) -> None:
        self.take(tickets.asker_says(self.ticket, self.event(), "au fond", self.facts()))

    @precondition(lambda self: not self.ticket.ended)
    @rule()
    def cancel(self) -> None:
        self.take(tickets.cancelled(self.ticket, self.facts()))

    @rule()
    def delete(self) -> None:
        decision = tickets.withdrawn(self.ticket, self.facts())
        assert RedactAll() in decision.effects
        assert decision.ticket.text == ""
        self.take(decision)

    def slot(self, user: UserId) -> tuple[str, RoomId] | None:
        own = f"offer/{user}"
        chosen = own if own in self.slots else "offer/room"
        return (chosen, HELPERS) if chosen in self.slots else None

    @rule(user=st.sampled_from([*PEOPLE, LEA]))
    def claim(self, user: UserId) -> None:
        if place := self.slot(user):
            held = self.ticket.helper if self.ticket.state is State.CLAIMED else None
            decision = tickets.claimed(self.ticket, user, *place, self.facts(), private=False)
            assert held is None or decision.ticket.helper == held
            self.take(decision)

    @rule(user=st.sampled_from(PEOPLE))
    def hand_on(self, user: UserId) -> None:
        self.take(tickets.passed(self.ticket, user, self.facts()))

    @rule(user=st.sampled_from([*PEOPLE, LEA]))
    def reply(self, user: UserId) -> None:
        if place := self.slot(user):
            held = self.ticket.helper
            decision = tickets.helper_says(
                self.ticket, user, self.event(), "là", *place, self.facts(), private=False
            )
            assert held is None or decision.ticket.helper == held
            self.take(decision)

    @rule(user=st.sampled_from([PEER, *PEOPLE, LEA]), kept=st.booleans())
    def answer_in_the_room(self, user: UserId, kept: bool) -> None:
        decision = tickets.peer_answers(self.ticket, user, self.facts(), kept=kept)
        if decision.effects:
            assert decision.ticket.state is State.ANSWERED
            assert all(o.state is not OfferState.OPEN for o in decision.ticket.offers)
        self.take(decision)

    @rule(user=st.sampled_from([PEER, *PEOPLE, LEA]))
    def mark(self, user: UserId) -> None:
        self.take(tickets.peer_marked(self.ticket, user, self.facts()))

    @rule()
    def found_it(self) -> None:
        self.take(tickets.found(self.ticket, self.facts()))

    @rule(user=st.sampled_from(PEOPLE))
    def leave(self, user: UserId) -> None:
        self.take(tickets.left(self.ticket, user, self.facts()))

    @precondition(lambda self: tickets.waits_for_anybody(self.ticket))
    @rule(shown=st.booleans())
    def morning(self, shown: bool) -> None:
        self.take(tickets.told_again(self.ticket, self.facts(), shown=shown)[0])

    # --- time

    @precondition(lambda self: self.jobs)
    @rule()
    def wait(self) -> None:
        self.next_timer()

    def next_timer(self) -> None:
        job = min(self.jobs, key=lambda kind: (self.jobs[kind][0], kind))
        due, epoch = self.jobs.pop(job)
        self.now = max(self.now, due)
        if job not in FENCED or epoch == self.ticket.epoch:
            self.take(tickets.due(self.ticket, job, self.facts()))

    def teardown(self) -> None:
        """Left alone, a question comes to its end."""
        for _ in range(2000):  # six looks an hour over five school days, and more where a life goes on
            if not self.jobs:
                break
            self.next_timer()
        assert self.ticket.state in ENDED


TestLife = Life.TestCase
TestLife.settings = settings(
    max_examples=120,
    stateful_step_count=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.slow
class TestTenThousandLives(Life.TestCase):  # type: ignore[misc, name-defined]
    """The same, ten thousand times, each life shorter."""

    settings = settings(
        max_examples=10_000,
        stateful_step_count=12,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
