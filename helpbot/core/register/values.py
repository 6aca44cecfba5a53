"""What can be said of a column."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Holds(StrEnum):
    """What of a person can stand in a column."""

    NOTHING = "nothing"
    """Nothing by itself: a time, a state, a number. It is about whomever its row is about."""
    USER = "user"
    """Somebody's Matrix id."""
    ALIAS = "alias"
    """Somebody's keyed pseudonym."""
    TICKET = "ticket"
    """The number of a question: the row is about whoever asked it."""
    MENTIONS = "mentions"
    """A text of the program's own in which Matrix ids or pseudonyms may stand: JSON, the name of a slot."""
    WORDS = "words"
    """What a person wrote, or what was written to them, with the Matrix ids in it."""


class Erased(StrEnum):
    """What an erasure does with a column that is about the person."""

    ROW = "row"
    """The whole row goes."""
    BLANK = "blank"
    """It is emptied, and the words of its row with it; the row stays as a stub."""
    TOKEN = "token"  # noqa: S105
    """The person's id in it becomes a name that means nobody; the rest is about others."""
    KEPT = "kept"
    """It tells nothing of anybody once the rest is gone."""


class Purpose(StrEnum):
    """What it is kept for."""

    ANSWER = "answer"
    HELP = "help"
    IMPROVE = "improve"
    RIGHTS = "rights"
    RUN = "run"
    """That the program works; says nothing of anybody."""


class Basis(StrEnum):
    """What makes it lawful (GDPR, article 6)."""

    CONSENT = "consent"
    PUBLIC_TASK = "public_task"
    LEGAL_DUTY = "legal_duty"
    NONE_NEEDED = "none_needed"
    """No personal data."""


class Kept(StrEnum):
    """For how long; the retention job (adapters/db/keeping.py) has one rule for each."""

    KEY = "key"
    """Until the key to a message comes, at most 48 hours."""
    INBOX = "inbox"
    """Until it is decided; the bare event id for 30 days."""
    QUESTION = "question"
    """With its question: `unsolved_days`, or `solved_days` once it is solved."""
    LOG = "log"
    """`help_log_months` after the question ended."""
    WISHED = "wished"
    """Until the person says otherwise."""
    TOLD = "told"
    """`help_log_months`; an objection as long as it is not taken back."""
    DIRECTORY = "directory"
    """While the person offers help."""
    PROPOSAL = "proposal"
    """Until it is decided, when whoever had a part in it is forgotten; its text `solved_days` more."""
    CREDITED = "credited"
    """While the entry thanks the person by name."""
    YEAR = "year"
    """Twelve months: it is about nobody."""
    ROOM = "room"
    """While the bot is in the room, or a question that was asked there is kept."""
    ALWAYS = "always"
    """As long as the database: it is about nobody."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column. What concerns its whole table (purpose, basis, retention) is repeated in each."""

    table: str
    name: str
    holds: Holds
    erased: Erased
    purpose: Purpose
    basis: Basis
    kept: Kept
    exported: bool
    empty: str = ""
    """What a blanked column holds where it must not be null."""


@dataclass(frozen=True, slots=True)
class Table:
    """One table."""

    name: str
    purpose: Purpose
    basis: Basis
    kept: Kept
    columns: tuple[Column, ...]

    def column(self, name: str) -> Column:
        """Return a column by its name. Raises `KeyError`."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"{self.name}.{name}")

    def holding(self, *holds: Holds) -> tuple[Column, ...]:
        """Return the columns that hold one of these."""
        return tuple(column for column in self.columns if column.holds in holds)
