"""What people were told once. Part of `Tx`; times are Unix milliseconds, people are pseudonyms."""

from __future__ import annotations

from typing import Protocol


class ToldTx(Protocol):
    """What people were told once, and what they said of being counted."""

    def told_at(self, person: str, what: str) -> int | None:
        """Return when somebody was told of something; None: never."""
        ...

    def note_told(self, person: str, what: str, now: int) -> None:
        """Note that somebody was told of something now."""
        ...

    def unsay(self, person: str, what: str) -> None:
        """Forget that somebody was told of something."""
        ...

    def uncount(self, helper: str) -> int:
        """Take a person out of the records of what was answered unasked; returns how many there were."""
        ...
