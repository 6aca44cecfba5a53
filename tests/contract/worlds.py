"""One homeserver, the bot's account and some teachers: what the contract of `Homeserver` is checked on.

`FakeWorld` is the homeserver in memory; `SynapseWorld` a real Synapse with the real adapter. A test
sees only `World`, `Teacher` and the port, so that it says the same about both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol

from helpbot.core.ids import EventId, RoomId, UserId
from helpbot.core.incoming import (
    Access,
    Batch,
    Echo,
    Membership,
    Message,
    Reaction,
    RoomFacts,
    RoomNews,
    Sealed,
    TimelineItem,
)
from helpbot.ports import Homeserver
from helpbot.testing.clock import FakeClock
from helpbot.testing.fakerooms import MESSAGE, Content, message_content
from helpbot.testing.homeserver import FakePerson, FakeServer


class Teacher(Protocol):
    """A person at their own client."""

    @property
    def user_id(self) -> UserId: ...

    async def create_room(
        self,
        *,
        encrypted: bool = False,
        direct: bool = False,
        version: str = "10",
        access: Access | None = None,
        public: bool = False,
        invite: Iterable[str] = (),
    ) -> RoomId: ...

    async def upgrade(self, room: RoomId, version: str) -> RoomId:
        """Replace a room by a new one, to which nobody is invited yet."""
        ...

    async def invite(self, room: RoomId, user: str) -> None: ...
    async def join(self, room: RoomId) -> None: ...
    async def kick(self, room: RoomId, user: str) -> None: ...
    async def ban(self, room: RoomId, user: str) -> None: ...
    async def set_state(self, room: RoomId, event_type: str, content: Content) -> None: ...
    async def send(self, room: RoomId, event_type: str, content: Content) -> EventId: ...
    async def redact(self, room: RoomId, target: EventId) -> EventId: ...

    async def reads(self, room: RoomId, event: EventId) -> Content | None:
        """The content of an event as this person's client shows it; None when it was deleted."""
        ...

    async def fetches(self, content: Content) -> bytes:
        """The file of a message, opened where it is encrypted."""
        ...

    async def withhold_keys(self, room: RoomId) -> None:
        """Say what comes next with a new session whose key stays with this person for now."""
        ...

    async def release_keys(self) -> None:
        """Give the keys that were kept."""
        ...


class World(Protocol):
    """A homeserver with the bot's account on it."""

    encrypted: bool
    """Whether `room_with_bot` makes encrypted rooms."""
    bot: Homeserver
    joined: dict[RoomId, RoomFacts]
    """What `join` said of the rooms: the store would know it."""
    tries: int
    wait_ms: int
    """How often and how long a test syncs for what must come."""

    def now(self) -> int: ...
    async def teacher(self, name: str) -> Teacher: ...

    async def restart(self) -> Homeserver:
        """The bot's program anew, with the files it had."""
        ...

    async def send_from_elsewhere(self, room: RoomId, content: Content, txn_id: str) -> EventId:
        """Send with the bot's account from another device of its own, which knows no encryption."""
        ...

    async def rename_bot(self, name: str) -> None: ...

    async def end_session(self) -> None:
        """Make the bot's access token worthless."""
        ...

    async def close(self) -> None: ...


async def say(
    teacher: Teacher,
    room: RoomId,
    body: str,
    *,
    mention: Iterable[UserId] | None = (),
    reply_to: EventId | None = None,
    thread: EventId | None = None,
    edit: EventId | None = None,
    html: str = "",
    msgtype: str = "m.text",
) -> EventId:
    """Let a teacher write what a modern client sends."""
    content = message_content(
        body, html=html, msgtype=msgtype, mention=mention, reply_to=reply_to, thread=thread, edit=edit
    )
    return await teacher.send(room, MESSAGE, content)


async def react(teacher: Teacher, room: RoomId, target: EventId, key: str) -> EventId:
    """Let a teacher tap a reaction."""
    relation = {"rel_type": "m.annotation", "event_id": target, "key": key}
    return await teacher.send(room, "m.reaction", {"m.relates_to": relation})


async def room_with_bot(world: World, teacher: Teacher, **how: Any) -> RoomId:
    """Open a room of the world's kind in which the bot sits."""
    how = {"encrypted": world.encrypted} | how
    room = await teacher.create_room(invite=[world.bot.user_id], **how)
    world.joined[room] = await world.bot.join(room)
    return room


class Follower:
    """Reads syncs as the bot does: cursor, gaps filled, kept events opened when their key comes."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.hs = world.bot
        self.cursor: str | None = None
        self.items: list[TimelineItem] = []
        self.news: list[RoomNews] = []
        self.facts = dict(world.joined)
        self.memberships: dict[RoomId, Membership] = {}
        self.gaps = 0
        self.sealed: list[Sealed] = []

    @classmethod
    async def start(cls, world: World) -> Follower:
        """Begin without a cursor."""
        follower = cls(world)
        await follower.step(wait_ms=0)
        return follower

    async def step(self, *, wait_ms: int | None = None) -> Batch:
        """Take in one sync."""
        wait = self.world.wait_ms if wait_ms is None else wait_ms
        batch = await self.hs.sync(self.cursor, wait_ms=wait)
        for news in batch.rooms:
            await self._take(news)
        if batch.sessions:
            await self._open_sealed()
        self.cursor = batch.next
        ids = [item.event_id for item in self.items]
        assert len(ids) == len(set(ids)), "an event was given twice"
        return batch

    async def until(self, enough: Callable[[Follower], object]) -> None:
        """Sync until `enough` is true of what was read."""
        for _ in range(self.world.tries):
            if enough(self):
                return
            await self.step()
        assert enough(self), f"not seen in {self.world.tries} syncs; seen: {self.items} {self.news}"

    async def until_said(self, room: RoomId, *bodies: str) -> None:
        """Sync until the room's messages are there, and check that they are these, in this order."""
        await self.until(lambda seen: len(seen.messages(room)) >= len(bodies))
        assert [message.body for message in self.messages(room)] == list(bodies)

    def messages(self, room: RoomId) -> list[Message]:
        """What others wrote in a room."""
        return [item for item in self.items if isinstance(item, Message) and item.room == room]

    def saw(self, event: EventId) -> bool:
        """Whether the event was given, readable."""
        return any(item.event_id == event for item in self.items)

    async def join(self, room: RoomId) -> RoomFacts:
        """Join as the bot does: once the invitation was read."""
        await self.until(lambda seen: seen.memberships.get(room) is Membership.INVITE)
        self.facts[room] = await self.hs.join(room)
        return self.facts[room]

    async def get(self, event: EventId) -> Any:
        """Sync until the event is there, and return its item, of whatever kind the test expects."""
        await self.until(lambda seen: seen.saw(event))
        return next(item for item in self.items if item.event_id == event)

    async def _take(self, news: RoomNews) -> None:
        self.news.append(news)
        self.memberships[news.room] = news.membership
        if news.facts is not None:
            self.facts[news.room] = news.facts
        past: list[TimelineItem] = []
        start = news.gap
        self.gaps += start is not None
        while start is not None:
            page = await self.hs.messages(news.room, start=start, stop=self.cursor)
            past.extend(page.events)
            start = page.next
        for item in (*reversed(past), *news.events):
            if isinstance(item, Sealed):
                self.sealed.append(item)
            else:
                self.items.append(item)

    async def _open_sealed(self) -> None:
        for sealed in list(self.sealed):
            opened = await self.hs.unseal(sealed)
            if not isinstance(opened, Sealed):
                self.sealed.remove(sealed)
                self.items += [] if opened is None else [opened]


class FakeTeacher:
    """A puppet of the fake, behind the face of `Teacher`."""

    def __init__(self, server: FakeServer, puppet: FakePerson) -> None:
        self._server = server
        self._puppet = puppet

    @property
    def user_id(self) -> UserId:
        return self._puppet.user_id

    async def create_room(
        self,
        *,
        encrypted: bool = False,
        direct: bool = False,
        version: str = "10",
        access: Access | None = None,
        public: bool = False,
        invite: Iterable[str] = (),
    ) -> RoomId:
        return self._puppet.create_room(
            encrypted=encrypted, direct=direct, version=version, access=access, public=public, invite=invite
        )

    async def upgrade(self, room: RoomId, version: str) -> RoomId:
        return self._puppet.upgrade(room, version=version)

    async def invite(self, room: RoomId, user: str) -> None:
        self._puppet.invite(room, user)

    async def join(self, room: RoomId) -> None:
        self._puppet.join(room)

    async def kick(self, room: RoomId, user: str) -> None:
        self._puppet.kick(room, user)

    async def ban(self, room: RoomId, user: str) -> None:
        self._puppet.ban(room, user)

    async def set_state(self, room: RoomId, event_type: str, content: Content) -> None:
        self._server.accept(self._server.room(room), self.user_id, event_type, content, state_key="")

    async def send(self, room: RoomId, event_type: str, content: Content) -> EventId:
        return self._puppet.send(room, event_type, content)

    async def redact(self, room: RoomId, target: EventId) -> EventId:
        return self._puppet.redact(room, target)

    async def reads(self, room: RoomId, event: EventId) -> Content | None:
        found = self._server.joined(self.user_id, room).find(event)
        return found.content if found is not None and found.redacted_by is None else None

    async def fetches(self, content: Content) -> bytes:
        return self._server.files[content["file"]["url"] if "file" in content else content["url"]][2]

    async def withhold_keys(self, room: RoomId) -> None:
        self._server.withhold_keys(room)

    async def release_keys(self) -> None:
        self._server.release_keys()


class FakeWorld:
    """The homeserver in memory. What must come is there at once."""

    tries = 3
    wait_ms = 0

    def __init__(self, *, encrypted: bool) -> None:
        self.encrypted = encrypted
        self.joined: dict[RoomId, RoomFacts] = {}
        self.clock = FakeClock()
        self.server = FakeServer(self.clock)
        self.bot: Homeserver = self.server.account("@helpbot:test", name="helpbot")

    def now(self) -> int:
        return self.clock.now()

    async def teacher(self, name: str) -> Teacher:
        return FakeTeacher(self.server, self.server.person(f"@{name}:test", name=name))

    async def restart(self) -> Homeserver:
        await self.bot.close()
        self.bot = self.server.account("@helpbot:test")
        return self.bot

    async def send_from_elsewhere(self, room: RoomId, content: Content, txn_id: str) -> EventId:
        other = self.server.account("@helpbot:test", device="OTHER")
        return await other.send(room, MESSAGE, content, txn_id)

    async def rename_bot(self, name: str) -> None:
        self.server.rename(self.bot.user_id, name)

    async def end_session(self) -> None:
        self.server.log_out(self.bot.user_id)

    async def close(self) -> None:
        await self.bot.close()


def echoes(items: Iterable[TimelineItem]) -> dict[str, EventId]:
    """Our own events that came back, by their txn id."""
    return {item.txn_id: item.event_id for item in items if isinstance(item, Echo)}


def reactions(items: Iterable[TimelineItem]) -> list[tuple[UserId, EventId, str]]:
    """Who tapped what."""
    return [(item.sender, item.target, item.key) for item in items if isinstance(item, Reaction)]
