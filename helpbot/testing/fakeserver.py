"""The state of a homeserver in memory: rooms, files, what each device was given, and whom it refuses."""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass, field

from helpbot.core.ids import EventId, RoomId, UserId
from helpbot.ports import Clock, Refused
from helpbot.testing.fakerooms import MEMBER, MESSAGE, REACTION, REDACTION, Content, Event, FakeRoom
from helpbot.testing.trouble import Trouble

TXN_MEMORY_MS = 24 * 3_600_000
MAX_EVENT_BYTES = 65_536
_OLD_REDACTIONS = frozenset(str(version) for version in range(1, 11))
"""Room versions that name a redaction's target beside the content, not in it."""


@dataclass(slots=True)
class Device:
    """What outlives a restart of the bot: the server's memory of its device, and its key store."""

    sent: dict[tuple[RoomId, str], tuple[EventId, int]] = field(default_factory=dict)
    shared: set[str] = field(default_factory=set)
    held_back: list[tuple[RoomId, str]] = field(default_factory=list)
    mail: deque[tuple[int, str, bool]] = field(default_factory=deque)
    """To-device messages not yet acknowledged: stream position, session, and whether it is the key
    or a refusal to give it."""
    opened: set[str] = field(default_factory=set)


class Server(Trouble):
    """The server: its rooms, what it remembers of each device, and the trouble it is told to make."""

    def __init__(self, clock: Clock, *, name: str = "test", timeline_limit: int = 50) -> None:
        super().__init__(clock)
        self.name = name
        self.timeline_limit = timeline_limit
        """How many events of a room one sync gives at most."""
        self.page_size = 50
        """How many events one call of `messages` gives at most."""
        self.rooms: dict[RoomId, FakeRoom] = {}
        self.names: dict[UserId, str] = {}
        self.files: dict[str, tuple[str, str, bytes]] = {}
        """`mxc:` address → (name, kind, bytes) of what was uploaded; empty where the server cannot know."""
        self.declared: set[tuple[UserId, RoomId]] = set()
        """Whose account data has which rooms among the direct messages (`m.direct`)."""
        self._position = 0
        self._devices: dict[tuple[UserId, str], Device] = {}
        self._withheld: dict[RoomId, bool] = {}

    # --- who is there, and with which keys

    def room(self, room: RoomId) -> FakeRoom:
        """Return the room, as the server knows it."""
        found = self.rooms.get(room)
        if found is None:
            raise Refused("M_NOT_FOUND", f"no room {room}")
        return found

    def joined(self, user: UserId, room: RoomId) -> FakeRoom:
        """Return the room if `user` is in it; refuse as a server does otherwise."""
        found = self.rooms.get(room)
        if found is None or found.membership(user) != "join":
            raise Refused("M_FORBIDDEN", f"User {user} not in room {room}")
        return found

    def withhold_keys(self, room: RoomId, *, refused: bool = False) -> None:
        """Seal what is said from now on in the room with new sessions whose keys do not come.

        `refused`: their senders say that they will not give them (`m.room_key.withheld`).
        """
        self.room(room).turn_sessions()
        self._withheld[room] = refused

    def release_keys(self, room: RoomId | None = None) -> None:
        """Deliver the keys that were held back, in one room or in all, and hold none back any more."""
        for place in [place for place in self._withheld if room in (None, place)]:
            del self._withheld[place]
        for device in self._devices.values():
            late, device.held_back = device.held_back, []
            for place, session in late:
                if room in (None, place):
                    device.mail.append((self._next_position(), session, True))
                else:
                    device.held_back.append((place, session))
        self.stir()

    # --- what people and accounts do

    def open_room(self, creator: UserId, version: str) -> FakeRoom:
        """Create an empty room; its state is the caller's to send."""
        number = len(self.rooms) + 1
        # From version 12 on a room's id names no server.
        room_id = RoomId(f"!room{number}" if version == "12" else f"!room{number}:{self.name}")
        self.rooms[room_id] = FakeRoom(room_id, version, creator, moderators={creator})
        return self.rooms[room_id]

    def accept(
        self,
        room: FakeRoom,
        sender: UserId,
        event_type: str,
        content: Content,
        *,
        state_key: str | None = None,
        at: int | None = None,
        device: str | None = None,
        txn_id: str | None = None,
    ) -> EventId:
        """Add an event to the room, or return the one that this txn id made before."""
        memory = self._devices[sender, device].sent if device is not None else {}
        known = memory.get((room.room_id, txn_id)) if txn_id is not None else None
        if known is not None and self.clock.now() - known[1] < TXN_MEMORY_MS:
            return known[0]
        # As it will travel: what a test does to its dict later changes nothing.
        content = json.loads(_checked(content))
        if device is not None and state_key is None:
            self.take_from_bucket(sender)
        if state_key is None:
            if room.replaced and sender not in room.moderators:
                raise Refused("M_FORBIDDEN", "You don't have permission to post that to the room")
            _check_relation(room, sender, content)
        sealed = room.encrypted and state_key is None and event_type not in (REACTION, REDACTION)
        if event_type == MESSAGE and not sealed:
            _check_message(content)
        position = self._next_position()
        redacts = content.get("redacts") if event_type == REDACTION else None
        if redacts is not None and room.version in _OLD_REDACTIONS:
            del content["redacts"]
        event = Event(
            event_id=EventId(f"$event{position}"),
            room=room.room_id,
            type=event_type,
            sender=sender,
            at=self.clock.now() if at is None else at,
            pos=position,
            content=content,
            state_key=state_key,
            redacts=redacts,
            session=room.session_of(sender) if sealed else None,
            txn=(sender, device, txn_id) if device is not None and txn_id is not None else None,
        )
        if txn_id is not None:
            memory[room.room_id, txn_id] = (event.event_id, self.clock.now())
        room.add(event)
        if event.session is not None:
            self._share(room, event.session)
        self.stir()
        return event.event_id

    def keep_file(self, data: bytes, name: str, mimetype: str) -> str:
        """Keep an uploaded file and return its `mxc:` address."""
        uri = f"mxc://{self.name}/file{len(self.files) + 1}"
        self.files[uri] = (name, mimetype, data)
        return uri

    def redact(
        self,
        room: FakeRoom,
        sender: UserId,
        target: EventId,
        *,
        device: str | None = None,
        txn_id: str | None = None,
    ) -> EventId:
        """Delete an event of `sender`'s own, or any if they moderate the room."""
        event = room.find(target)
        if sender not in room.moderators:
            if event is None:
                raise Refused("M_NOT_FOUND", f"Could not find event {target}")
            if event.sender != sender:
                raise Refused("M_FORBIDDEN", "You don't have permission to redact events")
        return self.accept(room, sender, REDACTION, {"redacts": target}, device=device, txn_id=txn_id)

    def set_membership(
        self, room: FakeRoom, user: UserId, membership: str, *, by: UserId, direct: bool = False
    ) -> EventId:
        """Let `user` be invited, join, leave, be kicked (`leave` by another) or banned."""
        content: Content = {"membership": membership}
        if membership in ("join", "invite") and user in self.names:
            content["displayname"] = self.names[user]
        if direct:
            content["is_direct"] = True
        return self.accept(room, by, MEMBER, content, state_key=user)

    def enter(self, room: FakeRoom, user: UserId) -> None:
        """Join, if the room lets `user` in."""
        standing = room.membership(user)
        if standing == "join":
            return
        if standing != "invite" and (standing == "ban" or not room.public):
            raise Refused("M_FORBIDDEN", "You are not invited to this room.")
        self.set_membership(room, user, "join", by=user)

    def rename(self, user: UserId, name: str) -> None:
        """Change a display name: each of the person's rooms gets a member event that is no join."""
        self.names[user] = name
        for room in self.rooms.values():
            if room.membership(user) == "join":
                self.set_membership(room, user, "join", by=user)

    @property
    def position(self) -> int:
        """Where the stream ends now."""
        return self._position

    def _share(self, room: FakeRoom, session: str) -> None:
        """Give the session's key to each device in the room that lacks it, as a good client does."""
        for (user, _), device in self._devices.items():
            if session in device.shared or room.membership(user) != "join":
                continue
            device.shared.add(session)
            if room.room_id not in self._withheld:
                device.mail.append((self._next_position(), session, True))
                continue
            device.held_back.append((room.room_id, session))
            if self._withheld[room.room_id]:
                device.mail.append((self._next_position(), session, False))

    def _next_position(self) -> int:
        self._position += 1
        return self._position


def _checked(content: Content) -> str:
    try:
        wire = json.dumps(content, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise Refused("M_BAD_JSON", str(error)) from None
    if len(wire.encode()) > MAX_EVENT_BYTES - 1_000:
        raise Refused("M_TOO_LARGE", "event too large")
    return wire


def _check_message(content: Content) -> None:
    """Refuse what Synapse refuses where it can read."""
    for key in ("body", "msgtype"):
        if not isinstance(content.get(key), str):
            raise Refused("M_UNKNOWN", f"'{key}' not in content")


def _check_relation(room: FakeRoom, sender: UserId, content: Content) -> None:
    """Refuse what Synapse refuses: an unknown target, the same tap twice, a thread upon a relation."""
    about = content.get("m.relates_to")
    if not isinstance(about, dict) or not isinstance(about.get("rel_type"), str):
        return
    target = room.find(EventId(str(about.get("event_id"))))
    if target is None:
        raise Refused("M_UNKNOWN", "Can't send relation to unknown event")
    if about["rel_type"] == "m.thread" and target.relation is not None:
        raise Refused("M_UNKNOWN", "Cannot start threads from an event with a relation")
    if about["rel_type"] == "m.annotation":
        for event in room.events:
            twice = event.sender == sender and event.relation == ("m.annotation", target.event_id)
            if twice and event.content["m.relates_to"].get("key") == about.get("key"):
                raise Refused("M_DUPLICATE_ANNOTATION", "Can't send same reaction twice")
