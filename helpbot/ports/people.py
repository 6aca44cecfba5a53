"""The directory of volunteers, and who helped whom. Part of `Tx`; times are Unix milliseconds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from helpbot.core.habits import Habits
from helpbot.core.ids import UserId
from helpbot.core.records import (
    Listed,
    Load,
    Seed,
)


class PeopleTx(Protocol):
    """The directory of volunteers, and the record of who helped whom."""

    def seed_volunteers(self, seeds: Iterable[Seed]) -> None:
        """Make the seeded part of the directory what the configuration says."""
        ...

    def volunteers(self) -> list[Listed]:
        """Return the directory, without those who said `!stop`."""
        ...

    def listed(self, user: UserId) -> Listed | None:
        """Return somebody's line of the directory, also of one who said `!stop`."""
        ...

    def save_listed(self, row: Listed, now: int) -> None:
        """Insert or replace what somebody says of themselves; what the configuration says stays."""
        ...

    def asks_of(self, user: UserId, since: int) -> list[int]:
        """Return the moments at which somebody was asked."""
        ...

    def note_reaction(self, user: UserId, minutes: float | None, habits: Habits | None) -> None:
        """Keep a volunteer's usual response time, in open minutes, and when they react."""
        ...

    def note_noticed(self, users: Iterable[UserId], now: int) -> None:
        """Note that volunteers were told that they are, and how to stop."""
        ...

    def loads(self, *, day_since: int, week_since: int, month_since: int) -> dict[UserId, Load]:
        """Return how often each volunteer was asked."""
        ...
