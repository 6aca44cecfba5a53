"""Upkeep: what waits, and what is past its time. Part of `Tx`; times are Unix milliseconds."""

from __future__ import annotations

from typing import Protocol

from helpbot.core.records import (
    Backlog,
)
from helpbot.core.tickets import Ticket


class KeepingTx(Protocol):
    """Upkeep: what waits, and what is past its time."""

    def backlog(self) -> Backlog:
        """Count what waits and what was set aside."""
        ...

    def past_tickets(
        self, *, unsolved_before: int, solved_before: int, sensitive_before: int, limit: int = 500
    ) -> list[Ticket]:
        """Return the tickets that `forget` with the same moments would delete next."""
        ...

    def forget(
        self,
        *,
        sealed_before: int,
        inbox_before: int,
        unsolved_before: int,
        solved_before: int,
        sensitive_before: int,
        help_log_before: int,
        limit: int = 500,
        dry: bool = False,
    ) -> dict[str, int]:
        """Delete what is past its time, at most `limit` tickets and rows a table; returns table → rows.

        `dry`: nothing is deleted, all of it is counted.
        """
        ...
