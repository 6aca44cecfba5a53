"""What can happen in a room, in our own words: the homeserver adapter translates into these.

Times are Unix milliseconds (UTC), as Matrix gives them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from helpbot.core.ids import EventId, RoomId, UserId
from helpbot.core.spans import HOUR

LATE_MS = 48 * HOUR
"""A message older than this when it is first seen is told so, and not answered as if it were new."""


@dataclass(frozen=True, slots=True)
class Message:
    """A readable `m.room.message` of somebody else."""

    event_id: EventId
    room: RoomId
    sender: UserId
    at: int
    """`origin_server_ts`."""
    body: str
    """The plain text; for an edit the new text, without the « * » of the fallback. A reply's quoted
    fallback (lines beginning with `> `) is removed."""
    html: str = ""
    """`formatted_body`, raw and untrusted, without the reply fallback; empty when there is none."""
    msgtype: str = "m.text"
    mentions: tuple[UserId, ...] | None = None
    """`m.mentions.user_ids`; None when the client sent no `m.mentions` at all."""
    reply_to: EventId | None = None
    """What it answers; None for a thread's fallback reply (`is_falling_back`)."""
    thread: EventId | None = None
    """The root of the thread it stands in."""
    edits: EventId | None = None
    """The event that it replaces (`m.replace`)."""
    from_program: bool = False
    """It carries a `fr.helpbot` object: another helpbot wrote it."""
    encrypted: bool = False
    file: Mapping[str, Any] | None = None
    """For a picture or a file: what its content says of it (`core/files.KEYS`); `body` is its caption."""


@dataclass(frozen=True, slots=True)
class Reaction:
    """An `m.reaction` of somebody else."""

    event_id: EventId
    room: RoomId
    sender: UserId
    at: int
    target: EventId
    key: str


@dataclass(frozen=True, slots=True)
class Redaction:
    """Somebody else (or a moderator) deleted an event."""

    event_id: EventId
    room: RoomId
    sender: UserId
    at: int
    target: EventId


@dataclass(frozen=True, slots=True)
class Sealed:
    """An encrypted event whose key has not come yet."""

    event_id: EventId
    room: RoomId
    sender: UserId
    at: int
    session_id: str
    raw: str
    """The event as it came, JSON: what `Homeserver.unseal` needs to try again."""


@dataclass(frozen=True, slots=True)
class Echo:
    """An event of our own came back with the transaction id that this device gave it."""

    event_id: EventId
    room: RoomId
    txn_id: str


@dataclass(frozen=True, slots=True)
class Spoken:
    """An event of our own, read back in its room, whichever device of ours sent it."""

    event_id: EventId
    room: RoomId
    at: int
    about: str = ""
    """What it relates to and how, in the form of `readback.about`; it stays readable without a key."""
    readable: bool = False
    kind: str = ""
    """`fr.helpbot.kind`, where it is readable and has one."""
    ticket: str = ""
    """`fr.helpbot.ticket`, likewise."""
    answers: EventId | None = None
    """The message that it is a reply to."""


Incoming = Message | Reaction | Redaction | Sealed
TimelineItem = Incoming | Echo


class Membership(StrEnum):
    """Where the bot stands in a room."""

    JOIN = "join"
    INVITE = "invite"
    LEAVE = "leave"
    """Left, kicked or banned."""


class Access(StrEnum):
    """`im.vector.room.access_rules` of Tchap; a room without the event is restricted."""

    RESTRICTED = "restricted"
    UNRESTRICTED = "unrestricted"
    """External guests may sit in, or one does whatever the rule says."""
    DIRECT = "direct"


@dataclass(frozen=True, slots=True)
class RoomFacts:
    """What the bot must know of a room that it is in."""

    room: RoomId
    encrypted: bool = False
    version: str = "1"
    direct_with: UserId | None = None
    """The other person of a direct message of two; None in any other room."""
    access: Access = Access.RESTRICTED
    public: bool = False
    """Anyone may join (`join_rules: public`), a Tchap forum, or read without joining (`world_readable`)."""


@dataclass(frozen=True, slots=True)
class Replacement:
    """What a room's tombstone says (client-server API, "Room upgrades"): it goes on in another."""

    room: RoomId
    by: UserId
    """Who sent it; that they may is enforced by the homeserver."""


@dataclass(frozen=True, slots=True)
class RoomNews:
    """What one sync says about one room."""

    room: RoomId
    membership: Membership
    events: tuple[TimelineItem, ...] = ()
    """Oldest first. Only what came after the bot's own join, when `joined_here`."""
    gap: str | None = None
    """The `prev_batch` token when the timeline is limited: events are missing before `events`."""
    joined_here: bool = False
    """The bot's own join stands in this very timeline: what is before it is history, and there is
    no gap to fill."""
    facts: RoomFacts | None = None
    """The room's facts, whole, when anything of them is new."""
    inviter: UserId | None = None
    invited_direct: bool = False
    invite_event: EventId | None = None
    replacement: Replacement | None = None
    """The room was replaced by another."""


@dataclass(frozen=True, slots=True)
class Batch:
    """One sync, translated. Nothing of it is stored yet, except keys in the crypto store."""

    next: str
    """The cursor after it."""
    rooms: tuple[RoomNews, ...] = ()
    sessions: tuple[str, ...] = ()
    """Ids of the megolm sessions whose keys came: sealed events of theirs may open now."""
    withheld: tuple[str, ...] = ()
    """Ids of the sessions whose keys the sender said they will not give."""
    must_store: bool = False
    """Something in it must not be asked for twice (to-device messages, key counts)."""

    @property
    def empty(self) -> bool:
        """Nothing to do but to move the cursor."""
        return not (self.rooms or self.sessions or self.withheld)


@dataclass(frozen=True, slots=True)
class Page:
    """A piece of a room's past, from `/messages`."""

    events: tuple[TimelineItem, ...]
    """Newest first, as walked."""
    next: str | None
    """Where the next older page starts; None when the walk is over: the stop token, the bot's own
    join or the start of the room was reached."""
