"""A question and all that became of it, the states it may go through, and what a decision looks at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum

from helpbot.core import notices as say
from helpbot.core.effects import Effect, JobKind, Kind, Schedule
from helpbot.core.hours import Calendar, OpenHours, told
from helpbot.core.ids import EventId, RoomId, TicketId, UserId
from helpbot.core.incoming import RoomFacts
from helpbot.core.routing import Caps, Origin, Volunteer, Why
from helpbot.core.spans import DAY

CLOSE_AFTER = 3 * DAY
"""An answer from the FAQ that nobody marked counts as the end after this."""
LAST_OPEN_MINUTES = 15
"""No new ping in the last open minutes of a day (rule 3 of finding a helper)."""
LOOK_AGAIN_MINUTES = 10
"""Open minutes until somebody who is busy, away or outside their hours may be free. Nobody hears of it."""
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
    State.SOLVED: frozenset({State.OPEN, State.ASKED, State.WITHDRAWN}),
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
    PEER = "peer"
    """A colleague in the room, unasked."""
    VOLUNTEER = "volunteer"
    REFERENT = "referent"
    TWIN = "twin"
    """By what a colleague had answered to the same question before."""
    NOBODY = "nobody"
    SELF = "self"
    """The asker found it, and said so."""


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
    unasked: bool = False
    """They took the question without having been asked: it costs none of their asks."""
    why: Why | None = None
    """What put them before the others, for `!pourquoi`; None: they took it unasked."""


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
    told: tuple[str, ...] | None = None
    """Who reads its room beside agents, as helpers were told (`Exposure`); None: nobody was asked yet."""
    reminders: int = 0
    reopened: bool = False
    posted: bool = False
    digests: int = 0
    """How many mornings told of it after nobody was left."""
    first_reply_at: int | None = None
    claimed_at: int | None = None
    answered_at: int | None = None
    ended_at: int | None = None
    outcome: Outcome | None = None
    feedback: bool | None = None
    twin: TicketId | None = None
    """The question of somebody else whose answer this one waits for, or got."""
    twins: int = 0
    """How many wait for the same answer."""
    shared_asker: bool = False
    """The asker agreed that the answer is shown to whoever asks the same."""
    shared_helper: bool = False
    refused: str | None = None
    """The first entry that was shown and marked ❌."""
    sensitive: bool = False
    """About danger or distress: its text is never stored and it leaves no record (privacy 9)."""
    moved: bool = False
    """Its room was replaced since it was asked: the question stands in the one before."""

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
    here: RoomFacts | None = None
    """The room of what is being decided, where that is somebody's message."""
    asker_direct: RoomFacts | None = None
    """The asker's direct message, where helpers are being asked."""
    review_room: RoomId | None = None
    referents: bool = False
    """There are referents to turn to."""
    credit_of: Callable[[UserId], str] = field(default=lambda _user: "")
    """Names of helpers as they wish to be credited; empty when unknown."""
    name_of: Callable[[UserId], str] = field(default=lambda _user: "")
    """First names, for credit; empty when unknown."""
    heard_at: Callable[[UserId, int], int | None] = field(default=lambda _user, at: at)
    """The first moment from one on at which a helper may be pinged: their hours, holidays and absences.

    None: never, for they have said `!stop`.
    """
    title_of: Callable[[str], str] = field(default=lambda theme: theme)
    """Titles of themes."""

    ends_at: Callable[[Ticket], int | None] = field(default=lambda _ticket: None)
    """When a question ends without an answer, as its timer says; None: no timer is set yet."""

    def open_until(self, ticket: Ticket) -> str:
        """Return the moment, for a notice, at which a question ends without an answer."""
        days = (ticket.plan or self.plan).expire_days
        return self.when(self.ends_at(ticket) or self.hours.add_school_days(self.now, days))

    def expiry(self, days: int) -> Schedule:
        """Return the timer that ends a question without an answer after so many school days."""
        return Schedule(JobKind.EXPIRE, self.hours.add_school_days(self.now, days))

    def with_expiry(self, days: int) -> tuple[Schedule, Facts]:
        """Return that timer, and these facts as they are once it is set."""
        expiry = self.expiry(days)
        return expiry, replace(self, ends_at=lambda _ticket: expiry.due)

    def heard_now(self, user: UserId) -> tuple[UserId, ...]:
        """Return whom a message to a helper rings for: nobody outside the hours that they gave."""
        at = self.heard_at(user, self.now)
        return (user,) if at is not None and at <= self.now else ()

    def mentioned_later(self, user: UserId) -> tuple[Schedule, ...]:
        """Return the timer that mentions to a helper what they were not to be pinged for now."""
        at = self.heard_at(user, self.now)
        return (Schedule(JobKind.FOLLOW_UP, at),) if at is not None and at > self.now else ()

    def next_day(self) -> int:
        """Return the first open moment of a later day."""
        tomorrow = self.calendar.local(self.now).date() + timedelta(1)
        return self.hours.next_open(self.calendar.moment(tomorrow, 0))

    def when(self, at: int) -> str:
        """Return a moment for a notice: `T10:20` when it is today, else the whole local ISO time."""
        return told(self.calendar, at, self.now)


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
