"""Which entries of the FAQ thank whom. Part of `Tx`; people are pseudonyms."""

from __future__ import annotations

from typing import Protocol

from helpbot.core.editing import EditRow
from helpbot.core.ids import TicketId, UserId
from helpbot.core.records import OutboxRow


class CreditsTx(Protocol):
    """Which entries of the FAQ thank whom, and how that is taken back."""

    def note_credited(self, person: str, entry: str, now: int) -> None:
        """Note that an entry was published with somebody's name."""
        ...

    def credited(self, person: str) -> dict[str, bool]:
        """Return the entries that were published with somebody's name; False where another came after it."""
        ...

    def changes_under_way(self, helper: UserId) -> list[EditRow]:
        """Return the approved changes made from somebody's words that are not in the files yet."""
        ...

    def forget_credit(self, entry: str) -> None:
        """Note that an entry names nobody any more."""
        ...

    def names_credited(self, entry: str) -> set[str]:
        """Return the names under which an entry's author was thanked, as far as its changes tell."""
        ...

    def answers_naming(self, entry: str, name: str) -> list[TicketId]:
        """Return the questions whose answer, from this entry, shows a name."""
        ...

    def cards_naming(self, entry: str) -> list[OutboxRow]:
        """Return the messages that showed an entry with a name as a proposal."""
        ...

    def unname(self, entry: str, names: set[str]) -> None:
        """Take these names out of all that is kept of an entry; its past changes are kept no more."""
        ...

    def forget_changes(self, entry: str) -> None:
        """Delete the past changes of an entry: they show it as it was."""
        ...
