"""The homeserver as one account sees it, and what it may refuse."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

from helpbot.core.ids import EventId, RoomId, UserId
from helpbot.core.incoming import Batch, Message, Page, Reaction, Replacement, RoomFacts, Sealed, Spoken


class HomeserverError(Exception):
    """Anything that the homeserver or the way to it refused. `str()` is one sentence for the operator."""


class RateLimited(HomeserverError):
    """`M_LIMIT_EXCEEDED`: the same request may be made again after `retry_after_ms`."""

    def __init__(self, retry_after_ms: int) -> None:
        super().__init__(f"the homeserver asks to wait {retry_after_ms} ms")
        self.retry_after_ms = retry_after_ms


class Unreachable(HomeserverError):
    """No answer, or a 5xx: it may or may not have happened; try again later, with the same txn id."""


class Refused(HomeserverError):
    """A final no to this one request (forbidden, not in the room, too large, bad content)."""

    def __init__(self, code: str, what: str) -> None:
        super().__init__(f"{code}: {what}")
        self.code = code


class LoggedOut(HomeserverError):
    """The account cannot be used: `M_UNKNOWN_TOKEN` (soft or not), expired, deactivated, wrong password.

    `code` is Matrix's errcode; `hint` says what the operator should do. Retrying does not help.
    """

    def __init__(self, code: str, what: str, hint: str) -> None:
        super().__init__(f"{what} ({code}); {hint}")
        self.code = code
        self.hint = hint


class Homeserver(Protocol):
    """One account on one homeserver, encryption included.

    Every method raises `RateLimited`, `Unreachable`, `Refused` or `LoggedOut`, and nothing else,
    for what the server or the network does. Malformed events from others never raise: they are
    left out and counted.
    """

    @property
    def user_id(self) -> UserId:
        """Our own full id."""
        ...

    @property
    def display_name(self) -> str:
        """Our own display name, or the localpart where there is none."""
        ...

    @property
    def device_id(self) -> str:
        """The id of the device that this process is: another one after every loss of the keys."""
        ...

    def restore(self, rooms: Iterable[RoomFacts]) -> None:
        """Tell it what the store knows of the joined rooms, before the first sync after a start."""
        ...

    async def sync(self, since: str | None, *, wait_ms: int, own: bool = True) -> Batch:
        """Return the news after the cursor `since`, waiting up to `wait_ms` for some.

        Without `own`, events of our own may be left out: each would cost a sync that tells nothing new.

        To-device messages are handled and their keys stored, in one transaction of the crypto
        store, before it returns; events are decrypted where possible and else given as `Sealed`.
        Key upkeep (uploads, queries, claims) is done here. Without a cursor (a fresh start) the
        timelines are left out, since all of it is history; invitations are still given.
        """
        ...

    async def messages(self, room: RoomId, *, start: str, stop: str | None) -> Page:
        """Return a page of the room's past going back from `start`, until `stop` or our own join."""
        ...

    async def unseal(self, sealed: Sealed) -> Message | Reaction | Sealed | None:
        """Try to decrypt again what was kept; the same again when its key is still missing.

        None when it opened, or never will, and holds nothing of interest: it need not be kept.
        """
        ...

    async def send(self, room: RoomId, event_type: str, content: dict[str, Any], txn_id: str) -> EventId:
        """Send an event, encrypted where the room is (reactions never are), and return its id.

        The same `txn_id` again gives the same event id.
        """
        ...

    async def upload(self, room: RoomId, data: bytes, *, mimetype: str, name: str) -> dict[str, Any]:
        """Put a file where the members of a room can fetch it, and return what its message says of it.

        `{"url": …}`, or `{"file": …}` with its key where the room is encrypted (`EncryptedFile`).
        """
        ...

    async def redact(self, room: RoomId, target: EventId, txn_id: str) -> EventId:
        """Delete an event of ours (or any, where we may) and return the redaction's id."""
        ...

    async def find_sent(self, room: RoomId, txn_id: str, *, since: int) -> EventId | None:
        """Read the room back to the time `since` (ms) for what this device sent with `txn_id`."""
        ...

    async def spoken(self, room: RoomId, *, since: str) -> list[Spoken]:
        """Return what we said in a room after the cursor `since`, from any device, oldest first.

        Reactions and redactions of ours are in it; what cannot be read is told by its relation alone.
        """
        ...

    async def profile_name(self, user: UserId) -> str:
        """Return somebody's display name, empty where there is none or it is hidden."""
        ...

    async def administers(self, room: RoomId, user: UserId) -> bool:
        """Tell whether somebody may change a joined room's settings there (its state events)."""
        ...

    async def author_of(self, room: RoomId, event: EventId) -> UserId | None:
        """Return who wrote an event of a joined room; None where it is not to be seen. Reads no content."""
        ...

    async def join(
        self, room: RoomId, *, via: str | None = None, direct_with: UserId | None = None
    ) -> RoomFacts:
        """Join and return the room's facts, its encryption state known for sure.

        `via`: a server that is in the room, where ours may not be. `direct_with`: the room goes on from a
        direct message with this person.
        """
        ...

    async def predecessor(self, room: RoomId) -> RoomId | None:
        """Return which room a joined room says that it replaces (`m.room.create`); None: none."""
        ...

    async def replacement(self, room: RoomId) -> Replacement | None:
        """Return by which room a joined room is replaced (`m.room.tombstone`); None: it is not."""
        ...

    async def open_direct(self, user: UserId) -> RoomFacts:
        """Open an encrypted direct message with somebody, who is invited, and return its facts.

        Made twice, there are two: ask the store first.
        """
        ...

    async def leave(self, room: RoomId) -> None:
        """Leave, or decline an invitation. No error when it is already so."""
        ...

    async def close(self) -> None:
        """Close connections and the crypto store."""
        ...
