"""Changes to the FAQ as values: what is wanted, and how it meets what stands in the files by then.

The files are the truth and people edit them by hand meanwhile. So a change says what it was made from
(`base`) as well as what it wants, and only the fields in which the two differ are touched.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from helpbot.core.faq import FaqEntry

FIELDS = (
    "question", "variants", "never", "keywords", "answer", "sources", "credit", "owner", "reviewed",
    "review_by", "local", "archived",
)  # fmt: skip
"""The fields of an entry that a change may touch, in the order in which a new entry is written."""
_LISTS = frozenset({"variants", "never", "keywords"})


@dataclass(frozen=True, slots=True)
class FaqEdit:
    """One change of one entry, from the wish to the file. `draft` says whether the renaming took place."""

    id: int
    entry: str
    base: FaqEntry | None = None
    """What the change was made from; None: the entry is new."""
    wanted: FaqEntry | None = None
    """None: put back `after` in place of `before`, to undo another change; or take a name out."""
    uncredited: bool = False
    """Whoever the entry thanks by name asked to be forgotten: the name goes, and nothing here repeats it."""
    tries: int = 0
    file: str = ""
    draft: str = ""
    """Name of the new file beside the old one, until it takes its place; empty: there is nothing to write."""
    digest: str = ""
    """SHA-256 of the file that `draft` was made from."""
    before: str = ""
    """The entry's own lines in the file; empty when it had none."""
    after: str = ""
    clean: bool = False
    """The file had no other changes that wait for a commit."""


@dataclass(frozen=True, slots=True)
class Ready:
    """A change that lies beside its file, checked."""

    entry: str
    file: str
    draft: str
    digest: str
    before: str
    after: str
    clean: bool = False


class EditState(StrEnum):
    """How far a change of the files has come. Each is stored before the next one begins."""

    WANTED = "wanted"
    PREPARED = "prepared"
    """A new file may lie beside the old one, or stand in its place."""
    DONE = "done"
    """In the files and in use; not yet in their history, where one is kept."""
    RECORDED = "recorded"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class EditRow:
    """A change of the files with all that the store knows of it."""

    edit: FaqEdit
    state: EditState
    proposal: int | None = None
    undoes: int | None = None
    """The change that this one takes back."""
    undone: bool = False
    at: int = 0
    """When it was approved, Unix ms."""


class Why(StrEnum):
    """Why a change cannot be made."""

    CHANGED = "changed"
    """Somebody edited the same thing by hand: their version stays."""
    GONE = "gone"
    """The entry is not in the files any more."""
    NO_FILE = "no_file"
    """No file has that theme."""
    BROKEN = "broken"
    """The files have mistakes, before the change or with it."""
    UNWRITABLE = "unwritable"
    STYLE = "style"
    """The entry is written in a way that cannot be changed without touching others."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A change that cannot be made: a sentence for the referents, and the problems behind it."""

    why: Why
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unshared:
    """The history of the files could not go to where others have it."""

    behind: bool
    """Others put there what is not here."""
    problem: str


@dataclass(frozen=True, slots=True)
class Merge:
    """An entry as it is to be, and the fields that somebody else changed in another way."""

    entry: FaqEntry
    conflicts: tuple[str, ...] = ()


def changed(base: FaqEntry | None, wanted: FaqEntry) -> tuple[str, ...]:
    """Return the names of the fields in which two versions differ; all that are filled for a new entry."""
    other = base or FaqEntry("", "", "", "")
    return tuple(name for name in FIELDS if getattr(other, name) != getattr(wanted, name))


def merged(now: FaqEntry, base: FaqEntry, wanted: FaqEntry) -> Merge:
    """Put what a change wants into the entry as it stands by now."""
    values: dict[str, Any] = {}
    conflicts: list[str] = []
    for name in changed(base, wanted):
        old, new, here = getattr(base, name), getattr(wanted, name), getattr(now, name)
        if name in _LISTS:
            gone = set(old) - set(new)
            kept = [v for v in here if v not in gone]
            values[name] = (*kept, *(v for v in new if v not in old and v not in kept))
        elif here in (old, new):
            values[name] = new
        else:
            conflicts.append(name)
    return Merge(replace(now, **values), tuple(conflicts))
