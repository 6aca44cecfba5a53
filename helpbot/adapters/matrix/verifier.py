"""Verification by emojis on the network: whose requests are accepted, and that nobody is left waiting.

A request is accepted from those whom the operator named, while the operator sits at a terminal and nothing
else is under way; `hears` and `hears_device` say no to all others, which are then declined as anybody's.
Whatever happens to an accepted one (the operator leaves, time runs out, the bot stops), the other side is
told. After a crash nothing is known of it: a step that comes in a direct message then is answered with
« unknown transaction ».

The secrets of a verification live in memory only, and for minutes: nothing of it is stored, and its steps
do not go through the outbox.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from helpbot.adapters.matrix.crypto import Encryption
from helpbot.adapters.matrix.machine import DeviceStep
from helpbot.adapters.matrix.trust import Trust
from helpbot.core.ids import RoomId
from helpbot.core.spans import MINUTE
from helpbot.ports import Clock, HomeserverError, RateLimited, Unreachable
from helpbot.ports.verification import Asked, Compare, Ended, Outcome, Told

if TYPE_CHECKING:
    from helpbot.adapters.matrix.sas import Dialog, Party, Step

REQUEST = "m.key.verification.request"
VERIFICATION = "m.key.verification."
PATIENCE_MS = 10 * MINUTE
"""From the request on (specification: a verification older than ten minutes is over)."""
_AHEAD_MS = 5 * MINUTE
_TRIES = 5
_ENDED_KEPT = 50
_ASIDES = 3
"""Answers to steps of nothing that may be under way at once: a stranger could ask for thousands."""
_NEED_AN_ANSWER = frozenset({"start", "key", "mac"})
_SAS = "m.sas.v1"

Send = Callable[[RoomId, str, dict[str, Any], str], Awaitable[Any]]
"""Room, event type, content and transaction id, as `MatrixHomeserver.send`."""
_Word = tuple[str, Mapping[str, Any]] | bool | Outcome
"""What a dialog waits for: a step of the other side, what the operator saw, or a reason to end."""


@dataclass(slots=True)
class _Talk:
    """One request that was accepted, and what is to be done about it, in order."""

    user: str
    device: str
    transaction: str
    at: int
    room: RoomId | None
    """None: between devices."""
    sealed: bool
    """Between devices, under Olm."""
    tell: Callable[[Told], None]
    words: asyncio.Queue[_Word] = field(default_factory=asyncio.Queue)


class Verifier:
    """Fulfils `ports.verification.Verifications` for one connected account."""

    def __init__(self, keys: Encryption, trust: Trust, send: Send, clock: Clock) -> None:
        self._keys = keys
        self._trust = trust
        self._send = send
        self._clock = clock
        self._me: str = keys.machine.user_id
        self._tell: Callable[[Told], None] | None = None
        self._talk: _Talk | None = None
        self._task: asyncio.Task[None] | None = None
        self._asides: set[asyncio.Task[None]] = set()
        self._ended: deque[str] = deque(maxlen=_ENDED_KEPT)

    # -- the operator -------------------------------------------------------------------------------

    def attend(self, users: frozenset[str], tell: Callable[[Told], None]) -> bool:
        """Accept requests of `users` from now on and `tell` what becomes of them; False when taken."""
        if self._tell is not None:
            return False
        self._tell = tell
        self._keys.machine.verifying = users
        return True

    def answer(self, *, same: bool) -> None:
        """Say what the person saw. Does nothing when nothing is shown."""
        if self._talk is not None:
            self._talk.words.put_nowait(same)

    def leave(self) -> None:
        """Nobody is there any more: decline what comes, cancel what is under way."""
        self._tell = None
        self._keys.machine.verifying = frozenset()
        if self._talk is not None:
            self._talk.words.put_nowait(Outcome.CANCELLED)

    async def close(self) -> None:
        """Cancel what is under way and return when the other side was told, or could not be."""
        self.leave()
        tasks = [task for task in (self._task, *self._asides) if task is not None]
        if tasks:
            await asyncio.wait(tasks, timeout=5)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # -- what comes ---------------------------------------------------------------------------------

    def hears(self, event: Mapping[str, Any], room: RoomId, *, direct: bool) -> bool:
        """Take in a room's event, decrypted; False when it is not about a verification of ours."""
        kind, content, sender = event.get("type"), event.get("content"), event.get("sender")
        if not isinstance(kind, str) or not isinstance(content, Mapping) or sender in (None, self._me):
            return False
        if kind == "m.room.message":
            return self._asked_in(event, content, room)
        if not kind.startswith(VERIFICATION):
            return False
        relation = content.get("m.relates_to")
        transaction = relation.get("event_id") if isinstance(relation, Mapping) else None
        talk = self._talk
        if talk is not None and (talk.transaction, talk.room, talk.user) == (transaction, room, sender):
            talk.words.put_nowait((kind, content))
        elif direct and isinstance(transaction, str) and transaction not in self._ended:
            self._forgotten(kind, event, room, transaction)
        return True

    def hears_device(self, step: DeviceStep) -> None:
        """Take in what a device sent of those whom the operator named; decline what is not taken."""
        transaction, talk = step.content.get("transaction_id"), self._talk
        if talk is not None and (talk.transaction, talk.room, talk.user) == (transaction, None, step.sender):
            if step.kind != REQUEST:  # else the same sync once more
                talk.words.put_nowait((step.kind, step.content))
        elif transaction not in self._ended and not (step.kind == REQUEST and self._asked_by_device(step)):
            self._keys.machine.decline(step)

    def _asked_in(self, event: Mapping[str, Any], content: Mapping[str, Any], room: RoomId) -> bool:
        transaction, sender = str(event.get("event_id")), str(event.get("sender"))
        if transaction in self._ended or (self._talk is not None and self._talk.transaction == transaction):
            return True  # the same sync once more
        if content.get("to") != self._me or sender not in self._keys.machine.verifying:
            return False
        at = event.get("origin_server_ts")
        return self._accept(sender, content, transaction, at, room, sealed=False)

    def _asked_by_device(self, step: DeviceStep) -> bool:
        transaction, at = step.content.get("transaction_id"), step.content.get("timestamp")
        if not isinstance(transaction, str) or not transaction:
            return False
        return self._accept(step.sender, step.content, transaction, at, None, sealed=step.sealed)

    def _accept(
        self,
        user: str,
        content: Mapping[str, Any],
        transaction: str,
        at: object,
        room: RoomId | None,
        *,
        sealed: bool,
    ) -> bool:
        device, methods, now = content.get("from_device"), content.get("methods"), self._clock.now()
        if not isinstance(at, int) or not now - PATIENCE_MS < at < now + _AHEAD_MS:
            return False
        if not isinstance(device, str) or not isinstance(methods, list) or _SAS not in methods:
            return False
        if self._tell is None or self._talk is not None or transaction in self._ended:
            return False
        self._talk = _Talk(user, device, transaction, min(at, now), room, sealed, self._tell)
        self._task = asyncio.create_task(self._converse(self._talk))
        return True

    def _forgotten(self, kind: str, event: Mapping[str, Any], room: RoomId, transaction: str) -> None:
        """Answer a step of a verification that a stopped process knew of."""
        at, now = event.get("origin_server_ts"), self._clock.now()
        young = isinstance(at, int) and now - PATIENCE_MS < at < now + _AHEAD_MS
        if kind.removeprefix(VERIFICATION) in _NEED_AN_ANSWER and young and len(self._asides) < _ASIDES:
            self._ended.append(transaction)
            code = "m.unknown_transaction"
            relation = {"rel_type": "m.reference", "event_id": transaction}
            content = {"code": code, "reason": code, "m.relates_to": relation}
            task = asyncio.create_task(self._aside(room, content))
            self._asides.add(task)
            task.add_done_callback(self._asides.discard)

    async def _aside(self, room: RoomId, content: dict[str, Any]) -> None:
        try:
            await self._send(room, f"{VERIFICATION}cancel", content, secrets.token_hex(8))
        except HomeserverError:
            return  # the other client gives up by itself after ten minutes

    # -- one verification ---------------------------------------------------------------------------

    async def _converse(self, talk: _Talk) -> None:
        ring = asyncio.create_task(self._ring(talk))
        outcome, code = Outcome.FAILED, ""
        try:
            outcome, code = await self._until_ended(talk)
        except HomeserverError:
            pass  # the operator is told; the other client gives up by itself after ten minutes
        finally:
            ring.cancel()
            self._talk = None
            self._ended.append(talk.transaction)
            talk.tell(Ended(outcome, code))

    async def _ring(self, talk: _Talk) -> None:
        await self._clock.sleep_until(talk.at + PATIENCE_MS)
        talk.words.put_nowait(Outcome.TIMED_OUT)

    async def _until_ended(self, talk: _Talk) -> tuple[Outcome, str]:
        from helpbot.adapters.matrix.sas import Dialog, Phase

        dialog = Dialog(talk.transaction, *await self._parties(talk), in_room=talk.room is not None)
        known = bool(dialog.them.device_key)
        await self._say(talk, dialog.ready() if known else dialog.cancel("m.key_mismatch"))
        if known:
            talk.tell(Asked(talk.user, talk.device))
        reason, shown = Outcome.CANCELLED if known else Outcome.FAILED, False
        while not dialog.ended:
            word = await talk.words.get()
            if isinstance(word, Outcome):
                reason = word
            await self._say(talk, _next(dialog, word))
            if dialog.phase is Phase.SHOWN and not shown:
                shown = True
                talk.tell(Compare(dialog.emojis, dialog.decimals))
        if dialog.phase is Phase.DONE:
            return Outcome.VERIFIED, ""
        different = dialog.code in ("m.mismatched_sas", "m.key_mismatch") and known
        return Outcome.DIFFERENT if different else reason, dialog.code

    async def _parties(self, talk: _Talk) -> tuple[Party, Party]:
        from helpbot.adapters.matrix.sas import Party

        machine, identity = self._keys.machine, self._trust.identity
        key, master = await self._keys.identity_of(talk.user, talk.device)
        us = Party(self._me, machine.device_id, machine.identity_keys["ed25519"], identity.public("master"))
        return us, Party(talk.user, talk.device, key or "", master)

    async def _say(self, talk: _Talk, steps: list[Step]) -> None:
        for kind, content in steps:
            await self._patiently(talk, kind, content)

    async def _patiently(self, talk: _Talk, kind: str, content: dict[str, Any]) -> None:
        """Send one step; the same transaction id makes a second try harmless."""
        txn = secrets.token_hex(8)
        for attempt in range(_TRIES):
            try:
                if talk.room is not None:
                    await self._send(talk.room, kind, content, txn)
                else:
                    to = (talk.user, talk.device)
                    await self._keys.tell_device(*to, kind, content, txn, sealed=talk.sealed)
                return
            except RateLimited as limited:
                pause = limited.retry_after_ms
            except Unreachable:
                pause = 500 * 2**attempt
            await self._clock.sleep_until(self._clock.now() + pause)
        raise Unreachable("a step of a verification could not be sent")


def _next(dialog: Dialog, word: _Word) -> list[Step]:
    """Return what follows from a word: of the other side, of the operator, of the clock."""
    if isinstance(word, Outcome):
        return dialog.cancel("m.timeout" if word is Outcome.TIMED_OUT else "m.user")
    if isinstance(word, bool):
        return dialog.confirm() if word else dialog.refuse()
    return dialog.hear(*word)
