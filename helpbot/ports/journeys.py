"""What each person gave, for themselves. Part of `Tx`; times are Unix milliseconds, people are pseudonyms."""

from __future__ import annotations

from typing import Protocol

from helpbot.core.journey import Step


class JourneysTx(Protocol):
    """What each person gave, for themselves."""

    def journey(self, person: str) -> list[Step]:
        """Return what the person of a pseudonym gave: from the log, and what is kept of before it."""
        ...

    def keeps_journey(self, person: str) -> bool:
        """Tell whether somebody asked that theirs be kept."""
        ...

    def keep_journey(self, person: str, now: int) -> None:
        """Keep somebody's counts beyond the log, from now on."""
        ...

    def drop_journey(self, person: str) -> None:
        """Keep nothing beyond the log any more; what was kept goes."""
        ...

    def fold_journeys(self, *, before: int, limit: int = 500) -> int:
        """Move records that ended before a moment from the log to the counts of those who asked for it.

        Both in this transaction, so that each answer is counted once. Returns how many were moved.
        """
        ...
