"""What the running bot counts of itself, and whether it serves: no name, no id, no text.

Plain numbers, written where things happen and read by whoever shows them; nothing here costs a question
more than an addition.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

SILENT_AFTER_MS = 120_000
"""A sync waits for news half a minute at most: four in a row are missing."""


class Condition(StrEnum):
    """Whether the bot serves, and if not, why."""

    OK = "ok"
    STARTING = "starting"
    UNREACHABLE = "unreachable"
    """The homeserver does not answer."""
    SILENT = "silent"
    """No sync came to its end, and nobody said why."""
    LOGGED_OUT = "logged_out"


@dataclass(slots=True)
class Counters:
    """Counted since the start. Times are Unix milliseconds."""

    questions: dict[str, int] = field(default_factory=dict)
    """Kind of the first reply → questions."""
    timers: int = 0
    """Timers carried out."""
    ready: bool = False
    synced_at: int | None = None
    """When the last sync was taken in."""
    unreachable_since: int | None = None
    logged_out: str = ""
    """Why the account cannot be used, as an error code."""

    def question(self, kind: str) -> None:
        """Note that a question has got its first reply."""
        self.questions[kind] = self.questions.get(kind, 0) + 1

    def synced(self, now: int) -> None:
        """Note that a sync was taken in."""
        self.synced_at = now
        self.unreachable_since = None

    def unreachable(self, now: int) -> None:
        """Note that the homeserver does not answer; since when stays the first time."""
        if self.unreachable_since is None:
            self.unreachable_since = now

    def condition(self, now: int) -> Condition:
        """Return whether the bot serves at a moment."""
        if self.logged_out:
            return Condition.LOGGED_OUT
        late = self.synced_at is None or self.synced_at < now - SILENT_AFTER_MS
        if self.unreachable_since is not None and late:
            return Condition.UNREACHABLE
        if not self.ready:
            return Condition.STARTING
        return Condition.SILENT if late else Condition.OK
