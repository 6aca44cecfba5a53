"""What a decision wants done, as data. `flow` writes all of it in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from helpbot.core.ids import EventId, RoomId, UserId
from helpbot.core.notices import Notice


class Kind(StrEnum):
    """`fr.helpbot.kind` of a message (contract.md, "In the chat")."""

    ANSWER = "answer"
    CLARIFY = "clarify"
    REDIRECT = "redirect"
    ROUTE = "route"
    LATE = "late"
    RELAY = "relay"
    OFFER = "offer"
    STATUS = "status"
    GREETING = "greeting"
    COMMAND = "command"


class JobKind(StrEnum):
    """What a timer does when it is due."""

    ASK = "ask"
    """Ask the next wave: the wait is over, or the open hours have begun."""
    CLAIM_SILENCE = "claim_silence"
    """A claim without a word: remind, then release."""
    FOLLOW_UP = "follow_up"
    """What the asker added outside the helper's hours is mentioned to them, unless they have answered."""
    EXPIRE = "expire"
    CLOSE = "close"
    """An answer that nobody marked counts as the end."""
    THANKS = "thanks"
    """The helper is told that an answer of theirs helped, with all others of the day."""
    DIGEST = "digest"
    """What found nobody is told again, all of it in one message. Of no ticket: its number is 0."""
    MONTHLY_REPORT = "monthly_report"
    """The report of the month that ended goes to the review room. Of no ticket: its number is 0."""


FENCED = frozenset({JobKind.ASK, JobKind.CLAIM_SILENCE, JobKind.FOLLOW_UP})
"""Timers of a step: those of an earlier epoch mean nothing any more. The others stand whatever happens."""


@dataclass(frozen=True, slots=True)
class Send:
    """A new message. `slot` names it within its ticket, so that later effects can refer to it."""

    slot: str
    room: RoomId
    notice: Notice
    kind: Kind
    reply_to: EventId | None = None
    reply_slot: str | None = None
    """Reply to the message that the ticket has in this slot."""
    thread: EventId | None = None
    mentions: tuple[UserId, ...] = ()
    """Who is to hear it: makes it `m.text`; without anybody it is `m.notice`."""
    entry: str | None = None
    file: Mapping[str, Any] | None = None
    """A picture or a file to send; the notice is its caption (`core/files.py`)."""


@dataclass(frozen=True, slots=True)
class HandFiles:
    """Somebody took the question: pass on to them the files that its asker sent before."""

    to: UserId
    room: RoomId
    reply_slot: str
    asker: str
    """The asker's name where they agreed to it, else empty."""


@dataclass(frozen=True, slots=True)
class Edit:
    """Change the message that stands in a slot of the ticket."""

    slot: str
    notice: Notice
    kind: Kind
    entry: str | None = None


@dataclass(frozen=True, slots=True)
class RedactSlot:
    """Delete the message that stands in a slot of the ticket, or keep it from being sent."""

    slot: str


@dataclass(frozen=True, slots=True)
class RedactAll:
    """Delete every message of the ticket, and keep the unsent ones from being sent."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """A timer of this ticket, in place of an earlier one of its kind; `FENCED` ones end with the epoch."""

    job: JobKind
    due: int
    """Unix ms."""


@dataclass(frozen=True, slots=True)
class Record:
    """The question has ended: write its help record."""


@dataclass(frozen=True, slots=True)
class Reacted:
    """A volunteer reacted to being asked: it tells how long they usually take, and when they can."""

    user: UserId
    asked: int
    """Unix ms: when they were asked."""
    minutes: float
    """Open minutes between the offer and what they did."""


Effect = Reacted | Send | HandFiles | Edit | RedactSlot | RedactAll | Schedule | Record
