"""The bot's own account on the homeserver in memory."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

from helpbot.adapters.matrix.rooms import predecessor, replacement
from helpbot.adapters.matrix.translate import Malformed, own_words, parse
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
from helpbot.ports import Refused
from helpbot.testing.fakerooms import (
    ACCESS_RULES,
    CREATE,
    ENCRYPTION,
    HISTORY,
    JOIN_RULES,
    MEMBER,
    TOMBSTONE,
    Event,
    FakeRoom,
)
from helpbot.testing.fakeserver import Device, Server
from helpbot.testing.puppets import FakePerson

_FACT_TYPES = frozenset({MEMBER, ENCRYPTION, ACCESS_RULES, JOIN_RULES, HISTORY})


class FakeHomeserver:
    """One account on a server: the `Homeserver` port."""

    def __init__(self, server: Server, user: UserId, device_id: str, device: Device) -> None:
        self.server = server
        self.device_id = device_id
        self.malformed = 0
        self.closed = False
        self._user = user
        self._device = device
        self._facts: dict[RoomId, RoomFacts] = {}
        """What the program knows for sure: restored, or given in a batch that it has come back from."""
        self._given: list[tuple[int, RoomFacts]] = []

    @property
    def user_id(self) -> UserId:
        """The account's id."""
        return self._user

    @property
    def display_name(self) -> str:
        """Its name, or the localpart."""
        name = self.server.names.get(self._user, "").partition("[")[0].strip()
        return name or self._user[1:].partition(":")[0]

    def restore(self, rooms: Iterable[RoomFacts]) -> None:
        """Remember what the store knows: only what differs from it is news."""
        self._facts.update((facts.room, facts) for facts in rooms)

    async def sync(self, since: str | None, *, wait_ms: int, own: bool = True) -> Batch:  # noqa: ARG002
        """Return the news, waiting by the server's clock. Our own events are always in it."""
        await self.server.arrive(self._user, "sync", None, None)
        acknowledged = -1 if since is None else _position(since)
        self._acknowledge(acknowledged)
        deadline = self.server.clock.now() + wait_ms
        while True:
            self.server.check_usable(self._user)
            if since is None or self._stirred_since(acknowledged) or self.server.clock.now() >= deadline:
                break
            await self._wait(deadline)
        batch = self._batch(None if since is None else acknowledged)
        self.server.depart(self._user, "sync", None)
        return batch

    async def messages(self, room: RoomId, *, start: str, stop: str | None) -> Page:
        """Return a page of the past."""
        await self.server.arrive(self._user, "messages", room, None)
        here = self.server.joined(self._user, room)
        joined = here.last_join(self._user)
        oldest = max(_position(stop) if stop else -1, joined.pos if joined else -1)
        past = [event for event in reversed(here.events) if oldest < event.pos <= _position(start)]
        page = past[: self.server.page_size]
        items = tuple(self._items(page))
        self.server.depart(self._user, "messages", room)
        return Page(items, _token(page[-1].pos - 1) if len(past) > len(page) else None)

    async def unseal(self, sealed: Sealed) -> Message | Reaction | Sealed | None:
        """Open what was kept, if its key has come since."""
        if sealed.session_id not in self._device.opened:
            return sealed
        named = json.loads(sealed.raw)["content"]["ciphertext"].removeprefix("sealed ")
        event = self.server.room(sealed.room).find(EventId(named))
        item = self._read(event) if event is not None else None
        return item if isinstance(item, Message | Reaction) else None

    async def send(self, room: RoomId, event_type: str, content: dict[str, Any], txn_id: str) -> EventId:
        """Send an event."""
        await self.server.arrive(self._user, "send", room, txn_id)
        event_id = self.server.accept(
            self.server.joined(self._user, room),
            self._user,
            event_type,
            content,
            device=self.device_id,
            txn_id=txn_id,
        )
        self.server.depart(self._user, "send", room)
        return event_id

    async def upload(self, room: RoomId, data: bytes, *, mimetype: str, name: str) -> dict[str, Any]:
        """Keep a file; its name and kind are known only where the room is not encrypted."""
        await self.server.arrive(self._user, "upload", room, None)
        encrypted = self.server.joined(self._user, room).encrypted
        uri = self.server.keep_file(data, "" if encrypted else name, "" if encrypted else mimetype)
        self.server.depart(self._user, "upload", room)
        return {"file": {"url": uri, "v": "v2"}} if encrypted else {"url": uri}

    async def redact(self, room: RoomId, target: EventId, txn_id: str) -> EventId:
        """Delete an event."""
        await self.server.arrive(self._user, "redact", room, txn_id)
        here = self.server.joined(self._user, room)
        event_id = self.server.redact(here, self._user, target, device=self.device_id, txn_id=txn_id)
        self.server.depart(self._user, "redact", room)
        return event_id

    async def find_sent(self, room: RoomId, txn_id: str, *, since: int) -> EventId | None:
        """Look for what this device sent."""
        await self.server.arrive(self._user, "find_sent", room, txn_id)
        mine = (self._user, self.device_id, txn_id)
        events = reversed(self.server.joined(self._user, room).events)
        found = next((event for event in events if event.txn == mine and event.at >= since), None)
        self.server.depart(self._user, "find_sent", room)
        return found.event_id if found else None

    async def spoken(self, room: RoomId, *, since: str) -> list[Spoken]:
        """Read our own words back."""
        await self.server.arrive(self._user, "spoken", room, None)
        here = self.server.joined(self._user, room)
        ours = (e for e in here.events if e.sender == self._user and e.pos > _position(since))
        opened = self._device.opened
        wires = (e.wire(opened=e.session in opened and e.redacted_by is None) for e in ours)
        found = [own_words(wire, room) for wire in wires if "state_key" not in wire]
        self.server.depart(self._user, "spoken", room)
        return [said for said in found if said is not None]

    async def profile_name(self, user: UserId) -> str:
        """Look a name up."""
        await self.server.arrive(self._user, "profile_name", None, None)
        name = self.server.names.get(user, "")
        self.server.depart(self._user, "profile_name", None)
        return name

    async def administers(self, room: RoomId, user: UserId) -> bool:
        """Tell whether somebody moderates the room."""
        await self.server.arrive(self._user, "administers", room, None)
        moderates = user in self.server.joined(self._user, room).moderators
        self.server.depart(self._user, "administers", room)
        return moderates

    async def author_of(self, room: RoomId, event: EventId) -> UserId | None:
        """Look a message's author up."""
        await self.server.arrive(self._user, "author_of", room, None)
        found = self.server.joined(self._user, room).find(event)
        self.server.depart(self._user, "author_of", room)
        return found.sender if found else None

    async def join(
        self,
        room: RoomId,
        *,
        via: str | None = None,  # noqa: ARG002
        direct_with: UserId | None = None,
    ) -> RoomFacts:
        """Join a room; there is only one server."""
        await self.server.arrive(self._user, "join", room, None)
        here = self.server.room(room)
        self.server.enter(here, self._user)
        if direct_with is not None:
            self.server.declared.add((self._user, room))
        self.server.depart(self._user, "join", room)
        self._facts[room] = self._facts_of(here)
        return self._facts[room]

    async def predecessor(self, room: RoomId) -> RoomId | None:
        """Read which room it goes on from."""
        await self.server.arrive(self._user, "predecessor", room, None)
        created = self.server.joined(self._user, room).state[CREATE, ""]
        self.server.depart(self._user, "predecessor", room)
        return predecessor(created.content)

    async def replacement(self, room: RoomId) -> Replacement | None:
        """Read by which room it is replaced."""
        await self.server.arrive(self._user, "replacement", room, None)
        found = _replacement(self.server.joined(self._user, room))
        self.server.depart(self._user, "replacement", room)
        return found

    async def open_direct(self, user: UserId) -> RoomFacts:
        """Open a direct message."""
        await self.server.arrive(self._user, "open_direct", None, None)
        room = FakePerson(self.server, self._user).create_room(encrypted=True, direct=True, invite=[user])
        self.server.depart(self._user, "open_direct", room)
        return self.server.room(room).facts(self._user)

    async def leave(self, room: RoomId) -> None:
        """Leave or decline."""
        await self.server.arrive(self._user, "leave", room, None)
        here = self.server.rooms.get(room)
        if here is not None and here.membership(self._user) in ("join", "invite"):
            self.server.set_membership(here, self._user, "leave", by=self._user)
        self.server.depart(self._user, "leave", room)

    async def close(self) -> None:
        """Remember that it was closed."""
        self.closed = True

    # --- one sync

    def _batch(self, since: int | None) -> Batch:
        mail = tuple(self._device.mail)
        keys = tuple(session for _, session, given in mail if given)
        self._device.opened.update(keys)
        news = (self._news(room, since) for room in self.server.rooms.values())
        return Batch(
            next=_token(self.server.position),
            rooms=tuple(item for item in news if item is not None),
            sessions=keys,
            withheld=tuple(session for _, session, given in mail if not given),
            must_store=bool(mail),
        )

    def _news(self, room: FakeRoom, since: int | None) -> RoomNews | None:
        own = room.state.get((MEMBER, self._user))
        if own is None:
            return None
        is_new = since is None or own.pos > since
        match room.membership(self._user):
            case "invite" if is_new:
                return RoomNews(
                    room.room_id,
                    Membership.INVITE,
                    inviter=own.sender,
                    invited_direct=bool(own.content.get("is_direct")),
                    # No `invite_event`: Synapse strips the invitation of its id.
                )
            case "join":
                return self._news_of_joined(room, since)
            case "leave" | "ban" if is_new and since is not None:
                return RoomNews(room.room_id, Membership.LEAVE)
        return None

    def _news_of_joined(self, room: FakeRoom, since: int | None) -> RoomNews | None:
        if since is None:
            facts = self._give(self._facts_of(room))
            return RoomNews(room.room_id, Membership.JOIN, facts=facts, replacement=_replacement(room))
        new = [event for event in room.events if event.pos > since]
        shown = new[-self.server.timeline_limit :]
        limited = len(shown) < len(new)
        own_joins = [event for event in shown if event.state_key == self._user and event.begins_membership]
        if own_joins:
            shown = [event for event in shown if event.pos > own_joins[-1].pos]
        news = RoomNews(
            room.room_id,
            Membership.JOIN,
            events=tuple(self._items(shown)),
            gap=_token(shown[0].pos - 1) if limited and not own_joins else None,
            joined_here=bool(own_joins),
            facts=self._new_facts(room, new),
            replacement=_replacement(room) if any(event.type == TOMBSTONE for event in new) else None,
        )
        empty = not (news.events or news.gap or news.joined_here or news.facts or news.replacement)
        return None if empty else news

    def _new_facts(self, room: FakeRoom, new: list[Event]) -> RoomFacts | None:
        if not any(event.type in _FACT_TYPES for event in new):
            return None
        facts = self._facts_of(room)
        came_in = any(event.state_key == self._user and event.begins_membership for event in new)
        return self._give(facts) if came_in or facts != self._facts.get(room.room_id) else None

    def _facts_of(self, room: FakeRoom) -> RoomFacts:
        declared = (self._user, room.room_id) in self.server.declared
        return room.facts(self._user, direct=declared)

    def _items(self, events: Iterable[Event]) -> Iterator[TimelineItem]:
        for event in events:
            item = self._read(event)
            if item is not None:
                yield item

    def _read(self, event: Event) -> TimelineItem | None:
        opened = event.session in self._device.opened and event.redacted_by is None
        raw = event.wire(opened=opened)
        if event.txn is not None and event.txn[:2] == (self._user, self.device_id):
            raw.setdefault("unsigned", {})["transaction_id"] = event.txn[2]
        try:
            return parse(raw, event.room, self._user, encrypted=opened)
        except Malformed:
            self.malformed += 1
            return None

    def _stirred_since(self, position: int) -> bool:
        if self._device.mail:
            return True
        for room in self.server.rooms.values():
            if room.events and room.events[-1].pos > position:
                own = room.state.get((MEMBER, self._user))
                if own is not None and (room.membership(self._user) == "join" or own.pos > position):
                    return True
        return False

    def _acknowledge(self, position: int) -> None:
        """Take it that what was given up to there is stored; what came after is given again."""
        while self._device.mail and self._device.mail[0][0] <= position:
            self._device.mail.popleft()
        self.restore(facts for at, facts in self._given if at <= position)
        self._given = []

    def _give(self, facts: RoomFacts) -> RoomFacts:
        self._given.append((self.server.position, facts))
        return facts

    async def _wait(self, deadline: int) -> None:
        """Wait for something to happen on the server, or for the deadline."""
        waits = [
            asyncio.ensure_future(self.server.stirred()),
            asyncio.ensure_future(self.server.clock.sleep_until(deadline)),
        ]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()


def _replacement(room: FakeRoom) -> Replacement | None:
    event = room.state.get((TOMBSTONE, ""))
    return None if event is None else replacement(event.wire())


def _token(position: int) -> str:
    return f"s{position}"


def _position(token: str) -> int:
    with suppress(ValueError):
        return int(token.removeprefix("s"))
    raise Refused("M_INVALID_PARAM", f"no such position: {token}")
