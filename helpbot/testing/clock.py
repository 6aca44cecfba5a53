"""Time for tests: it stands still until a test moves it."""

from __future__ import annotations

import asyncio
import heapq
from itertools import count

# A Monday in term time, 9 o'clock in Paris: the hour at which a test reads most naturally.
MONDAY_MORNING = 1_790_578_800_000


class FakeClock:
    """A clock that moves by `advance` (at once) or `elapse` (letting tasks run at each moment)."""

    def __init__(self, now: int = MONDAY_MORNING) -> None:
        self._now = now
        self._order = count()
        self._sleepers: list[tuple[int, int, asyncio.Future[None]]] = []

    def now(self) -> int:
        """Return the time that the test has reached, Unix ms."""
        return self._now

    async def sleep_until(self, at: int) -> None:
        """Return once the test has moved the clock to `at`; a past moment only yields to the loop."""
        if at <= self._now:
            await asyncio.sleep(0)
            return
        woken = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (at, next(self._order), woken))
        await woken

    def advance(
        self, *, ms: int = 0, seconds: float = 0, minutes: float = 0, hours: float = 0, days: float = 0
    ) -> int:
        """Move on by `minutes=…` (or other units, added up), wake who is due, and return the time.

        Sleepers are woken by the time they asked for, then in the order in which they lay down.
        They run when the test next awaits, and all see the new time: use `elapse` for a task that
        sleeps again and again.
        """
        self._move_to(self._now + _milliseconds(ms, seconds, minutes, hours, days))
        return self._now

    async def elapse(
        self, *, ms: int = 0, seconds: float = 0, minutes: float = 0, hours: float = 0, days: float = 0
    ) -> int:
        """Move on as `advance` does, stopping at each sleeper's moment until all tasks stand still.

        Tasks that wait for a thread or a socket are not waited for.
        """
        end = self._now + _milliseconds(ms, seconds, minutes, hours, days)
        await settle()
        while (due := self.next_due()) is not None and due <= end:
            self._move_to(due)
            await settle()
        self._move_to(end)
        await settle()
        return self._now

    def next_due(self) -> int | None:
        """Return the moment at which the next sleeper wakes, None when nobody sleeps."""
        while self._sleepers and self._sleepers[0][2].done():  # cancelled in its sleep
            heapq.heappop(self._sleepers)
        return self._sleepers[0][0] if self._sleepers else None

    def _move_to(self, at: int) -> None:
        self._now = max(self._now, at)
        while (due := self.next_due()) is not None and due <= self._now:
            heapq.heappop(self._sleepers)[2].set_result(None)


async def settle(turns: int = 50) -> None:
    """Let every task that can go on do so, without the passing of any time."""
    for _ in range(turns):
        await asyncio.sleep(0)


def _milliseconds(ms: int, seconds: float, minutes: float, hours: float, days: float) -> int:
    total = ms + 1_000 * (seconds + 60 * (minutes + 60 * (hours + 24 * days)))
    if total < 0:
        raise ValueError("time does not go back")
    return round(total)
