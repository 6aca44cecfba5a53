"""The running bot: the steps side by side, woken when there is work, drained before they stop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial

from helpbot.core.erasure import Erasure
from helpbot.core.ids import EventId
from helpbot.core.records import InboxItem
from helpbot.core.spans import HOUR, MINUTE
from helpbot.flow.confidential import kept_back
from helpbot.flow.counters import Counters
from helpbot.flow.deliver import Deliverer
from helpbot.flow.erasure import finish, reapply, unknown_erasures
from helpbot.flow.handle import handle, learn_name
from helpbot.flow.intake import open_sealed, take_in
from helpbot.flow.moved import LOOKED_BACK, follow_one, look_back, moves_done, names_replaced
from helpbot.flow.publish import Publisher, publish_one, share_at
from helpbot.flow.readback import ReadBack
from helpbot.flow.report import report_once
from helpbot.flow.rooms import answer_invitation
from helpbot.flow.setting import Setting
from helpbot.flow.survey import Surveyor, survey_once
from helpbot.flow.timers import run_due_job
from helpbot.flow.undelivered import not_taken
from helpbot.flow.unreadable import Unreadable
from helpbot.flow.upkeep import sweep
from helpbot.flow.write import Written
from helpbot.ports import Clock, ErasureJournal, Homeserver, LoggedOut, RateLimited, Store, Unreachable

log = logging.getLogger("helpbot.runner")

SYNC_WAIT_MS = 30_000
CHECKPOINT_MS = MINUTE
SURVEY_MS = 10 * MINUTE
"""How often to look whether the weekly message is due."""
SWEEP_MS = 6 * HOUR
PARALLEL_SENDS = 32
DRAIN_SECONDS = 20


@dataclass(slots=True)
class Bot:
    """One account at work. `start` once, then `run`; tests call the single steps instead."""

    store: Store
    homeserver: Homeserver
    clock: Clock
    setting: Setting
    journal: ErasureJournal
    sends_per_second: float = 1.0
    on_ready: Callable[[], None] = field(default=lambda: None)
    faq_changes: Callable[[], Awaitable[Written]] | None = None
    """Waits for a change of the FAQ's files and reloads them."""
    publisher: Publisher | None = None
    """Where approved changes of the FAQ go; None: they wait."""
    surveyor: Surveyor | None = None
    """What looks at what was asked in vain; None: nothing does."""
    counters: Counters = field(default_factory=Counters)
    cursor: str | None = None
    deliverer: Deliverer = field(init=False)
    inbox: list[InboxItem] = field(default_factory=list)
    unreadable: Unreadable = field(default_factory=Unreadable)
    _unknown: list[Erasure] = field(default_factory=list)
    """Erasures of after the backup that this database was restored from."""
    _caught_up: bool = False
    _read_back: bool = False
    """The database is older than this device: the rooms are read back before anything is said."""
    _look_back: bool = False
    """Whether rooms were replaced before this version is still to be asked."""
    _due: int | None = None
    """When the timer loop wakes by itself."""
    _work: asyncio.Event = field(default_factory=asyncio.Event)
    _timers: asyncio.Event = field(default_factory=asyncio.Event)
    _invited: asyncio.Event = field(default_factory=asyncio.Event)
    _refused: asyncio.Event = field(default_factory=asyncio.Event)
    _publishing: asyncio.Event = field(default_factory=asyncio.Event)
    _reporting: asyncio.Event = field(default_factory=asyncio.Event)
    _surveying: asyncio.Event = field(default_factory=asyncio.Event)
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.deliverer = Deliverer(
            self.store,
            self.homeserver,
            self.clock,
            self.sends_per_second,
            kept_back=partial(kept_back, setting=self.setting),
            rings=lambda now: self.setting.policy.hours.is_open(now),
            not_taken=partial(not_taken, setting=self.setting),
        )

    # --- steps: each does one unit of work

    async def start(self) -> None:
        """Take up what the store knows: rooms, cursor, undecided and unsent things."""
        self._unknown = await unknown_erasures(self.store, self.journal)
        await self._forget_again()  # what it leaves to be sent is loaded below
        rooms, self.cursor, device, chosen, moved = await self.store.run(
            lambda tx: (tx.joined_rooms(), tx.cursor(), tx.device(), tx.room_choices(), moves_done(tx))
        )
        self.homeserver.restore(rooms)
        policy = self.setting.policy
        policy.chosen.update(chosen)
        self.setting.policy = policy.after(moved)
        if names_replaced(policy, moved):
            log.warning("the configuration names rooms that were replaced: helpbot check says which")
        self._look_back = self.cursor is not None
        if not self._look_back:  # the first sync tells of every room
            await self.store.run(lambda tx: tx.remember(LOOKED_BACK, "1"))
        this = self.homeserver.device_id
        self._read_back = self.cursor is not None and device not in (None, this)
        if device != this and not self._read_back:
            await self.store.run(lambda tx: tx.set_device(this))
        now = self.clock.now()
        if not self._read_back:
            self.inbox += await self.store.run(lambda tx: tx.waiting_inbox(now))
        await self.deliverer.load()

    async def sync_once(self, *, wait_ms: int = 0) -> bool:
        """Take in one sync. Returns whether there was anything in it."""
        if self._read_back and self.cursor is not None:
            back = ReadBack(self.store, self.homeserver, self.clock, self.setting, self.deliverer)
            self.cursor = await back.run(self.cursor)
            self._read_back = False
            # What was read back may be theirs who were forgotten since. Who was heard to ask it was just
            # forgotten again, at that moment; of the others, whose wish cannot be read any more, all goes.
            heard = {e.person for e in await self.store.run(lambda tx: tx.unfinished_erasures()) or ()}
            self._unknown = [e for e in self._unknown if e.person not in heard]
            self._written(await self._forget_again())
            await self.retry_inbox()
            return True
        # Our own events tell what became of sends whose answer was lost; else they are only noise.
        own = not self._caught_up or self.deliverer.unsure
        batch = await self.homeserver.sync(self.cursor, wait_ms=wait_ms, own=own)
        if batch.empty and not batch.must_store:
            self.cursor, self._caught_up = batch.next, True
            await self.deliverer.flush()
            self.counters.synced(self.clock.now())
            return False
        deliverer = self.deliverer
        confirmed: list[tuple[str, EventId]] = []

        def sent() -> list[tuple[str, EventId]]:
            confirmed[:] = deliverer.confirmed
            return confirmed

        items = await take_in(self.store, self.homeserver, self.clock, self.setting, batch, self.cursor, sent)
        deliverer.confirmed = [c for c in deliverer.confirmed if c not in confirmed]
        self.cursor, self._caught_up = batch.next, True
        self.counters.synced(self.clock.now())
        self._take(items)
        if self.unreadable.note(batch, self.clock.now()):
            self._refused.set()
        if any(news.membership == "invite" or news.replacement for news in batch.rooms):
            self._invited.set()
        return True

    async def _forget_again(self) -> Written:
        """Apply the erasures that the database does not know, finish those that were cut short."""
        written = Written()
        if self._unknown:
            learn = partial(learn_name, self.homeserver, self.setting)
            written = await reapply(self.store, self.clock, self.setting, self._unknown, learn)
        await finish(self.store, self.journal)
        return written

    async def open_late(self) -> None:
        """Try what is still sealed, once after a start."""
        self._take(await open_sealed(self.store, self.homeserver, self.clock, self.setting))

    async def handle_one(self) -> bool:
        """Decide the oldest undecided item. Returns whether there was one."""
        if not self.inbox:
            return False
        item = self.inbox[0]  # it stays there while it is decided, so that nobody takes it up again
        written = await handle(self.store, self.homeserver, self.clock, self.setting, item)
        self.inbox.pop(0)
        if written.first_reply:
            self.counters.question(written.first_reply)
        self._written(written)
        if written.erased:
            await finish(self.store, self.journal)
        return True

    async def timer_once(self) -> bool:
        """Carry out one due timer. Returns whether there was one."""
        await self.deliverer.flush()  # what stands in a room must not be taken for unsent
        written = await run_due_job(self.store, self.homeserver, self.clock, self.setting)
        if written is None:
            return False
        self.counters.timers += 1
        self._written(written)
        return True

    async def invitation_once(self) -> bool:
        """Answer one invitation. Returns whether there was one."""
        written = await answer_invitation(self.store, self.homeserver, self.clock, self.setting)
        if written is None:
            return False
        self._written(written)
        return True

    async def _room_once(self) -> bool:
        return await self.follow_once() or await self.invitation_once()

    async def follow_once(self) -> bool:
        """Follow one room into the one that replaced it, or try to. Returns whether there was one."""
        if self._look_back:
            await look_back(self.store, self.homeserver, self.setting)
            self._look_back = False
        written = await follow_one(self.store, self.homeserver, self.clock, self.setting)
        if written is None:
            return False
        self._written(written)
        return True

    async def tell_unreadable(self) -> bool:
        """Tell those whose messages stay unreadable. Returns whether anybody was told."""
        written = await self.unreadable.tell(self.store, self.clock, self.setting)
        if written is None:
            return False
        self._written(written)
        return bool(written.rows)

    async def publish_one(self) -> bool:
        """Take one approved change of the FAQ one step further. Returns whether there was one."""
        if self.publisher is None:
            return False
        written = await publish_one(self.store, self.clock, self.setting, self.publisher)
        if written is None:
            return False
        self._written(written)
        return True

    async def report_once(self) -> bool:
        """Tell the counts of the log where they were asked for or are due. Returns whether they were."""
        written = await report_once(self.store, self.clock, self.setting)
        if written is None:
            return False
        self._written(written)
        return True

    async def survey_once(self) -> bool:
        """Tell what the FAQ lacks where that is due or was asked for. Returns whether it was."""
        if self.surveyor is None:
            return False
        written = await survey_once(self.store, self.homeserver, self.clock, self.setting, self.surveyor)
        if written is None:
            return False
        self._written(written)
        return True

    async def deliver_one(self) -> bool:
        """Send what should go now. Returns whether there was anything."""
        row = self.deliverer.next_row(self.clock.now())
        if row is None:
            return False
        self.deliverer.start(row)
        await self.deliverer.send(row)
        return True

    async def sweep(self) -> dict[str, int]:
        """Do the daily upkeep; returns what went, by table."""
        return await sweep(self.store, self.clock, self.setting, self._written)

    async def retry_inbox(self) -> None:
        """Take up again what could not be decided before and may be tried now."""
        now, known = self.clock.now(), {i.event.event_id for i in self.inbox}
        waiting = await self.store.run(lambda tx: tx.waiting_inbox(now))
        self._take([i for i in waiting if i.event.event_id not in known])

    async def settle(self) -> None:
        """Do everything that can be done now, step by step: for tests and scripts."""
        while True:
            did = await self.sync_once()
            while await self.handle_one() or await self._room_once() or await self.timer_once():
                did = True
            did |= await self.tell_unreadable()
            while await self.publish_one() or await self.report_once() or await self.survey_once():
                did = True
            while await self.deliver_one():
                did = True
            await self.deliverer.flush()
            if not did:
                return

    # --- the service

    async def run(self) -> None:
        """Serve until `stop`. Raises `LoggedOut` when the account cannot be used any more."""
        try:
            await self._serve()
        except LoggedOut as out:
            self.counters.logged_out = out.code
            raise

    async def _serve(self) -> None:
        if not await self._come_up():
            return
        self.counters.ready = True
        self.on_ready()
        steps = [self._sync_loop, self._handle_loop, self._deliver_loop, self._timer_loop]
        steps += [self._invitation_loop, self._upkeep_loop, self._faq_loop, self._unreadable_loop]
        steps += [self._publish_loop, self._report_loop, self._survey_loop]
        tasks = [asyncio.create_task(step(), name=step.__name__) for step in steps]
        stop = asyncio.create_task(self._stopping.wait())
        try:
            done, _ = await asyncio.wait([*tasks, stop], return_when=asyncio.FIRST_COMPLETED)
            for task in done - {stop}:
                task.result()
            await self._drain(tasks[0])
        finally:
            for task in (*tasks, stop):
                task.cancel()
            await asyncio.gather(*tasks, stop, return_exceptions=True)
            await self.deliverer.flush()

    async def _come_up(self) -> bool:
        """Take up everything; False when it was told to stop before the homeserver answered."""
        coming = asyncio.create_task(self._start_synced())
        stop = asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait([coming, stop], return_when=asyncio.FIRST_COMPLETED)
            if not coming.done():
                return False
            coming.result()
            return True
        finally:
            coming.cancel()
            stop.cancel()
            await asyncio.gather(coming, stop, return_exceptions=True)

    async def _start_synced(self) -> None:
        await self.start()
        await self._until_synced()
        await self.open_late()

    def stop(self) -> None:
        """Finish what is in hand, then return from `run`."""
        self._stopping.set()

    async def _drain(self, sync_task: asyncio.Task[None]) -> None:
        """Stop listening, then decide and send what is in hand, for a bounded time."""
        sync_task.cancel()
        end = self.clock.now() + DRAIN_SECONDS * 1000
        while (self.inbox or self.deliverer.busy or self._sendable()) and self.clock.now() < end:
            await self.clock.sleep_until(self.clock.now() + 20)

    def _sendable(self) -> bool:
        at = self.deliverer.next_time(self.clock.now())
        return at is not None and at <= self.clock.now() + 2000

    def _take(self, items: list[InboxItem]) -> None:
        if items:
            self.inbox += items
            self._work.set()

    def _written(self, written: Written) -> None:
        self.deliverer.add(written.rows, written.cancelled)
        if written.next_due is not None and (self._due is None or written.next_due < self._due):
            self._due = written.next_due
            self._timers.set()
        if written.publish:
            self._publishing.set()
        if written.report:
            self._reporting.set()
        if written.survey:
            self._surveying.set()

    async def _until_synced(self) -> None:
        """Do the first sync, waiting for the homeserver as long as it takes."""
        await self._patiently(lambda: self.sync_once(wait_ms=0))
        self._invited.set()

    async def _patiently(self, work: Callable[[], Awaitable[bool]]) -> bool:
        """Repeat `work` over network trouble, with growing waits up to a minute."""
        wait = 500
        while True:
            try:
                return await work()
            except RateLimited as limited:
                pause = limited.retry_after_ms
            except Unreachable as trouble:
                self.counters.unreachable(self.clock.now())
                log.warning(
                    "the homeserver does not answer", extra={"why": str(trouble), "retry_in_ms": wait}
                )
                pause, wait = wait, min(MINUTE, wait * 2)
            await self.clock.sleep_until(self.clock.now() + pause)

    async def _sync_loop(self) -> None:
        while True:
            await self._patiently(lambda: self.sync_once(wait_ms=SYNC_WAIT_MS))

    async def _handle_loop(self) -> None:
        while True:
            self._work.clear()
            while await self.handle_one():
                pass
            await self._work.wait()

    async def _deliver_loop(self) -> None:
        try:
            await self._deliver_side_by_side()
        except ExceptionGroup as group:
            # Sends side by side have all met the same: the account cannot be used.
            out = group.subgroup(LoggedOut)
            if out is None:
                raise
            raise out.exceptions[0] from None

    async def _deliver_side_by_side(self) -> None:
        deliverer = self.deliverer
        async with asyncio.TaskGroup() as group:
            while True:
                deliverer.wake.clear()
                while (row := deliverer.next_row(self.clock.now())) and len(deliverer.busy) < PARALLEL_SENDS:
                    deliverer.start(row)
                    group.create_task(deliverer.send(row))
                now = self.clock.now()
                at = deliverer.next_time(now)
                if at is not None and len(deliverer.busy) >= PARALLEL_SENDS:
                    at = None
                await self._wait(deliverer.wake, at)

    async def _timer_loop(self) -> None:
        while True:
            self._timers.clear()
            while await self.timer_once():
                pass
            await self.retry_inbox()
            self._due = await self.store.run(lambda tx: tx.next_wake())
            await self._wait(self._timers, self._due)

    async def _invitation_loop(self) -> None:
        while True:
            self._invited.clear()
            while await self._patiently(self._room_once):
                pass
            await self._wait(self._invited, self.clock.now() + 10_000)

    async def _upkeep_loop(self) -> None:
        while True:
            await self.sweep()
            self._timers.set()
            end = self.clock.now() + SWEEP_MS
            while self.clock.now() < end:
                await self.clock.sleep_until(self.clock.now() + CHECKPOINT_MS)
                await self.deliverer.flush()
                await self.store.checkpoint()
                await finish(self.store, self.journal)

    async def _unreadable_loop(self) -> None:
        while True:
            self._refused.clear()
            await self.tell_unreadable()
            await self._wait(self._refused, self.clock.now() + CHECKPOINT_MS)

    async def _publish_loop(self) -> None:
        while True:
            self._publishing.clear()
            while await self.publish_one():
                pass
            await self._wait(self._publishing, await self.store.run(share_at))

    async def _report_loop(self) -> None:
        while True:
            self._reporting.clear()
            while await self.report_once():
                pass
            await self._reporting.wait()

    async def _survey_loop(self) -> None:
        while True:
            self._surveying.clear()
            while await self.survey_once():
                pass
            await self._wait(self._surveying, self.clock.now() + SURVEY_MS)

    async def _faq_loop(self) -> None:
        if self.faq_changes is None:
            await asyncio.Event().wait()
            return
        while True:
            self._written(await self.faq_changes())

    async def _wait(self, event: asyncio.Event, until: int | None) -> bool:
        """Wait for an event, at most until a moment. Returns whether the event came."""
        if until is None:
            await event.wait()
            return True
        waiting = asyncio.ensure_future(event.wait())
        sleeping = asyncio.ensure_future(self.clock.sleep_until(until))
        try:
            await asyncio.wait([waiting, sleeping], return_when=asyncio.FIRST_COMPLETED)
            return event.is_set()
        finally:
            waiting.cancel()
            sleeping.cancel()
