"""Which rooms are direct messages by our account data (`m.direct`), for the account's other clients too."""

from __future__ import annotations

from collections.abc import Mapping

from helpbot.adapters.matrix.http import Api, list_at, seg
from helpbot.adapters.matrix.rooms import Room
from helpbot.core.ids import RoomId, UserId
from helpbot.ports import HomeserverError, LoggedOut


class Directs:
    """`m.direct` as the homeserver has it, and what is to be added to it."""

    def __init__(self, api: Api, me: UserId) -> None:
        self._api = api
        self._path = f"v3/user/{seg(me)}/account_data/m.direct"
        self._known: dict[str, list[str]] = {}  # user -> rooms
        self.missing: set[RoomId] = set()
        """Direct rooms that it does not name yet."""

    def partner(self, room: RoomId) -> UserId | None:
        """Return with whom a room is a direct message by what it says."""
        return next((UserId(user) for user, rooms in self._known.items() if room in rooms), None)

    def take_in(self, data: object) -> None:
        """Take in the account data of a sync."""
        for event in list_at(data, "events"):
            if isinstance(event, Mapping) and event.get("type") == "m.direct":
                self.take(event.get("content"))

    def take(self, content: object) -> None:
        """Take in what it holds."""
        if isinstance(content, Mapping):
            self._known = {
                user: [room for room in rooms if isinstance(room, str)]
                for user, rooms in content.items()
                if isinstance(rooms, list)
            }

    async def declare(self, known: Mapping[RoomId, Room]) -> None:
        """Add the rooms that are missing; where that does not work, the next sync tries again."""
        direct = {user: list(rooms) for user, rooms in self._known.items()}
        for room_id in self.missing:
            room = known.get(room_id)
            if room is not None and room.partner is not None:
                rooms = direct.setdefault(room.partner, [])
                if room_id not in rooms:
                    rooms.append(room_id)
        if direct != self._known:
            try:
                await self._api.put(self._path, direct)
            except LoggedOut:
                raise
            except HomeserverError:
                return
        self._known = direct
        self.missing.clear()
