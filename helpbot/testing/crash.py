"""Crashes on purpose: a conversation cut off at each point at which the program can die.

`CrashPlan` counts those points while the bot works, and dies at the ones it is told. `CrashTester`
is a bot that is started again on the same files whenever that happens; nothing of the old process
goes into the new one. What is then seen in the rooms must be what is seen without a crash.

```python
plan = CrashPlan(at={17})
bot = CrashTester(tmp_path, clock, plan)
```
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, cast

from helpbot.core.ids import EventId, RoomId, UserId
from helpbot.core.incoming import RoomFacts
from helpbot.ports import Homeserver, Store, Tx
from helpbot.ports.faqfiles import FaqFiles
from helpbot.testing.clock import FakeClock
from helpbot.testing.fakerooms import MEMBER, MESSAGE, REDACTION, Event
from helpbot.testing.tester import BOT, BotTester

T = TypeVar("T")

_READS = frozenset({
    "cursor", "device", "room", "joined_rooms", "invitations", "direct_room", "knows_event", "waiting_inbox",
    "moves", "tickets_in", "room_choices",
    "sealed", "sealed_between", "unsent",
    "outbox_by_txn", "sent_message", "slot_event", "slot_row", "last_content",
    "ticket_messages", "relays_of", "ticket", "ticket_of", "ticket_in_thread", "tickets_pending",
    "last_ticket", "open_tickets", "claims_of", "offered_to", "stopped_plans", "due_jobs", "next_wake",
    "volunteers", "loads", "backlog", "thanks_waiting", "counts",
    "proposal", "proposals_of", "open_proposals", "cards_of", "edit", "edit_in_hand", "edits_left", "edits",
    "credited", "changes_under_way", "names_credited", "answers_naming", "cards_naming",
    "proposals_since", "asked_since", "last_helped", "marks", "topics", "past_tickets", "remembered",
})  # fmt: skip
"""Queries that change nothing: a crash around them is a crash at the point before."""


class Crash(BaseException):
    """The process dies here. No `Exception`: nothing in the program may catch it and go on."""


@dataclass(slots=True)
class CrashPlan:
    """The points passed so far, by name, and the numbers of those at which to die."""

    at: Collection[int] = ()
    points: list[str] = field(default_factory=list)
    armed: bool = True
    """Points are counted: switched off while a test sets its stage."""
    stores: list[Store] = field(default_factory=list)
    """Every store opened so far: a dead process leaves its files as they are."""

    def reach(self, name: str) -> None:
        """Note a point, and die if it is one of those."""
        if not self.armed:
            return
        self.points.append(name)
        if len(self.points) - 1 in self.at:
            raise Crash(name)

    def wrap_store(self, store: Store) -> Store:
        """Return the store with a point before and after the commit of each transaction that writes.

        A crash before it begins leaves the same files as one before its commit.
        """
        self.stores.append(store)
        return _CrashingStore(store, self)

    def wrap_homeserver(self, homeserver: Homeserver) -> Homeserver:
        """Return the account with a point before each request arrives, and before its answer does."""
        return cast("Homeserver", _CrashingHomeserver(homeserver, self))

    def wrap_files(self, files: FaqFiles) -> FaqFiles:
        """Return the FAQ's files with a point before and after each step that changes them."""
        return cast("FaqFiles", _CrashingFiles(files, self))


class _CrashingFiles:
    def __init__(self, files: FaqFiles, plan: CrashPlan) -> None:
        self._files = files
        self._plan = plan

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._files, name)

        async def step(*arguments: Any) -> Any:
            self._plan.reach(f"before {name} of the files")
            done = await method(*arguments)
            self._plan.reach(f"after {name} of the files")
            return done

        return step


class _CrashingStore:
    def __init__(self, store: Store, plan: CrashPlan) -> None:
        self._store = store
        self._plan = plan

    async def run(self, work: Callable[[Tx], T]) -> T:
        wrote = False

        def noting(tx: Tx) -> T:
            nonlocal wrote
            noted = _NotingTx(tx)
            result = work(cast("Tx", noted))
            wrote = noted.wrote
            if wrote:
                self._plan.reach("before the commit")
            return result

        result = await self._store.run(noting)
        if wrote:
            self._plan.reach("after the commit")
        return result

    async def checkpoint(self) -> None:
        """Nothing can be lost in it."""
        await self._store.checkpoint()

    async def read(self, work: Callable[[Tx], T]) -> T:
        return await self._store.read(work)

    async def scrub(self) -> bool:
        """The points of what comes before and after it are those of the transactions around it."""
        return await self._store.scrub()

    async def close(self) -> None:
        await self._store.close()


class _NotingTx:
    """A transaction that notes whether it wrote anything."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx
        self.wrote = False

    def __getattr__(self, name: str) -> Any:
        self.wrote = self.wrote or name not in _READS
        return getattr(self._tx, name)


class _CrashingHomeserver:
    def __init__(self, homeserver: Homeserver, plan: CrashPlan) -> None:
        self._homeserver = homeserver
        self._plan = plan

    def __getattr__(self, name: str) -> Any:
        return getattr(self._homeserver, name)

    async def send(self, room: RoomId, event_type: str, content: dict[str, Any], txn_id: str) -> EventId:
        return await self._around("send", lambda: self._homeserver.send(room, event_type, content, txn_id))

    async def redact(self, room: RoomId, target: EventId, txn_id: str) -> EventId:
        return await self._around("redact", lambda: self._homeserver.redact(room, target, txn_id))

    async def join(
        self, room: RoomId, *, via: str | None = None, direct_with: UserId | None = None
    ) -> RoomFacts:
        def request() -> Awaitable[RoomFacts]:
            return self._homeserver.join(room, via=via, direct_with=direct_with)

        return await self._around("join", request)

    async def leave(self, room: RoomId) -> None:
        await self._around("leave", lambda: self._homeserver.leave(room))

    async def _around(self, name: str, request: Callable[[], Awaitable[T]]) -> T:
        self._plan.reach(f"before the {name} arrives")
        answer = await request()
        self._plan.reach(f"before the answer to the {name}")
        return answer


class CrashTester(BotTester):
    """A bot that dies where its plan says, and is started again on the same files."""

    def __init__(self, folder: Path, clock: FakeClock, plan: CrashPlan, **more: Any) -> None:
        super().__init__(
            folder,
            clock,
            wrap_store=plan.wrap_store,
            wrap_homeserver=plan.wrap_homeserver,
            wrap_files=plan.wrap_files,
            **more,
        )
        self.plan = plan

    async def start(self) -> None:
        """Start the program, again and again while it dies."""
        while True:
            try:
                await super().start()
            except Crash:
                await self._bury()
            else:
                return

    async def stop(self) -> None:
        """End the program as a crash would."""
        await self._bury()

    async def settle(self) -> None:
        """Let the bot do all it can, started again where it dies."""
        try:
            await super().settle()
        except Crash:
            await self._bury()
            await self.start()

    async def advance(self, **units: float) -> None:
        """Let time pass; a bot that dies meanwhile is started at the later time."""
        self.clock.advance(**units)  # type: ignore[arg-type]
        try:
            await self.running.retry_inbox()
        except Crash:
            await self._bury()
            await self.start()
        await self.settle()

    async def _bury(self) -> None:
        self.bot = None
        while self.plan.stores:
            await self.plan.stores.pop().close()

    def seen(self) -> list[str]:
        """Return all that the bot ever sent, room by room, in order, a line each."""
        rooms = self.server.rooms.values()
        return [line for n, room in enumerate(rooms) for line in _lines(f"room {n}", room.events)]


def _lines(room: str, events: list[Event]) -> list[str]:
    numbers = {event.event_id: n for n, event in enumerate(e for e in events if e.state_key is None)}
    lines = []
    for event in events:
        if event.sender != BOT:
            continue
        if event.type == MEMBER:
            lines.append(f"{room}: {event.content['membership']}")
            continue
        where = f"{room} #{numbers[event.event_id]}"
        deleted = "" if event.redacted_by is None else f", deleted by #{numbers[event.redacted_by]}"
        if event.type == REDACTION and event.redacts is not None:
            lines.append(f"{where}: deletes #{numbers[event.redacts]}")
        elif event.type == MESSAGE:
            lines.append(f"{where}: {_words(event, numbers)}{deleted}")
        else:
            lines.append(f"{where}: {event.type} {event.content}{deleted}")
    return lines


def _words(event: Event, numbers: dict[EventId, int]) -> str:
    content = event.content
    meta = content.get("fr.helpbot") or {}
    about = content.get("m.relates_to") or {}
    target = about.get("event_id") or (about.get("m.in_reply_to") or {}).get("event_id")
    how = about.get("rel_type") or ("reply" if target else "alone")
    to = f" to #{numbers.get(target, '?')}" if target else ""
    rings = (content.get("m.mentions") or {}).get("user_ids", [])
    return f"{meta.get('kind')} {how}{to} {content.get('body')!r} rings {rings}"
