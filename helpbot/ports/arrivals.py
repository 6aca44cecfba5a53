"""What comes in: cursor, rooms, inbox, what cannot be read yet. Part of `Tx`; times are Unix ms."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from helpbot.core.ids import EventId, RoomId, UserId
from helpbot.core.incoming import RoomFacts, Sealed
from helpbot.core.records import (
    InboxItem,
    RoomRow,
)
from helpbot.core.roomchoices import Choices


class ArrivalsTx(Protocol):
    """What comes in: the cursor, the rooms, the inbox and what cannot be read yet."""

    # cursor and rooms
    def cursor(self) -> str | None:
        """Return Matrix's `next_batch` up to which everything is stored."""
        ...

    def set_cursor(self, cursor: str) -> None:
        """Move the cursor; same transaction as the inbox."""
        ...

    def device(self) -> str | None:
        """Return the device that this database was written by; None where none was noted yet."""
        ...

    def set_device(self, device: str) -> None:
        """Note the device that writes from now on."""
        ...

    def room(self, room: RoomId) -> RoomRow | None:
        """Return what is known of a room."""
        ...

    def save_room(self, row: RoomRow) -> None:
        """Insert or replace a room."""
        ...

    def joined_rooms(self) -> list[RoomFacts]:
        """Return the facts of every joined room."""
        ...

    def invitations(self, now: int) -> list[RoomRow]:
        """Return invitations that wait for our answer, and rooms that we entered by one and did not greet."""
        ...

    def room_choices(self) -> dict[RoomId, Choices]:
        """Return what administrators chose for their rooms in the chat."""
        ...

    def save_room_choices(self, room: RoomId, choices: Choices) -> None:
        """Keep what was chosen for a room, in place of all before."""
        ...

    def direct_room(self, user: UserId) -> RoomFacts | None:
        """Return a joined direct message with a person: an encrypted one first, then the one in use."""
        ...

    def use_direct(self, user: UserId, room: RoomId) -> None:
        """Note which direct message with a person is in use, of those that the store knows."""
        ...

    # inbox
    def add_inbox(self, item: InboxItem) -> bool:
        """Store what is addressed to the bot; False when it was stored before."""
        ...

    def knows_event(self, event: EventId) -> bool:
        """Whether an event was ever taken into the inbox."""
        ...

    def waiting_inbox(self, now: int) -> list[InboxItem]:
        """Return what waits for its decision and may be tried now, oldest first."""
        ...

    def finish_inbox(self, event: EventId) -> bool:
        """Mark as decided and empty its payload; False when it was decided or parked before."""
        ...

    def retry_inbox(self, event: EventId, *, attempts: int, not_before: int, park: bool) -> None:
        """Note a failed try; parked items wait for a person."""
        ...

    # sealed events
    def add_sealed(self, event: Sealed, now: int) -> None:
        """Keep the ciphertext of an event whose key is missing."""
        ...

    def sealed(self, sessions: Iterable[str] | None) -> list[Sealed]:
        """Return kept events of these sessions, or all of them for None."""
        ...

    def sealed_between(self, after: int, until: int) -> list[Sealed]:
        """Return kept events that came after one moment and up to another (Unix ms)."""
        ...

    def drop_sealed(self, events: Iterable[EventId]) -> None:
        """Forget events that were opened or are not for the bot."""
        ...
