"""The system's clock: the only module that may read the time."""

from __future__ import annotations

import asyncio
import time


class SystemClock:
    """Unix time in milliseconds, and sleeping until a moment of it."""

    def now(self) -> int:
        """Return the Unix time in milliseconds, UTC."""
        return time.time_ns() // 1_000_000

    async def sleep_until(self, at: int) -> None:
        """Return at or after `at` (Unix ms); a past moment only yields to the loop."""
        await asyncio.sleep(max(0, at - self.now()) / 1000)
