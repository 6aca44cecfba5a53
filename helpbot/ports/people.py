"""The directory of volunteers, and who helped whom. Part of `Tx`; times are Unix milliseconds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from helpbot.core.ids import UserId
from helpbot.core.records import (
    Load,
    Seed,
    Totals,
)


class PeopleTx(Protocol):
    """The directory of volunteers, and the record of who helped whom."""

    def seed_volunteers(self, seeds: Iterable[Seed]) -> None:
        """Make the seeded part of the directory what the configuration says."""
        ...

    def volunteers(self) -> list[tuple[Seed, bool]]:
        """Return the directory, with whether each had their first notice."""
        ...

    def note_noticed(self, users: Iterable[UserId], now: int) -> None:
        """Note that volunteers were told that they are, and how to stop."""
        ...

    def loads(self, *, day_since: int, week_since: int) -> dict[UserId, Load]:
        """Return how often each volunteer was asked."""
        ...

    def totals(self, *, since: int, timezone: str) -> Totals:
        """Return the counts of a report."""
        ...
