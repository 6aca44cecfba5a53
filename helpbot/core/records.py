"""Rows as values: what the store keeps and gives back, beside tickets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from helpbot.core.effects import JobKind, Kind
from helpbot.core.habits import Habits
from helpbot.core.ids import EventId, RoomId, TicketId, UserId
from helpbot.core.incoming import Membership, Message, Reaction, Redaction, RoomFacts
from helpbot.core.masking import Found


class Priority(IntEnum):
    """What goes first when the homeserver allows only so much."""

    TOLD = -1
    """An asker hears what becomes of their question: one small edit, within the minute whatever waits."""
    ANSWER = 0
    OFFER = 1
    STATUS = 2
    GREETING = 3
    REACTION = 4


FILE_TEXT = "fr.helpbot.text"
"""Key of an outbox row's content: the text of a file that is uploaded when the row is sent."""
LEAVE = "m.room.member"
"""The type of an outbox row by which the bot leaves its room."""


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """One event to send. Stored before it is sent; `txn_id` makes every try the same request."""

    txn_id: str
    room: RoomId
    event_type: str
    """`m.room.message`, `m.reaction`, `m.room.redaction`, or `LEAVE`."""
    content: dict[str, Any]
    priority: Priority
    created_at: int
    ticket: TicketId | None = None
    slot: str = ""
    kind: str = ""
    edits_slot: bool = False
    """An edit of the ticket's message in `slot`: its event id is put in when it is known."""
    redacts_txn: str = ""
    """For `m.room.redaction`: the transaction id of our message that is to be deleted."""
    reply_slot: str = ""
    about: UserId | None = None
    """The helper whose words or first name it carries."""
    id: int = 0
    event_id: EventId | None = None
    attempts: int = 0
    first_try_at: int | None = None


@dataclass(frozen=True, slots=True)
class SentMessage:
    """What the store knows of a message of ours that somebody refers to."""

    ticket: TicketId | None
    slot: str
    kind: str
    room: RoomId


def digest_slot(tickets: Iterable[TicketId]) -> str:
    """Return the slot of a message that shows several questions: it goes when one of them is taken back."""
    return "digest/," + "".join(f"{ticket}," for ticket in tickets)


def digest_tickets(slot: str) -> list[TicketId]:
    """Return the questions that a message of such a slot shows."""
    return [TicketId(int(number)) for number in slot.split(",")[1:-1]]


HELPER_SLOTS = ("offer/", "reminder/", "follow/")
"""How the slots of messages begin that stand on the helpers' side of a question."""


def given_before(row: OutboxRow) -> bool:
    """Tell whether a row answers a question by what another was answered: an answer that names a helper."""
    return row.kind == Kind.ANSWER and row.about is not None


def carries_words(row: OutboxRow) -> bool:
    """Tell whether a row shows words of somebody else: an offer, what is relayed, what another was answered.

    A status says how an offer ended; some quote the question once more.
    """
    if row.kind in (Kind.RELAY, Kind.OFFER) or given_before(row):
        return True
    at_helpers = row.kind == Kind.STATUS and row.slot.startswith(HELPER_SLOTS)
    return at_helpers and "<blockquote>" in str(row.content.get("formatted_body", ""))


@dataclass(frozen=True, slots=True)
class InboxItem:
    """Something addressed to the bot, waiting for its decision or being decided."""

    event: Message | Reaction | Redaction
    received_at: int
    attempts: int = 0
    sensitive: str = ""
    """The urgent redirection that it met on the way in; its text was not stored."""
    masked: tuple[Found, ...] = ()
    """What was taken out of its text on the way in."""
    peer: bool = False
    """A colleague's answer under a question that the bot follows: its text was not stored."""


@dataclass(frozen=True, slots=True)
class Job:
    """A timer of a ticket."""

    ticket: TicketId
    kind: JobKind
    due: int
    epoch: int


@dataclass(frozen=True, slots=True)
class RoomRow:
    """A room as the store knows it."""

    facts: RoomFacts
    membership: Membership
    inviter: UserId | None = None
    invited_direct: bool = False
    invite_event: EventId | None = None
    greeted: bool = False
    attempts: int = 0
    not_before: int = 0
    in_use: bool = False
    """Of several direct messages with one person, the one where they spoke last, else the newest."""


@dataclass(frozen=True, slots=True)
class Seed:
    """A volunteer named in the configuration."""

    user: UserId
    themes: tuple[str, ...]
    hours: str = ""
    zone: str = ""
    school: str = ""
    academie: str = ""
    level: str = ""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a volunteer said in the chat. It wins over the configuration, piece by piece; empty: not said."""

    themes: tuple[str, ...] | None = None
    """None: those of the configuration."""
    learning: tuple[str, ...] = ()
    """Themes that they would like to learn."""
    hours: str = ""
    zone: str = ""
    school: str = ""
    academie: str = ""
    level: str = ""
    load: tuple[int, int, int] = (0, 0, 0)
    """What they take at most: a day, a week, at once; 0: the usual."""
    shown: bool = False
    """Their name may stand in `!talents` and `!qui`."""
    full_name: bool = False
    """They are credited with their whole name there and where they answer; else with the first name."""
    no_habits: bool = False
    """When they react is not to be learned (`core.habits`)."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A line of the directory: what the configuration says of somebody, and what they say themselves."""

    user: UserId
    seed: Seed | None = None
    """None: not in the configuration."""
    chosen: Chosen = Chosen()
    noticed: bool = False
    """They had their first notice, or came by themselves."""
    away_from: int = 0
    """Unix ms: from when on they are away; see `away_until`."""
    away_until: int = 0
    stopped: bool = False
    """They said `!stop`: not asked, whatever the configuration says."""
    usual_minutes: float | None = None
    habits: Habits | None = None

    @property
    def volunteer(self) -> Seed:
        """What counts: their own word, else the configuration's."""
        seed, own = self.seed or Seed(self.user, ()), self.chosen
        return Seed(
            self.user,
            seed.themes if own.themes is None else own.themes,
            own.hours or seed.hours,
            own.zone or seed.zone,
            own.school or seed.school,
            own.academie or seed.academie,
            own.level or seed.level,
        )


@dataclass(frozen=True, slots=True)
class Load:
    """How much one volunteer was asked."""

    day: int = 0
    week: int = 0
    month: int = 0
    open: int = 0


@dataclass(frozen=True, slots=True)
class HelpRecord:
    """Who helped whom, with pseudonyms: what is left of an ended question."""

    ticket: TicketId
    theme: str | None
    level: str
    outcome: str
    entry: str | None
    asker: str
    helper: str | None
    asked_at: int
    first_reply_at: int | None
    claimed_at: int | None
    answered_at: int | None
    ended_at: int
    feedback: bool | None
    """The asker's ✅ or ❌ on what answered in the end."""
    offers: int = 0
    month: str = ""
    """`2026-11`: the local month in which it was asked."""
    refused: str | None = None
    """The entry that was shown first and marked ❌."""
    claim_minutes: int | None = None
    """Open minutes until somebody took it; the wall time is `claimed_at - asked_at`."""
    answer_minutes: int | None = None
    """Open minutes until a person's answer."""


@dataclass(frozen=True, slots=True)
class Backlog:
    """How many rows wait, and how many were set aside for a person to look at."""

    inbox_waiting: int = 0
    inbox_parked: int = 0
    outbox_waiting: int = 0
    outbox_parked: int = 0
    sealed: int = 0
    timers: int = 0
