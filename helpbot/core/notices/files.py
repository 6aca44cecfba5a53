"""What is said of pictures and files. Words: texts/fr.yaml."""

from __future__ import annotations

from dataclasses import dataclass

from helpbot.core.notices import FollowUp, Notice, Relayed, RelayedMore


@dataclass(frozen=True, slots=True)
class RelayedFile(Relayed):
    """The caption of a helper's file, where it is their first answer."""


@dataclass(frozen=True, slots=True)
class RelayedFileMore(RelayedMore):
    """The caption of a further file of the helper."""


@dataclass(frozen=True, slots=True)
class FollowUpFile(FollowUp):
    """The caption of the asker's file, in the helper's room."""


@dataclass(frozen=True, slots=True)
class FileMayNot(Notice):
    """A file would be readable by more people than its author agreed to: it is not passed on."""


@dataclass(frozen=True, slots=True)
class FileKept(Notice):
    """A file of an asker, while nobody has taken the question: it waits for whoever does."""

    ref: str


@dataclass(frozen=True, slots=True)
class FileLater(Notice):
    """One file more of an asker than are kept while nobody has taken the question."""

    ref: str


@dataclass(frozen=True, slots=True)
class FileForWhom(Notice):
    """A file in a direct message that answers nothing."""
