"""Where time comes from."""

from __future__ import annotations

from typing import Protocol


class Clock(Protocol):
    """Where time comes from."""

    def now(self) -> int:
        """Unix time in milliseconds, UTC."""
        ...

    async def sleep_until(self, at: int) -> None:
        """Return at or after the Unix time `at` (ms)."""
        ...
