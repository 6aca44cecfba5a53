"""A database older than its rooms is brought up to them before anything is said.

It is so after a backup was restored, and after the device was lost with its keys. What came since is
decided once more, one event after the other and each at its own time, timers included; what comes of it
and stands in its room already is taken as sent (`core/readback.py`). Nothing is sent meanwhile, and the
cursor moves at the end, together with the note that this device is the one that writes: whatever ends it
half-way, the next start does all of it again and finds the same.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import partial

from helpbot.core import notices as say
from helpbot.core.effects import Kind
from helpbot.core.ids import EventId, RoomId
from helpbot.core.incoming import Batch, Echo, Incoming, Membership, Message, RoomNews, Sealed, Spoken
from helpbot.core.readback import about, about_redaction, said_already
from helpbot.core.records import InboxItem, OutboxRow
from helpbot.flow.deliver import Deliverer
from helpbot.flow.handle import handle
from helpbot.flow.intake import Past, fill_gap, take_in
from helpbot.flow.setting import Setting
from helpbot.flow.timers import run_due_job
from helpbot.flow.write import Writer, Written
from helpbot.ports import Clock, Homeserver, Refused, Store, Tx

log = logging.getLogger("helpbot.readback")

VERIFICATION = "m.key.verification.request"
DYING_MS = 10_000
"""What came this shortly before our last word may have found nobody any more."""


@dataclass(frozen=True, slots=True)
class _At:
    """The clock of a moment that is past."""

    moment: int

    def now(self) -> int:
        return self.moment

    async def sleep_until(self, at: int) -> None:
        """Return at once: what was waited for then is over."""


@dataclass(slots=True)
class ReadBack:
    """One reading back, from the cursor of the store to now."""

    store: Store
    homeserver: Homeserver
    clock: Clock
    setting: Setting
    deliverer: Deliverer
    _spoken: dict[RoomId, list[Spoken]] = field(default_factory=lambda: defaultdict(list))
    _moment: int = 0
    found: int = 0
    """How many messages were found to stand in their rooms."""

    async def run(self, cursor: str) -> str:
        """Bring the store up to its rooms and return the cursor there. Raises what the homeserver does."""
        batch = await self.homeserver.sync(cursor, wait_ms=0, own=False)
        past = {n.room: await fill_gap(self.homeserver, n, cursor) for n in batch.rooms if n.gap}
        events = _in_order(batch, past)
        await self._listen(batch, cursor)
        spoke_last = max((said.at for room in self._spoken.values() for said in room), default=0)
        answered = {said.answers for room in self._spoken.values() for said in room}
        steps = {said.about for room in self._spoken.values() for said in room}
        rooms = tuple(replace(news, events=(), gap=None) for news in batch.rooms)
        await self._take(replace(batch, next=cursor, rooms=rooms), cursor)
        await self._claim()  # what was still to be sent then
        now = self.clock.now()
        await self._decide(await self.store.run(lambda tx: tx.waiting_inbox(now)))
        unread: set[RoomId] = set()
        for event in events:
            if isinstance(event, Sealed):
                if event.event_id in answered or event.at < spoke_last - DYING_MS:
                    continue  # whoever we were then could read it
                unread.add(event.room)
            elif isinstance(event, Message) and event.msgtype == VERIFICATION and _step(event) in steps:
                continue  # it was compared with, or declined
            self._moment = max(self._moment, min(event.at, now))
            await self._timers(min(self._moment, spoke_last))
            news = (RoomNews(event.room, Membership.JOIN, events=(event,)),)
            await self._decide(await self._take(Batch(cursor, rooms=news), cursor))
        await self._timers(min(now, spoke_last))
        written = await self.store.run(partial(self._finish, cursor=cursor, end=batch.next, unread=unread))
        self.deliverer.add(written.rows, written.cancelled)
        log.info("read back", extra={"events": len(events), "already_said": self.found})
        return batch.next

    async def _listen(self, batch: Batch, cursor: str) -> None:
        """Learn what we said meanwhile and the store does not know of."""
        rooms = {facts.room for facts in await self.store.run(lambda tx: tx.joined_rooms())}
        rooms |= {news.room for news in batch.rooms if news.membership is Membership.JOIN}
        rooms -= {news.room for news in batch.rooms if news.membership is not Membership.JOIN}
        for room in sorted(rooms):
            try:
                spoken = await self.homeserver.spoken(room, since=cursor)
            except Refused as no:  # put out of it meanwhile
                log.warning("room not readable", extra={"code": no.code})
                continue
            self._spoken[room] = await self.store.run(partial(_unknown, spoken=spoken))

    async def _take(self, batch: Batch, cursor: str) -> list[InboxItem]:
        return await take_in(
            self.store, self.homeserver, _At(self._moment or self.clock.now()), self.setting, batch, cursor
        )

    async def _decide(self, items: Iterable[InboxItem]) -> None:
        for item in items:
            clock = _At(self._moment or self.clock.now())
            self._written(await handle(self.store, self.homeserver, clock, self.setting, item))
            await self._claim()

    async def _timers(self, until: int) -> None:
        """Carry out the timers that were due while we were still there, each at its time."""
        while True:
            due = await self.store.run(lambda tx: tx.next_wake())
            if due is None or due > until:
                return
            written = await run_due_job(self.store, self.homeserver, _At(due), self.setting)
            if written is None:
                return
            self._written(written)
            await self._claim()

    def _written(self, written: Written) -> None:
        self.deliverer.add(written.rows, written.cancelled)

    async def _claim(self) -> None:
        """Take as sent whatever stands in its room."""
        for row in self.deliverer.all_waiting():
            relates = await self._relates(row)
            here = self._spoken.get(row.room)
            said = said_already(row, relates, here) if here and relates is not None else None
            if said is not None and here is not None:
                here.remove(said)
                self.found += 1
                await self.deliverer.stands_already(row, said.event_id)

    async def _relates(self, row: OutboxRow) -> str | None:
        """Return what a row relates to; None while that was not said itself."""
        if row.event_type == "m.room.redaction":
            target = await self.store.run(lambda tx: tx.outbox_by_txn(row.redacts_txn))
            return about_redaction(target.event_id) if target and target.event_id else None
        try:
            return about(await self.deliverer.completed(row))
        except Refused:
            return None

    def _finish(self, tx: Tx, cursor: str, end: str, unread: set[RoomId]) -> Written:
        tx.set_cursor(end)
        tx.set_device(self.homeserver.device_id)
        written = Written()
        for room in sorted(unread):
            row = tx.room(room)
            # In a direct message each of them is answered for itself, see `flow/unreadable.py`.
            if row is None or row.facts.direct_with is not None:
                continue
            writer = Writer(tx, self.setting, f"readback/{room}/{cursor}", self.clock.now())
            writer.say(room, say.BackWithoutKeys(), Kind.STATUS, purpose="unread")
            written.rows += writer.written.rows
        return written


def _step(request: Message) -> str:
    """Return how a step of ours relates to the verification that somebody asked for."""
    return about({"m.relates_to": {"rel_type": "m.reference", "event_id": request.event_id}})


def _in_order(batch: Batch, past: Past) -> list[Incoming]:
    """Return what others did, over all rooms, oldest first; the order within a room is kept."""
    found: list[tuple[int, Incoming]] = []
    for news in batch.rooms:
        at = 0
        for event in (*past.get(news.room, ()), *news.events):
            if news.membership is Membership.JOIN and not isinstance(event, Echo):
                at = max(at, event.at)
                found.append((at, event))
    return [event for _, event in sorted(found, key=lambda pair: pair[0])]


def _unknown(tx: Tx, spoken: list[Spoken]) -> list[Spoken]:
    known: set[EventId] = {s.event_id for s in spoken if tx.sent_message(s.event_id) is not None}
    return [said for said in spoken if said.event_id not in known]
