"""Events of rooms to what they say: opened where their key is there, else kept sealed or left out.

Whatever a stranger put into an event, nothing here raises: what is malformed or can never be read is counted.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from helpbot.adapters.matrix.machine import Machine, MissingKey, Undecryptable
from helpbot.adapters.matrix.rooms import Room
from helpbot.adapters.matrix.translate import Malformed, own_words, parse
from helpbot.adapters.matrix.verifier import REQUEST, Verifier
from helpbot.core.ids import RoomId, UserId
from helpbot.core.incoming import Message, Reaction, Sealed, Spoken, TimelineItem


@dataclass(slots=True)
class Health:
    """What was left out, counted since the start."""

    malformed: int = 0
    """Events that are not what the specification says."""
    undecryptable: int = 0
    """Encrypted events that will never open: forged, replayed, broken."""
    withheld: int = 0
    """Room keys that somebody said they will not give."""
    late: int = 0
    """Events that were kept for want of a key and opened when it came."""


class Reader:
    """Reads the rooms' events for one account."""

    def __init__(self, machine: Machine, verifier: Verifier, rooms: Mapping[RoomId, Room]) -> None:
        self.health = Health()
        self._machine = machine
        self._verifier = verifier
        self._rooms = rooms
        self._me = UserId(machine.user_id)

    def item(self, event: object, room: RoomId) -> TimelineItem | None:
        """Return what an event says; None when it is nothing of interest."""
        try:
            item = parse(event, room, self._me)
        except Malformed:
            self.health.malformed += 1
            return None
        if not isinstance(event, Mapping):
            return item
        return self._open(event, item) if isinstance(item, Sealed) else self._unheard(item, event, room)

    def _open(self, event: Mapping[str, Any], sealed: Sealed) -> TimelineItem | None:
        try:
            clear = self._machine.open(event, sealed.room)
            item = parse(clear, sealed.room, self._me, encrypted=True)
            return self._unheard(item, clear, sealed.room)
        except MissingKey:
            return sealed
        except Undecryptable:
            self.health.undecryptable += 1
        except Malformed:
            self.health.malformed += 1
        return None

    def _unheard(
        self, item: TimelineItem | None, event: Mapping[str, Any], room: RoomId
    ) -> TimelineItem | None:
        """Leave out what belongs to a verification that is under way or accepted now."""
        if item is None or (isinstance(item, Message) and item.msgtype == REQUEST):
            known = self._rooms.get(room)
            direct = known is not None and known.partner == event.get("sender")
            if self._verifier.hears(event, room, direct=direct):
                return None
        return item

    def unseal(self, sealed: Sealed) -> Message | Reaction | Sealed | None:
        """Try to decrypt again what was kept, see `ports.Homeserver.unseal`."""
        item = self._open(json.loads(sealed.raw), sealed)
        if isinstance(item, Sealed):
            return sealed
        self.health.late += 1
        return item if isinstance(item, Message | Reaction) else None

    def own_words(self, event: object, room: RoomId) -> Spoken | None:
        """Return what an event of ours says, decrypted where possible; None for anything else."""
        if not isinstance(event, Mapping) or event.get("sender") != self._me or "state_key" in event:
            return None
        if event.get("type") == "m.room.encrypted":
            try:
                parse({**event, "sender": f"{self._me}?"}, room, self._me)  # its outer shape
                event = {**self._machine.open(event, room), "unsigned": event.get("unsigned")}
            except (MissingKey, Undecryptable, Malformed):
                pass
        return own_words(event, room)
