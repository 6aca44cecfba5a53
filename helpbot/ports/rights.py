"""What a person may ask of their data: to have it, to have it gone. Part of `Tx`; times are Unix ms."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from helpbot.core.erasure import Erasure
from helpbot.core.ids import RoomId, UserId
from helpbot.core.records import OutboxRow
from helpbot.core.tickets import Ticket

Holdings = Mapping[str, tuple[Mapping[str, Any], ...]]
"""Table → rows, column → value."""


class RightsTx(Protocol):
    """What a person may ask of their data: to have it, to have it gone."""

    def holdings(self, user: UserId, person: str) -> Holdings:
        """Return every row about a person, as it stands; `person` is their pseudonym."""
        ...

    def every_user(self) -> set[UserId]:
        """Return every Matrix id that stands anywhere in the database."""
        ...

    def all_asked_by(self, asker: UserId) -> list[Ticket]:
        """Return every question of somebody, ended or not, oldest first."""
        ...

    def all_helped_by(self, helper: UserId) -> list[Ticket]:
        """Return every question that has somebody as its helper, oldest first."""
        ...

    def messages_about(self, helper: UserId) -> list[OutboxRow]:
        """Return the messages that carry a helper's words or first name, edits included, sent or not."""
        ...

    def messages_in(self, slot: str) -> list[OutboxRow]:
        """Return the messages of a slot that belongs to no question, sent or not."""
        ...

    def direct_rooms(self, user: UserId) -> list[RoomId]:
        """Return the joined direct messages with a person."""
        ...

    def erase(self, user: UserId | None, person: str, token: str) -> list[int]:
        """Erase a person by the data register; returns the messages that are not to be sent any more.

        `person` is their pseudonym; without a `user` only what stands under it goes. `token` takes the
        place of their id where the rest is about others.
        """
        ...

    def erased_until(self) -> int:
        """Return up to when this database knows the erasures."""
        ...

    def note_erased(self, erasure: Erasure, *, journal: bool) -> None:
        """Note that a person was erased; with `journal`, that it must still be written there."""
        ...

    def unfinished_erasures(self) -> list[Erasure] | None:
        """Return what is to be journalled before the freed pages are overwritten; None: nothing to do."""
        ...

    def finish_erasures(self, written: Iterable[Erasure]) -> None:
        """Note that these stand in the journal and that nothing of them is left in the file."""
        ...


class ErasureJournal(Protocol):
    """The erasures, kept outside the database and its backups."""

    def add(self, erasures: Iterable[Erasure]) -> None:
        """Append, and return once it is on the disk. Raises `OSError`."""
        ...

    def read(self) -> list[Erasure]:
        """Return every erasure, oldest first. Raises `OSError`, or `ValueError` for a damaged file."""
        ...
