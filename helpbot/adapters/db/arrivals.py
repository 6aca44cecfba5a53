"""What comes in: the cursor, the rooms, the inbox and what cannot be read yet."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from helpbot.adapters.db import codec
from helpbot.adapters.db.prepared import Prepared, insert_once, upsert
from helpbot.adapters.db.queries import (
    DONE,
    PARKED,
    WAITING,
    Area,
    Param,
    select,
    update,
)
from helpbot.adapters.db.tables import (
    inbox,
    replaced_rooms,
    rooms,
    sealed,
    state,
)
from helpbot.core.ids import EventId, RoomId, UserId
from helpbot.core.incoming import Membership, RoomFacts, Sealed
from helpbot.core.moves import MoveState
from helpbot.core.records import (
    InboxItem,
    RoomRow,
)
from helpbot.core.roomchoices import Choices

CHOICES = "choices/"
_JOINED = rooms.c.membership == Membership.JOIN.value
_REPLACED = sa.exists().where(
    replaced_rooms.c.old == rooms.c.room, replaced_rooms.c.state == MoveState.DONE.value
)
_GET_CURSOR = select(state.c.value, where=state.c.key == "cursor")
_GET_DEVICE = select(state.c.value, where=state.c.key == "device")
_SET_STATE = upsert(state)
_ROOM_CHOICES = select(state.c.key, state.c.value, where=state.c.key.startswith(CHOICES, autoescape=True))
_ROOM = select(rooms, where=rooms.c.room == Param("room"))
_SAVE_ROOM = upsert(rooms)
_JOINED_ROOMS = select(rooms, where=_JOINED)
_UNGREETED = _JOINED & ~rooms.c.greeted & rooms.c.inviter.is_not(None)
_INVITATIONS = select(
    rooms,
    where=(
        sa.or_(rooms.c.membership == Membership.INVITE.value, _UNGREETED),
        rooms.c.not_before <= Param("now"),
    ),
    order=rooms.c.room,
)
_DIRECT_ROOM = select(
    rooms,
    where=(rooms.c.direct_with == Param("user"), _JOINED, ~_REPLACED),
    order=(rooms.c.encrypted.desc(), rooms.c.in_use.desc(), rooms.c.room),
    limit=1,
)
_USE_DIRECT = update(rooms, rooms.c.direct_with == Param("user"), in_use=rooms.c.room == Param("used"))
_ADD_INBOX = insert_once(
    inbox, "event_id", ("event_id", "payload", "received_at", "attempts", "not_before", "state")
)
_KNOWS_EVENT = select(inbox.c.state, where=inbox.c.event_id == Param("event"))
_FINISH_INBOX = Prepared(
    lambda _insert: (
        sa.update(inbox)
        .where(inbox.c.event_id == Param("event"), inbox.c.state == WAITING)
        .values(state=DONE, payload="")
        .returning(inbox.c.event_id)
    )
)
_RETRY_INBOX = update(
    inbox,
    inbox.c.event_id == Param("event"),
    attempts=Param("new_attempts"),
    not_before=Param("new_not_before"),
    state=Param("new_state"),
)
_ADD_SEALED = insert_once(sealed, "event_id", tuple(c.name for c in sealed.c))


class Arrivals(Area):
    """What comes in: the cursor, the rooms, the inbox and what cannot be read yet."""

    def __init__(self, connection: sa.Connection) -> None:
        super().__init__(connection)
        self._known: dict[RoomId, RoomRow | None] = {}  # asked for again and again in one transaction

    # --- cursor and rooms

    def cursor(self) -> str | None:
        """Return Matrix's `next_batch` up to which everything is stored."""
        row = self._row(_GET_CURSOR)
        return row[0] if row else None

    def set_cursor(self, cursor: str) -> None:
        """Move the cursor; same transaction as the inbox."""
        self._do(_SET_STATE, {"key": "cursor", "value": cursor})

    def device(self) -> str | None:
        """Return the device that this database was written by; None where none was noted yet."""
        row = self._row(_GET_DEVICE)
        return row[0] if row else None

    def set_device(self, device: str) -> None:
        """Note the device that writes from now on."""
        self._do(_SET_STATE, {"key": "device", "value": device})

    def room(self, room: RoomId) -> RoomRow | None:
        """Return what is known of a room."""
        if room not in self._known:
            row = self._row(_ROOM, room=room)
            self._known[room] = codec.room_row(row) if row else None
        return self._known[room]

    def save_room(self, row: RoomRow) -> None:
        """Insert or replace a room."""
        self._do(_SAVE_ROOM, codec.room_values(row))
        self._known[row.facts.room] = row

    def joined_rooms(self) -> list[RoomFacts]:
        """Return the facts of every joined room."""
        return [codec.room_facts(r) for r in self._rows(_JOINED_ROOMS)]

    def invitations(self, now: int) -> list[RoomRow]:
        """Return invitations that wait for our answer, and rooms that we entered by one and did not greet."""
        return [codec.room_row(r) for r in self._rows(_INVITATIONS, now=now)]

    def direct_room(self, user: UserId) -> RoomFacts | None:
        """Return a joined direct message with a person: an encrypted one first, then the one in use."""
        row = self._row(_DIRECT_ROOM, user=user)
        return codec.room_facts(row) if row else None

    def use_direct(self, user: UserId, room: RoomId) -> None:
        """Note which direct message with a person is in use, of those that the store knows."""
        self._do(_USE_DIRECT, {"user": user, "used": room})
        self._known.clear()

    def room_choices(self) -> dict[RoomId, Choices]:
        """Return what administrators chose for their rooms in the chat."""
        rows = self._rows(_ROOM_CHOICES)
        return {RoomId(key.removeprefix(CHOICES)): json.loads(value) for key, value in rows}

    def save_room_choices(self, room: RoomId, choices: Choices) -> None:
        """Keep what was chosen for a room, in place of all before."""
        self._do(_SET_STATE, {"key": f"{CHOICES}{room}", "value": codec.dump(dict(choices))})

    # --- inbox

    def add_inbox(self, item: InboxItem) -> bool:
        """Store what is addressed to the bot; False when it was stored before."""
        values = {
            "event_id": item.event.event_id,
            "payload": codec.inbox_payload(item),
            "received_at": item.received_at,
            "attempts": 0,
            "not_before": 0,
            "state": WAITING,
        }
        return self._row(_ADD_INBOX, **values) is not None

    def knows_event(self, event: EventId) -> bool:
        """Whether an event was ever taken into the inbox."""
        return self._row(_KNOWS_EVENT, event=event) is not None

    def waiting_inbox(self, now: int) -> list[InboxItem]:
        """Return what waits for its decision and may be tried now, oldest first."""
        query = (
            sa.select(inbox.c.payload, inbox.c.received_at, inbox.c.attempts)
            .where(inbox.c.state == WAITING, inbox.c.not_before <= now)
            .order_by(inbox.c.received_at, sa.literal_column("rowid" if self._sqlite else "ctid"))
        )
        return [codec.inbox_item(*r) for r in self._all(query)]

    @property
    def _sqlite(self) -> bool:
        return self._connection.dialect.name == "sqlite"

    def finish_inbox(self, event: EventId) -> bool:
        """Mark as decided and empty its payload; False when it was decided or parked before."""
        return self._row(_FINISH_INBOX, event=event) is not None

    def retry_inbox(self, event: EventId, *, attempts: int, not_before: int, park: bool) -> None:
        """Note a failed try; parked items wait for a person."""
        values = {
            "event": event,
            "new_attempts": attempts,
            "new_not_before": not_before,
            "new_state": PARKED if park else WAITING,
        }
        self._do(_RETRY_INBOX, values)

    # --- sealed events

    def add_sealed(self, event: Sealed, now: int) -> None:
        """Keep the ciphertext of an event whose key is missing."""
        values = {
            "event_id": event.event_id,
            "room": event.room,
            "sender": event.sender,
            "at": event.at,
            "session_id": event.session_id,
            "raw": event.raw,
            "seen_at": now,
        }
        self._row(_ADD_SEALED, **values)

    def sealed(self, sessions: Iterable[str] | None) -> list[Sealed]:
        """Return kept events of these sessions, or all of them for None."""
        query = sa.select(sealed).order_by(sealed.c.at)
        if sessions is not None:
            query = query.where(sealed.c.session_id.in_(list(sessions)))
        return self._sealed(query)

    def sealed_between(self, after: int, until: int) -> list[Sealed]:
        """Return kept events that came after one moment and up to another (Unix ms)."""
        query = sa.select(sealed).order_by(sealed.c.at)
        return self._sealed(query.where(sealed.c.seen_at > after, sealed.c.seen_at <= until))

    def _sealed(self, query: sa.Select[Any]) -> list[Sealed]:
        return [
            Sealed(EventId(r.event_id), RoomId(r.room), UserId(r.sender), r.at, r.session_id, r.raw)
            for r in self._all(query)
        ]

    def drop_sealed(self, events: Iterable[EventId]) -> None:
        """Forget events that were opened or are not for the bot."""
        self._connection.execute(sa.delete(sealed).where(sealed.c.event_id.in_(list(events))))
