"""Messages whose key does not come: their author hears one kind sentence, where they were meant for us.

What is told is one outbox row per author and key, whose transaction id follows from both: neither a
second message nor a restart repeats it. The ciphertext stays, and is answered when its key comes.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from functools import partial

from helpbot.core import notices as say
from helpbot.core.effects import Kind
from helpbot.core.incoming import LATE_MS, Batch, Membership, Sealed
from helpbot.core.sealed import Outside, outside
from helpbot.core.spans import MINUTE
from helpbot.flow.setting import Setting
from helpbot.flow.write import Writer, Written
from helpbot.ports import Clock, Store, Tx

GRACE_MS = 2 * MINUTE
"""A key that is only late comes within seconds; two minutes leave room for a slow telephone."""
_WITHHELD_KEPT = 1_000


@dataclass(slots=True)
class Unreadable:
    """Which keys were refused, and how far the waiting messages were looked through."""

    withheld: dict[str, None] = field(default_factory=dict)
    told: int = 0
    """Sentences said since the start."""
    _until: int = 0
    _last: int | None = None
    """When the last unreadable message came; None after a start, when nobody knows."""
    _refused: bool = False

    def note(self, batch: Batch, now: int) -> bool:
        """Take in what a sync says; True when somebody is to be told at once."""
        for session in batch.sessions:
            self.withheld.pop(session, None)
        self.withheld.update(dict.fromkeys(batch.withheld))
        while len(self.withheld) > _WITHHELD_KEPT:
            del self.withheld[next(iter(self.withheld))]
        came = {e.session_id for n in batch.rooms for e in n.events if isinstance(e, Sealed)}
        if came or any(news.gap for news in batch.rooms):
            self._last = now
        self._refused |= bool(batch.withheld) or not came.isdisjoint(self.withheld)
        return self._refused

    async def tell(self, store: Store, clock: Clock, setting: Setting) -> Written | None:
        """Tell those whose messages were refused or waited long enough; None when there is nobody."""
        now = clock.now()
        if not self._refused and self._last is not None and self._until > self._last:
            return None
        refused = list(self.withheld) if self._refused else []
        written = await store.run(
            partial(_tell, setting=setting, refused=refused, after=self._until, now=now)
        )
        self._until, self._refused = max(self._until, now - GRACE_MS), False
        self._last = now if self._last is None else self._last
        self.told += len(written.rows)
        return written


def _tell(tx: Tx, setting: Setting, refused: Collection[str], after: int, now: int) -> Written:
    written = Written()
    waiting = {e.event_id: e for e in tx.sealed_between(after, now - GRACE_MS)}
    waiting |= {e.event_id: e for e in (tx.sealed(refused) if refused else ())}
    for event in waiting.values():
        seen = outside(event)
        if event.at < now - LATE_MS or not _is_ours(tx, setting, event, seen):
            continue
        writer = Writer(tx, setting, f"unreadable/{event.room}/{event.sender}/{event.session_id}", now)
        notice: say.Notice = say.KeyRefused() if event.session_id in refused else say.KeyLate()
        writer.say(
            event.room,
            notice,
            Kind.STATUS,
            purpose="unreadable",
            reply_to=event.event_id,
            thread=seen.thread,
            mentions=(event.sender,),
        )
        written.rows += writer.written.rows
    return written


def _is_ours(tx: Tx, setting: Setting, event: Sealed, seen: Outside) -> bool:
    row = tx.room(event.room)
    if row is None or row.membership is not Membership.JOIN or seen.edits:
        return False
    if row.facts.direct_with is not None or setting.me.user in seen.mentions:
        return True
    if seen.reply_to is not None and tx.sent_message(seen.reply_to) is not None:
        return True
    if seen.thread is None:
        return False
    ours = tx.sent_message(seen.thread) is not None
    return ours or tx.ticket_in_thread(event.room, seen.thread) is not None
