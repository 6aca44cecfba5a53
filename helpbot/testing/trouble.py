"""The trouble that a test can order from the homeserver in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from helpbot.core.ids import RoomId, UserId
from helpbot.ports import Clock, HomeserverError, LoggedOut, RateLimited, Refused, Unreachable

Operation = Literal[
    "sync", "messages", "send", "redact", "find_sent", "spoken",
    "profile_name", "author_of", "administers", "open_direct", "join", "leave", "upload",
    "predecessor", "replacement",
]  # fmt: skip


class Request(NamedTuple):
    """What an account asked, whatever came of it."""

    user: UserId
    operation: Operation
    room: RoomId | None
    txn_id: str | None


@dataclass(slots=True)
class Gate:
    """Requests that the server has taken and does not answer until `release()`."""

    operation: Operation
    room: RoomId | None
    waiting: int = 0
    _open: asyncio.Event = field(default_factory=asyncio.Event)

    def release(self) -> None:
        """Let those go on that wait here, and all to come."""
        self._open.set()

    async def pass_through(self, operation: Operation, room: RoomId | None) -> None:
        """Wait here if this is the kind of request that is held."""
        if operation == self.operation and self.room in (None, room):
            self.waiting += 1
            await self._open.wait()
            self.waiting -= 1


@dataclass(slots=True)
class _Fault:
    operation: Operation
    error: Callable[[], HomeserverError]
    times: int
    after: bool
    room: RoomId | None
    user: UserId | None


@dataclass(slots=True)
class _Bucket:
    """Synapse's leaky bucket for the messages of one account."""

    per_second: float
    burst: int
    level: float = 0.0
    at: int = 0

    def take(self, now: int) -> None:
        level = max(0.0, self.level - (now - self.at) / 1000 * self.per_second)
        if level + 1 > self.burst:
            raise RateLimited(round((level + 1 - self.burst) / self.per_second * 1000))
        self.level, self.at = level + 1, now


class Trouble:
    """What goes wrong between accounts and server, and when. `times` counts the requests that match."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.requests: list[Request] = []
        """All that the accounts asked, in order."""
        self._down = False
        self._faults: list[_Fault] = []
        self._gates: list[Gate] = []
        self._logged_out: dict[UserId, str] = {}
        self._rate: tuple[float, int] | None = None
        self._buckets: dict[UserId, _Bucket] = {}
        self._waiting: set[asyncio.Future[None]] = set()

    def fail(
        self,
        operation: Operation,
        error: Callable[[], HomeserverError],
        *,
        times: int = 1,
        after: bool = False,
        room: RoomId | None = None,
        user: UserId | None = None,
    ) -> None:
        """Answer the next `times` such requests with an error, `after` having done what they ask."""
        self._faults.append(_Fault(operation, error, times, after, room, user))

    def lose_request(self, operation: Operation, *, times: int = 1, room: RoomId | None = None) -> None:
        """Lose the next request on its way: nothing happens, and nobody hears of it."""
        self.fail(operation, lambda: Unreachable("the connection broke"), times=times, room=room)

    def lose_reply(self, operation: Operation, *, times: int = 1, room: RoomId | None = None) -> None:
        """Do what the next request asks, and lose the answer."""
        self.fail(operation, lambda: Unreachable("no answer in time"), times=times, after=True, room=room)

    def limit(
        self,
        retry_after_ms: int = 1_000,
        *,
        operation: Operation = "send",
        times: int = 1,
        room: RoomId | None = None,
    ) -> None:
        """Answer the next request with 429."""
        self.fail(operation, lambda: RateLimited(retry_after_ms), times=times, room=room)

    def refuse(
        self,
        operation: Operation,
        code: str = "M_FORBIDDEN",
        *,
        times: int = 1,
        room: RoomId | None = None,
    ) -> None:
        """Answer the next request with a final no."""
        self.fail(operation, lambda: Refused(code, "as the test wishes"), times=times, room=room)

    def rate(self, per_second: float = 0.2, burst: int = 10) -> None:
        """Limit what each account sends (messages, reactions, redactions); Synapse's own by default."""
        self._rate = (per_second, burst)
        self._buckets.clear()

    def go_down(self) -> None:
        """Answer nothing, waiting requests included, until `come_back`."""
        self._down = True
        self.stir()

    def come_back(self) -> None:
        """Answer again."""
        self._down = False

    def log_out(self, user: UserId, code: str = "M_UNKNOWN_TOKEN") -> None:
        """Make the account useless until `log_in`."""
        self._logged_out[user] = code
        self.stir()

    def log_in(self, user: UserId) -> None:
        """Make the account usable again."""
        self._logged_out.pop(user, None)

    def hold(self, operation: Operation, *, room: RoomId | None = None) -> Gate:
        """Keep such requests waiting until `release()`: a slow server, or one slow room."""
        gate = Gate(operation, room)
        self._gates.append(gate)
        return gate

    def stir(self) -> None:
        """Make waiting syncs look again."""
        waiting, self._waiting = self._waiting, set()
        for woken in waiting:
            if not woken.done():
                woken.set_result(None)

    async def stirred(self) -> None:
        """Return at the next `stir()`."""
        woken = asyncio.get_running_loop().create_future()
        self._waiting.add(woken)
        try:
            await woken
        finally:
            self._waiting.discard(woken)

    async def arrive(
        self, user: UserId, operation: Operation, room: RoomId | None, txn_id: str | None
    ) -> None:
        """Take in a request: held, lost, limited or refused, as the test has told."""
        self.requests.append(Request(user, operation, room, txn_id))
        await asyncio.sleep(0)  # as any request, it lets others run
        for gate in self._gates:
            await gate.pass_through(operation, room)
        self.check_usable(user)
        self._raise_fault(user, operation, room, after=False)

    def depart(self, user: UserId, operation: Operation, room: RoomId | None) -> None:
        """Give the answer, or lose it."""
        self._raise_fault(user, operation, room, after=True)

    def check_usable(self, user: UserId) -> None:
        """Raise when the server is down or the account of no use."""
        if self._down:
            raise Unreachable("the homeserver does not answer")
        if user in self._logged_out:
            code = self._logged_out[user]
            raise LoggedOut(code, "the homeserver does not know this session", "log in again")

    def _raise_fault(self, user: UserId, operation: Operation, room: RoomId | None, *, after: bool) -> None:
        for fault in self._faults:
            if (
                fault.times > 0
                and fault.after is after
                and fault.operation == operation
                and fault.room in (None, room)
                and fault.user in (None, user)
            ):
                fault.times -= 1
                raise fault.error()

    def take_from_bucket(self, user: UserId) -> None:
        """Count one sent event; raise when it is one too many for now."""
        if self._rate is None:
            return
        bucket = self._buckets.setdefault(user, _Bucket(*self._rate, at=self.clock.now()))
        bucket.take(self.clock.now())
