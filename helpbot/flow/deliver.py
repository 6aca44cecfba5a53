"""Outbox to homeserver: rooms side by side, each in order, answers first, nothing twice.

A row is sent with the same transaction id on every try, so the homeserver answers a repeat with the
event it already has. It remembers that for about a day: an older row whose fate is unsure is first
looked for in its room.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Protocol

from helpbot.core.ids import EventId, RoomId
from helpbot.core.records import FILE_TEXT, HELPER_SLOTS, LEAVE, OutboxRow
from helpbot.core.spans import HOUR, MINUTE
from helpbot.flow.confidential import is_asked_again
from helpbot.flow.write import Written
from helpbot.ports import Clock, Homeserver, LoggedOut, RateLimited, Refused, Store, Tx, Unreachable

log = logging.getLogger("helpbot.deliver")

UNSURE_AFTER_MS = 20 * HOUR
"""Synapse keeps transaction ids about 24 hours; from here on the room is read before a send."""
DELAYED_MS = 5 * MINUTE
"""What waits longer than this may find those whom it would ring for at home."""
MAX_WAIT_MS = 5 * MINUTE
BURST = 10.0


def silent(content: dict[str, Any]) -> dict[str, Any]:
    """Return a text as one that rings no phone (rule 3 of the conversation)."""
    return {**content, "msgtype": "m.notice", "m.mentions": {}}


def without_ping(content: dict[str, Any]) -> dict[str, Any]:
    """Return a message as it is, or silent where it would ring a phone."""
    rings = content.get("m.mentions") and content.get("msgtype") == "m.text"
    return silent(content) if rings else content


class KeptBack(Protocol):
    """Cancels a message that may not go, and returns what is said instead; None when it may."""

    def __call__(self, tx: Tx, row: OutboxRow, *, now: int) -> Written | None:
        """Decide on one row, in one transaction."""
        ...


def confirm_all(tx: Tx, done: list[tuple[str, EventId]], now: int) -> None:
    """Note that events stand in their rooms: TX 3, or a part of whichever transaction comes first."""
    for txn, event in done:
        tx.confirm(txn, event, now)


class NotTaken(Protocol):
    """Sets a message aside that the homeserver refused, and returns what is done instead."""

    def __call__(self, tx: Tx, row: OutboxRow, *, now: int) -> Written:
        """Decide on one row, in one transaction."""
        ...


@dataclass(slots=True)
class _Bucket:
    """At most `rate` sends a second in the long run, a few at once after a pause."""

    rate: float
    at: int
    level: float = field(init=False)

    def __post_init__(self) -> None:
        self.level = self.most

    @property
    def most(self) -> float:
        """How many may go at once."""
        return max(BURST, self.rate)

    def ready_at(self, now: int) -> int:
        """Return when the next send may go, at the earliest now."""
        self._refill(now)
        return now if self.level >= 1 else now + int((1 - self.level) / self.rate * 1000) + 1

    def take(self, now: int) -> None:
        self._refill(now)
        self.level -= 1

    def _refill(self, now: int) -> None:
        if now > self.at:
            self.level = min(self.most, self.level + (now - self.at) / 1000 * self.rate)
            self.at = now


@dataclass(slots=True)
class Deliverer:
    """What waits to be sent, and what is under way. One per running bot."""

    store: Store
    homeserver: Homeserver
    clock: Clock
    rate: float
    waiting: dict[RoomId, list[OutboxRow]] = field(default_factory=dict)
    busy: set[RoomId] = field(default_factory=set)
    room_not_before: dict[RoomId, int] = field(default_factory=dict)
    not_before: int = 0
    confirmed: list[tuple[str, EventId]] = field(default_factory=list)
    kept_back: KeptBack | None = None
    """Asked once more before somebody's words go to another room (rule 7)."""
    rings: Callable[[int], bool] = lambda _now: True
    """Whether helpers may be pinged at a moment: asked of what could not be sent when it was decided."""
    not_taken: NotTaken | None = None
    """Looks for another way for an answer that was refused."""
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    sent: int = 0
    _bucket: _Bucket = field(init=False)
    _dropped: set[int] = field(default_factory=set)
    _events: dict[str, EventId] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._bucket = _Bucket(self.rate, self.clock.now())

    async def load(self) -> None:
        """Take up everything that the store still has to send."""
        self.add(await self.store.run(lambda tx: tx.unsent()), [])

    def add(self, rows: list[OutboxRow], cancelled: list[int]) -> None:
        """Queue new rows, and forget the cancelled ones that are not under way."""
        for row in rows:
            self.waiting.setdefault(row.room, []).append(row)
        if cancelled:
            gone = set(cancelled)
            for queue in self.waiting.values():
                queue[:] = [r for r in queue if r.id not in gone]
            self._dropped |= gone
        if rows:
            self.wake.set()

    def next_row(self, now: int) -> OutboxRow | None:
        """Return what should go now: the oldest of each free room, answers before the rest."""
        if now < self.not_before or self._bucket.ready_at(now) > now:
            return None
        best: OutboxRow | None = None
        for room, queue in self.waiting.items():
            if queue and room not in self.busy and self.room_not_before.get(room, 0) <= now:
                head = queue[0]
                if best is None or (head.priority, head.id) < (best.priority, best.id):
                    best = head
        return best

    def next_time(self, now: int) -> int | None:
        """Return when something may go; None when nothing waits in a free room."""
        rooms = [r for r, q in self.waiting.items() if q and r not in self.busy]
        if not rooms:
            return None
        earliest = min(self.room_not_before.get(r, 0) for r in rooms)
        return max(now, earliest, self.not_before, self._bucket.ready_at(now))

    @property
    def unsure(self) -> bool:
        """Whether a row waits that was tried before and may stand in its room already."""
        return any(row.attempts for queue in self.waiting.values() for row in queue)

    @property
    def idle(self) -> bool:
        """Nothing waits and nothing is under way."""
        return not self.busy and not any(self.waiting.values())

    def all_waiting(self) -> list[OutboxRow]:
        """Return everything that is still to be sent, each room in order."""
        return [row for queue in self.waiting.values() for row in queue]

    async def stands_already(self, row: OutboxRow, event: EventId) -> None:
        """Take a waiting row as sent: its event was found in the room."""
        self.waiting[row.room] = [other for other in self.waiting[row.room] if other.id != row.id]
        if not self.waiting[row.room]:
            del self.waiting[row.room]
        self._remember(row.txn_id, event)
        await self.flush()

    def start(self, row: OutboxRow) -> None:
        """Take a row out of its queue; its room waits until `send` is done."""
        self.waiting[row.room].pop(0)
        self.busy.add(row.room)
        self._bucket.take(self.clock.now())

    async def send(self, row: OutboxRow) -> None:
        """Send one started row; on trouble it goes back to the head of its room's queue.

        Raises `LoggedOut`: nothing can be sent any more.
        """
        try:
            event = await self._try(row)
        except RateLimited as limited:
            self.not_before = max(self.not_before, self.clock.now() + limited.retry_after_ms)
            self._back(row)
        except Unreachable:
            await self._failed(row)
        except Refused as no:
            log.error(
                "the homeserver refused a message",
                extra={"code": no.code, "ticket": row.ticket, "row": row.id},
            )
            await self._not_taken(row)
        except LoggedOut:
            self._back(row)
            raise
        else:
            if event is not None:
                self.sent += 1
                self._remember(row.txn_id, event)
        finally:
            self.busy.discard(row.room)
            if not self.waiting.get(row.room):
                self.waiting.pop(row.room, None)
                self.room_not_before.pop(row.room, None)
            if self.waiting:
                self.wake.set()

    async def flush(self) -> None:
        """Store what was sent, when no other transaction has done it yet.

        The next sync's transaction does it on the way: a transaction of its own would cost as much as
        a tenth of an answer. Until then the same transaction id makes a repeat harmless.
        """
        done, self.confirmed = self.confirmed, []
        if done:
            now = self.clock.now()
            await self.store.run(partial(confirm_all, done=done, now=now))

    async def _not_taken(self, row: OutboxRow) -> None:
        instead, now = self.not_taken, self.clock.now()
        if instead is None:
            await self.store.run(lambda tx: tx.park_outbox(row.id))
            return
        written = await self.store.run(lambda tx: instead(tx, row, now=now))
        self.add(written.rows, written.cancelled)

    def _back(self, row: OutboxRow) -> None:
        if row.id not in self._dropped:
            self.waiting.setdefault(row.room, []).insert(0, row)

    async def _failed(self, row: OutboxRow) -> None:
        attempts, now = row.attempts + 1, self.clock.now()
        await self.store.run(lambda tx: tx.note_try(row.id, attempts=attempts, now=now))
        self.room_not_before[row.room] = now + min(MAX_WAIT_MS, 500 * 2 ** min(attempts, 10))
        self._back(replace(row, attempts=attempts, first_try_at=row.first_try_at or now))

    def _remember(self, txn: str, event: EventId) -> None:
        self.confirmed.append((txn, event))
        self._events[txn] = event
        if len(self._events) > 2000:
            for old in list(self._events)[:1000]:
                del self._events[old]

    async def _try(self, row: OutboxRow) -> EventId | None:
        if row.event_type == LEAVE:
            await self.homeserver.leave(row.room)
            return EventId("")
        check = self.kept_back
        if check is not None and is_asked_again(row):
            now = self.clock.now()
            written = await self.store.run(lambda tx: check(tx, row, now=now))
            if written is not None:
                self.add(written.rows, written.cancelled)
                return None
        if row.created_at < self.clock.now() - UNSURE_AFTER_MS:
            found = await self.homeserver.find_sent(row.room, row.txn_id, since=row.created_at)
            if found is not None:
                return found
        if row.event_type == "m.room.redaction":
            target = await self._event_of_txn(row)
            if target is None:  # it never came into the room: there is nothing to delete
                await self.store.run(lambda tx: tx.drop_outbox(row.id))
                return None
            return await self.homeserver.redact(row.room, target, row.txn_id)
        content = await self.completed(row)
        if row.slot.startswith(HELPER_SLOTS) and row.created_at < self.clock.now() - DELAYED_MS:
            content = content if self.rings(self.clock.now()) else without_ping(content)
        if FILE_TEXT in content:
            content = await self._uploaded(row.room, content)
        return await self.homeserver.send(row.room, row.event_type, content, row.txn_id)

    async def completed(self, row: OutboxRow) -> dict[str, Any]:
        """Return the content with the event ids that were unknown when the row was written.

        Raises `Refused` for the edit of what was never sent.
        """
        if row.ticket is None or not (row.edits_slot or row.reply_slot):
            return row.content
        ticket, slot = row.ticket, row.slot if row.edits_slot else row.reply_slot
        await self.flush()
        event = await self.store.run(lambda tx: tx.slot_event(ticket, slot))
        content = dict(row.content)
        if row.edits_slot:
            if event is None:
                raise Refused("HELPBOT_NO_TARGET", "the message to edit was never sent")
            content["m.relates_to"] = {"rel_type": "m.replace", "event_id": event}
        elif event is not None:
            content["m.relates_to"] = {"m.in_reply_to": {"event_id": event}}
        return content

    async def _uploaded(self, room: RoomId, content: dict[str, Any]) -> dict[str, Any]:
        """Return a file's message with the address of the file in the place of its text.

        Tried again, it is uploaded again: the file of the first try is not known to anybody.
        """
        info, data = content["info"], content[FILE_TEXT].encode()
        where = await self.homeserver.upload(room, data, mimetype=info["mimetype"], name=content["filename"])
        return {key: value for key, value in content.items() if key != FILE_TEXT} | where

    async def _event_of_txn(self, row: OutboxRow) -> EventId | None:
        """Return the event that a redaction is about; None when it never came into the room."""
        txn = row.redacts_txn
        if txn in self._events:
            return self._events[txn]
        target = await self.store.run(lambda tx: tx.outbox_by_txn(txn))
        if target is None:
            return None
        if target.event_id is not None:
            return target.event_id
        return await self.homeserver.find_sent(row.room, txn, since=target.created_at - MINUTE)
