"""Who helped whom: the log, and what waits to be told of it. Part of `Tx`; times are Unix milliseconds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from helpbot.core.ids import UserId
from helpbot.core.records import HelpRecord, Job
from helpbot.core.report import Counts, Line


class HelplogTx(Protocol):
    """Who helped whom: the log, and what waits to be told of it."""

    def save_record(self, record: HelpRecord) -> None:
        """Insert or replace the record of an ended question."""
        ...

    def counts(self, since: str = "") -> Counts:
        """Return the log aggregated, of questions asked from the month `since` on (`2026-11`; empty: all).

        With how many people each count is about; of more than `disclosure.FEW` it says `FEW`.
        """
        ...

    def keep_months(self, lines: Mapping[str, Line]) -> None:
        """Keep the published lines of months, in place of earlier ones of the same months."""
        ...

    def kept_months(self) -> dict[str, Line]:
        """Return the published lines that were kept, oldest first."""
        ...

    def times_helped(self, asker: str, *, since: int) -> int:
        """Return how many questions of somebody, asked since a moment, a person answered."""
        ...

    def times_solved(self, helper: str, theme: str, *, since: int) -> int:
        """Return how many questions on a theme, asked since a moment, somebody answered to a ✅."""
        ...

    def thanks_waiting(self, helper: UserId, *, before: int) -> list[Job]:
        """Return the timers before a moment that are to thank a helper."""
        ...
