"""The bot's account on its homeserver: syncs in, messages out, encryption on the way.

The flow owns the cursor and decides when to ask; here one sync becomes one `Batch`. Whatever a
stranger put into an event, the sync goes on: what is malformed or can never be read is left out
and counted in `health`.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Mapping
from typing import Any

from helpbot.adapters.matrix.attachments import sealed
from helpbot.adapters.matrix.crypto import Encryption
from helpbot.adapters.matrix.directs import Directs
from helpbot.adapters.matrix.filters import FIRST_FILTER, SYNC_FILTER, without_events_of
from helpbot.adapters.matrix.http import Api, list_at, seg, text_of
from helpbot.adapters.matrix.keystore import KeyStore
from helpbot.adapters.matrix.past import Past
from helpbot.adapters.matrix.reading import Health, Reader
from helpbot.adapters.matrix.rooms import (
    STATE_TYPES,
    TOMBSTONE,
    Room,
    is_own_join,
    may_administer,
    predecessor,
    replacement,
)
from helpbot.adapters.matrix.translate import MEGOLM
from helpbot.adapters.matrix.trust import Trust
from helpbot.adapters.matrix.verifier import Verifier
from helpbot.core.ids import EventId, RoomId, UserId
from helpbot.core.incoming import (
    Batch,
    Membership,
    Message,
    Page,
    Reaction,
    Replacement,
    RoomFacts,
    RoomNews,
    Sealed,
    Spoken,
    TimelineItem,
)
from helpbot.ports import Clock, Refused


class MatrixHomeserver:
    """Fulfils `ports.Homeserver`. Made by `opening.connect`."""

    def __init__(
        self, api: Api, keys: Encryption, store: KeyStore, lock: int, trust: Trust, clock: Clock
    ) -> None:
        self.trust = trust
        self.verifier = Verifier(keys, trust, self.send, clock)
        self._api = api
        self._keys = keys
        self._store = store
        self._lock: int | None = lock
        self._me = me = UserId(keys.machine.user_id)
        self._name = me[1:].partition(":")[0]
        self._rooms: dict[RoomId, Room] = {}
        self._directs = Directs(api, me)
        self._invited: dict[RoomId, UserId] = {}  # direct invitations not answered yet, and by whom
        self._filter = self._lean_filter = ""
        self._arriving: set[RoomId] = set()  # rooms whose news must tell of our own join
        self._arrived: set[RoomId] = set()  # those that the last sync told it of
        # What the store knows of each room: that a batch was stored shows in the cursor asked next.
        self._told: dict[RoomId, RoomFacts] = {}
        self._telling: dict[RoomId, RoomFacts] = {}
        self._given: str | None = None
        self._reader = Reader(keys.machine, self.verifier, self._rooms)
        self._past = Past(api, self._reader, me)

    @property
    def user_id(self) -> UserId:
        """Our own full id."""
        return self._me

    @property
    def health(self) -> Health:
        """What was left out, counted since the start."""
        return self._reader.health

    @property
    def display_name(self) -> str:
        """Our own display name, or the localpart where there is none."""
        return self._name

    @property
    def device_id(self) -> str:
        """The id of this device."""
        return str(self._keys.machine.device_id)

    async def prepare(self) -> None:
        """Ask once for what every sync needs: the filter's id, our name, our direct messages."""
        user = f"v3/user/{seg(self._me)}"
        found, lean, profile, direct = await asyncio.gather(
            self._api.post(f"{user}/filter", SYNC_FILTER),
            self._api.post(f"{user}/filter", without_events_of(self._me)),
            self._optional(f"v3/profile/{seg(self._me)}/displayname"),
            self._optional(f"{user}/account_data/m.direct"),
        )
        self._filter = text_of(found, "filter_id")
        self._lean_filter = text_of(lean, "filter_id")
        self._named(profile.get("displayname"))
        self._directs.take(direct)

    def restore(self, rooms: Iterable[RoomFacts]) -> None:
        """Tell it what the store knows of the joined rooms, before the first sync after a start."""
        for facts in rooms:
            self._rooms[facts.room] = Room(facts.room, facts, partner=facts.direct_with)
            self._told[facts.room] = facts

    # -- in -----------------------------------------------------------------------------------------

    async def sync(self, since: str | None, *, wait_ms: int, own: bool = True) -> Batch:
        """Return the news after `since`, see `ports.Homeserver.sync`."""
        await self._keys.upkeep()
        if self._directs.missing:
            await self._directs.declare(self._rooms)
        if since is not None and since == self._given:  # what the last sync told is stored
            self._told.update(self._telling)
            self._arriving -= self._arrived
        self._telling.clear()
        self._arrived.clear()
        query = {"filter": self._filter, "timeout": str(wait_ms), "set_presence": "offline"}
        lean = since is not None and not (own or self._arriving)
        if since is None:
            query["filter"] = FIRST_FILTER
        else:
            query["since"] = since
        if lean:
            query["filter"] = self._lean_filter
        answer = await self._api.get("v3/sync", query, wait_s=wait_ms / 1000)
        if lean and any(room not in self._rooms for room, _ in _items(answer.get("rooms"), "join")):
            # Somebody put us there without an invitation: where we came in must be told.
            answer = await self._api.get("v3/sync", {**query, "filter": self._filter, "timeout": "0"})
        got = self._keys.receive(answer, since)
        self.health.malformed += got.broken
        self.health.withheld += len(got.withheld)
        for step in got.steps:
            self.verifier.hears_device(step)
        data = answer.get("account_data")
        if data:
            self._directs.take_in(data)
        rooms = answer.get("rooms")
        news = await self._rooms_news(rooms, first=since is None) if rooms else ()
        self._given = text_of(answer, "next_batch")
        return Batch(
            self._given,
            rooms=tuple(news),
            sessions=tuple(got.sessions),
            withheld=tuple(got.withheld),
            must_store=bool(list_at(answer, "to_device", "events")),
        )

    async def messages(self, room: RoomId, *, start: str, stop: str | None) -> Page:
        """Return a page of the room's past, see `ports.Homeserver.messages`."""
        return await self._past.messages(room, start=start, stop=stop)

    async def unseal(self, sealed: Sealed) -> Message | Reaction | Sealed | None:
        """Try to decrypt again what was kept, see `ports.Homeserver.unseal`."""
        return self._reader.unseal(sealed)

    async def find_sent(self, room: RoomId, txn_id: str, *, since: int) -> EventId | None:
        """Read the room back to the time `since` (ms) for what this device sent with `txn_id`."""
        return await self._past.find_sent(room, txn_id, since=since)

    async def spoken(self, room: RoomId, *, since: str) -> list[Spoken]:
        """Return what we said in a room after the cursor `since`, see `ports.Homeserver.spoken`."""
        return await self._past.spoken(room, since=since)

    async def _rooms_news(self, rooms: object, *, first: bool) -> list[RoomNews]:
        news = []
        for room, said in _items(rooms, "join"):
            found = await self._joined(RoomId(room), said, first=first)
            if found is not None:
                news.append(found)
        for room, said in _items(rooms, "invite"):
            news.append(self._invitation(RoomId(room), said))
        for room, _ in _items(rooms, "leave"):
            self._forget(RoomId(room))
            news.append(RoomNews(RoomId(room), Membership.LEAVE))
        return news

    async def _joined(self, room_id: RoomId, said: Mapping[str, Any], *, first: bool) -> RoomNews | None:
        state = list_at(said, "state", "events")
        room = self._rooms.get(room_id)
        whole = False
        if room is None:
            room = Room.new(room_id)
            whole = any(
                isinstance(event, Mapping) and event.get("type") == "m.room.create" for event in state
            )
            if not whole:
                # A room that neither the store nor this sync describes: never guess that it is plain.
                await self._read_state(room)
            self._rooms[room_id] = room
        replaced = None
        for event in state:
            replaced = self._state_event(room, event) or replaced
        if whole:
            room.know_all()
        timeline = said.get("timeline")
        timeline = timeline if isinstance(timeline, Mapping) else {}
        limited = timeline.get("limited") is True
        if limited:
            self._keys.forget_members(room_id)
        events: list[TimelineItem] = []
        joined_here = False
        for event in list_at(timeline, "events"):
            if isinstance(event, Mapping) and "state_key" in event:
                replaced = self._state_event(room, event) or replaced
                if is_own_join(event, self._me):
                    joined_here = True
                    events.clear()
            elif not first:
                item = self._reader.item(event, room_id)
                if item is not None:
                    events.append(item)
        if room.unsure:
            await self._read_state(room)
        if "summary" in said:
            room.summarise(said["summary"])
        room.settle(self._directs.partner(room.room))
        if joined_here or first:
            self._arrived.add(room_id)
        if room.partner is not None and joined_here:
            self._directs.missing.add(room_id)
        new = joined_here or room.facts != self._told.get(room_id)
        if new:
            self._telling[room_id] = room.facts
        gap = timeline.get("prev_batch") if limited and not joined_here and not first else None
        if not (events or new or gap or replaced):
            return None
        return RoomNews(
            room_id,
            Membership.JOIN,
            events=tuple(events),
            gap=gap if isinstance(gap, str) else None,
            joined_here=joined_here and not first,
            facts=room.facts if new else None,
            replacement=replaced,
        )

    def _state_event(self, room: Room, event: object) -> Replacement | None:
        """Take in one state event; return by what the room is replaced, where it says that."""
        if not isinstance(event, Mapping):
            self.health.malformed += 1
            return None
        room.apply(event, self._me)
        kind, content = event.get("type"), event.get("content")
        if kind == "m.room.member":
            membership = content.get("membership") if isinstance(content, Mapping) else None
            self._keys.member(room.room, event.get("state_key"), membership)
            if event.get("state_key") == self._me and membership == "join" and isinstance(content, Mapping):
                self._named(content.get("displayname"))
        elif kind in ("m.room.encryption", "m.room.history_visibility"):
            self._keys.setting(room.room, kind, content)
        return replacement(event)

    def _invitation(self, room_id: RoomId, said: Mapping[str, Any]) -> RoomNews:
        self._forget(room_id)
        inviter = invite_event = None
        direct = False
        for event in list_at(said, "invite_state", "events"):
            if not isinstance(event, Mapping) or event.get("state_key") != self._me:
                continue
            content, sender, event_id = event.get("content"), event.get("sender"), event.get("event_id")
            if event.get("type") == "m.room.member" and isinstance(content, Mapping):
                inviter = UserId(sender) if isinstance(sender, str) else None
                invite_event = EventId(event_id) if isinstance(event_id, str) else None
                direct = content.get("is_direct") is True
        if direct and inviter is not None:
            self._invited[room_id] = inviter
        self._arriving.add(room_id)
        return RoomNews(
            room_id,
            Membership.INVITE,
            inviter=inviter,
            invited_direct=direct,
            invite_event=invite_event,
        )

    # -- out ----------------------------------------------------------------------------------------

    async def send(self, room: RoomId, event_type: str, content: dict[str, Any], txn_id: str) -> EventId:
        """Send an event, encrypted where the room is, and return its id."""
        body: Mapping[str, Any] = content
        # The server counts reactions by reading them, so they are never encrypted.
        if event_type != "m.reaction" and await self._is_encrypted(room):
            body = await self._keys.encrypt(room, event_type, content)
            event_type = "m.room.encrypted"
        path = f"v3/rooms/{seg(room)}/send/{event_type}/{seg(txn_id)}"
        return EventId(text_of(await self._api.put(path, body), "event_id"))

    async def upload(self, room: RoomId, data: bytes, *, mimetype: str, name: str) -> dict[str, Any]:
        """Put a file into the media repository, encrypted where the room is."""
        if not await self._is_encrypted(room):
            return {"url": text_of(await self._api.upload(data, mimetype, name), "content_uri")}
        ciphertext, file = sealed(data)
        # Neither its kind nor its name goes to the server in clear.
        stored = await self._api.upload(ciphertext, "application/octet-stream", "")
        return {"file": file | {"url": text_of(stored, "content_uri")}}

    async def redact(self, room: RoomId, target: EventId, txn_id: str) -> EventId:
        """Delete an event and return the redaction's id."""
        path = f"v3/rooms/{seg(room)}/redact/{seg(target)}/{seg(txn_id)}"
        return EventId(text_of(await self._api.put(path, {}), "event_id"))

    async def profile_name(self, user: UserId) -> str:
        """Return somebody's display name, empty where there is none or it is hidden."""
        try:
            found = await self._api.get(f"v3/profile/{seg(user)}/displayname")
        except Refused:
            return ""  # they hid it, or are gone
        name = found.get("displayname")
        return name if isinstance(name, str) else ""

    async def administers(self, room: RoomId, user: UserId) -> bool:
        """Tell whether somebody may change a joined room's settings there (its state events)."""
        path = f"v3/rooms/{seg(room)}/state"
        created = await self._api.get(f"{path}/m.room.create/?format=event")
        try:
            levels = await self._api.get(f"{path}/m.room.power_levels/")
        except Refused:
            levels = {}
        return may_administer(levels, created, user)

    async def author_of(self, room: RoomId, event: EventId) -> UserId | None:
        """Return who wrote an event of a joined room; None where it is not to be seen. Reads no content."""
        try:
            found = await self._api.get(f"v3/rooms/{seg(room)}/event/{seg(event)}")
        except Refused:
            return None  # of another room, or from before the bot came
        sender = found.get("sender")
        return UserId(sender) if isinstance(sender, str) else None

    async def join(
        self, room: RoomId, *, via: str | None = None, direct_with: UserId | None = None
    ) -> RoomFacts:
        """Join and return the room's facts, its encryption state known for sure."""
        # `server_name` is what `via` was called before Matrix 1.12.
        way = f"?via={seg(via)}&server_name={seg(via)}" if via else ""
        await self._api.post(f"v3/join/{seg(room)}{way}", {})
        known = self._rooms.get(room) or Room.new(room)
        known.partner = self._invited.pop(room, None) or direct_with or known.partner
        await self._read_state(known)
        self._rooms[room] = known
        if known.partner is not None:
            self._directs.missing.add(room)
        known.settle(self._directs.partner(known.room))
        return known.facts

    async def predecessor(self, room: RoomId) -> RoomId | None:
        """Return which room a joined room says that it replaces."""
        return predecessor(await self._api.get(f"v3/rooms/{seg(room)}/state/m.room.create/"))

    async def replacement(self, room: RoomId) -> Replacement | None:
        """Return by which room a joined room is replaced."""
        found = await self._optional(f"v3/rooms/{seg(room)}/state/{TOMBSTONE}/?format=event")
        return replacement(found)

    async def open_direct(self, user: UserId) -> RoomFacts:
        """Open an encrypted direct message with somebody, who is invited, and return its facts."""
        state = [{"type": "m.room.encryption", "state_key": "", "content": {"algorithm": MEGOLM}}]
        wanted = {
            "preset": "trusted_private_chat",
            "is_direct": True,
            "invite": [user],
            "initial_state": state,
        }
        room = RoomId(str((await self._api.post("v3/createRoom", wanted))["room_id"]))
        known = self._rooms.get(room) or Room.new(room)
        known.partner = user
        await self._read_state(known)
        self._rooms[room] = known
        self._directs.missing.add(room)
        known.settle(self._directs.partner(known.room))
        return known.facts

    async def leave(self, room: RoomId) -> None:
        """Leave, or decline an invitation. No error when it is already so."""
        try:
            await self._api.post(f"v3/rooms/{seg(room)}/leave", {})
        except Refused as error:
            if error.code not in ("M_FORBIDDEN", "M_NOT_FOUND", "M_UNKNOWN"):
                raise
        self._forget(room)

    async def close(self) -> None:
        """Close connections and the crypto store."""
        if self._lock is None:
            return
        lock, self._lock = self._lock, None
        await self.verifier.close()
        await self._api.close()
        self._store.close()
        os.close(lock)

    # -- rooms ----------------------------------------------------------------------------------------

    async def _is_encrypted(self, room_id: RoomId) -> bool:
        room = self._rooms.get(room_id)
        if room is None:
            room = Room.new(room_id)
            await self._read_state(room)
            self._rooms.setdefault(room_id, room)
        return room.facts.encrypted

    async def _read_state(self, room: Room) -> None:
        """Ask for the state that decides how we may speak there."""
        kinds = [kind for kind in STATE_TYPES if kind != "m.room.member"]
        base = f"v3/rooms/{seg(room.room)}/state"
        found = await asyncio.gather(*(self._optional(f"{base}/{kind}") for kind in kinds))
        for kind, content in zip(kinds, found, strict=True):
            if content:
                room.apply({"type": kind, "state_key": "", "content": content}, self._me)
        room.know_all()

    async def _optional(self, path: str) -> dict[str, Any]:
        try:
            return await self._api.get(path)
        except Refused as error:
            if error.code == "M_NOT_FOUND":
                return {}
            raise

    def _forget(self, room: RoomId) -> None:
        self._rooms.pop(room, None)
        self._told.pop(room, None)
        self._telling.pop(room, None)
        self._invited.pop(room, None)
        self._arriving.discard(room)
        self._directs.missing.discard(room)
        self._keys.forget_room(room)

    def _named(self, name: object) -> None:
        plain = name.partition("[")[0].strip() if isinstance(name, str) else ""
        if plain:  # « helpbot [Organisme] » on Tchap: the brackets are decoration
            self._name = plain


def _items(rooms: object, section: str) -> list[tuple[str, Mapping[str, Any]]]:
    found = rooms.get(section) if isinstance(rooms, Mapping) else None
    return [(r, s) for r, s in found.items() if isinstance(s, Mapping)] if isinstance(found, Mapping) else []
