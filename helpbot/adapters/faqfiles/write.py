"""Changing FAQ files: prepared beside them, checked as a whole folder, put in place by one renaming.

The renaming is the change. Until it is done the new file (`draft`) lies beside the old one; a crash leaves
either both or the new one in place, so that whoever takes the change up again knows which, whatever people
have done to the file meanwhile.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from helpbot.adapters.faqfiles import git
from helpbot.adapters.faqfiles.load import read_folder
from helpbot.core.editing import FaqEdit, Ready, Refused, Unshared, Why, changed, merged
from helpbot.core.faq import Faq, FaqEntry

MAX_TOLD = 5
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class FaqFolder:
    """The port `FaqFiles` over a folder of YAML files. The work is done on a thread."""

    folder: Path
    commits: bool = False

    async def prepare(self, edit: FaqEdit) -> Ready | Refused:
        """Write the file as it would be beside the one that is, after checking the whole folder."""
        return await asyncio.to_thread(self._prepare, edit)

    async def commit(self, edit: FaqEdit) -> bool:
        """Put a prepared file in its place; False when the file changed since it was made."""
        return await asyncio.to_thread(commit, self.folder, edit)

    async def record(self, edit: FaqEdit, message: str) -> str:
        """Commit the file to git where that is wanted. Return what went wrong, empty for nothing."""
        if not self.commits or not edit.file or not edit.draft:
            return ""
        if not edit.clean:
            return "le fichier avait d'autres modifications en attente : à vous d'en faire un commit"
        path = (self.folder / edit.file).resolve()
        return await asyncio.to_thread(git.commit, path.parent, path.name, message)

    async def share(self) -> Unshared | None:
        """Push the history to where others have it. Return why that did not work; None: it is all there."""
        return await asyncio.to_thread(git.push, self.folder.resolve())

    def _prepare(self, edit: FaqEdit) -> Ready | Refused:
        try:
            found = prepare(self.folder, edit)
        except OSError as error:
            return Refused(Why.UNWRITABLE, (error.strerror or type(error).__name__,))
        if isinstance(found, Ready) and found.draft and self.commits:
            path = (self.folder / found.file).resolve()
            found = replace(found, clean=git.is_clean(path.parent, path.name))
        return found


@dataclass(frozen=True, slots=True)
class _File:
    """A file's text with `\\n` line ends, and how to give it back its own."""

    name: str
    raw: bytes
    text: str
    bom: bool
    crlf: bool

    @classmethod
    def read(cls, path: Path) -> _File:
        raw = path.read_bytes()
        text = raw.removeprefix(_BOM).decode("utf-8")
        return cls(path.name, raw, text.replace("\r\n", "\n"), raw.startswith(_BOM), "\r\n" in text)

    def encoded(self, text: str) -> bytes:
        return (_BOM if self.bom else b"") + (text.replace("\n", "\r\n") if self.crlf else text).encode()


def prepare(folder: Path, edit: FaqEdit) -> Ready | Refused:
    """Make the new file of a change and lay it beside the old one. Raises `OSError`."""
    from helpbot.adapters.faqfiles.blocks import Unchangeable

    _remove_drafts(folder, edit)
    faq, placed, found = read_folder(folder)
    if found:
        return Refused(Why.BROKEN, tuple(p.in_a_chat for p in found[:MAX_TOLD]))
    places = {i: where.rpartition(":")[0] for i, where in placed.entries.items()}
    try:
        if edit.uncredited:
            made = _uncredited(faq, places, edit)
        elif edit.wanted is None:
            made = _undone(folder, places, edit)
        else:
            made = _changed(faq, places, placed.themes, edit)
    except Unchangeable:
        return Refused(Why.STYLE)
    if isinstance(made, Refused):
        return made
    file, text, ready, expected = made
    if not ready.draft:
        return ready
    raw = file.encoded(text)
    after, _, problems = read_folder(folder, {file.name: raw})
    if problems:
        return Refused(Why.BROKEN, tuple(p.in_a_chat for p in problems[:MAX_TOLD]))
    if not _only_this(faq, after, ready.entry, expected):
        return Refused(Why.STYLE)
    path = (folder / file.name).resolve()
    _write(path.with_name(ready.draft), raw, path)
    return replace(ready, digest=hashlib.sha256(file.raw).hexdigest())


def commit(folder: Path, edit: FaqEdit) -> bool:
    """Rename a draft over its file, once. False when the file is no more what the draft was made from."""
    if not edit.draft:
        return True
    path = (folder / edit.file).resolve()
    draft = path.with_name(edit.draft)
    try:
        same = hashlib.sha256(path.read_bytes()).hexdigest() == edit.digest
    except FileNotFoundError:
        same = False
    if not draft.exists():
        return not same  # in its place already, unless somebody removed it
    if not same:
        return False
    draft.replace(path)
    _sync(path.parent)
    return True


Made = tuple[_File, str, Ready, FaqEntry | None]


def _changed(faq: Faq, places: dict[str, str], themes: Mapping[str, str], edit: FaqEdit) -> Made | Refused:
    """Return the file with an entry added or changed."""
    wanted = edit.wanted
    if wanted is None:
        raise ValueError("nothing is wanted")
    now = next((e for e in (*faq.entries, *faq.archived) if e.id == wanted.id), None)
    if edit.base is None:
        if now is None or _same(now, wanted):
            return _added(places, themes, edit, wanted, now)
        return _added(places, themes, edit, replace(wanted, id=_free(wanted.id, places)), None)
    if now is None:
        return Refused(Why.GONE)
    merge = merged(now, edit.base, wanted)
    if merge.conflicts:
        return Refused(Why.CHANGED, merge.conflicts)
    from helpbot.adapters.faqfiles import blocks

    file = _File.read(Path(places[wanted.id]))
    block = blocks.block_of(file.text, wanted.id)
    if block is None:
        raise blocks.Unchangeable
    before = after = blocks.lines_of(file.text, block)
    if changed(now, merge.entry):
        after = blocks.rewritten(before, now, merge.entry, block.indent)
    ready = _ready(edit, file, wanted.id, before, after)
    return file, blocks.put(file.text, block, after), ready, merge.entry


def _added(
    places: dict[str, str], themes: Mapping[str, str], edit: FaqEdit, wanted: FaqEntry, now: FaqEntry | None
) -> Made | Refused:
    from helpbot.adapters.faqfiles import blocks

    where = places[now.id] if now else themes.get(wanted.theme)
    if where is None:
        return Refused(Why.NO_FILE, tuple(themes))
    file = _File.read(Path(where))
    text = file.text if now else blocks.add(file.text, blocks.written(wanted))
    block = blocks.block_of(text, wanted.id)
    if block is None:
        raise blocks.Unchangeable
    after = blocks.lines_of(text, block)
    ready = _ready(edit, file, wanted.id, after if now else "", after)
    return file, text, ready, replace(wanted, crcn_edu=())


def _uncredited(faq: Faq, places: dict[str, str], edit: FaqEdit) -> Made | Refused:
    """Return the file with an entry that thanks nobody by name; what it was like is not told."""
    now = next((e for e in (*faq.entries, *faq.archived) if e.id == edit.entry), None)
    if now is None:
        return Refused(Why.GONE)
    base = replace(edit, base=now, wanted=replace(now, credit=""))
    made = _changed(faq, places, {}, base)
    if isinstance(made, Refused):
        return made
    file, text, ready, expected = made
    return file, text, replace(ready, before="", after=""), expected


def _undone(folder: Path, places: dict[str, str], edit: FaqEdit) -> Made | Refused:
    """Return the file with an entry's lines as they were, if they are what the change made of them."""
    from helpbot.adapters.faqfiles import blocks

    path = Path(places[edit.entry]) if edit.entry in places else folder / edit.file
    if not path.exists():
        return Refused(Why.GONE)
    file = _File.read(path)
    block = blocks.block_of(file.text, edit.entry)
    here = blocks.lines_of(file.text, block) if block else ""
    if here.strip() == edit.after.strip():
        return file, file.text, _ready(edit, file, edit.entry, edit.after, edit.after), None
    if here.strip() != edit.before.strip():
        return Refused(Why.CHANGED if block else Why.GONE)
    if block is None:
        width = len(edit.after) - len(edit.after.lstrip(" "))
        lines = "".join(
            line[width:] if line.strip() else line for line in edit.after.splitlines(keepends=True)
        )
        text = blocks.add(file.text, lines)
    else:
        text = blocks.put(file.text, block, edit.after)
    return file, text, _ready(edit, file, edit.entry, here, edit.after), None


def _ready(edit: FaqEdit, file: _File, entry: str, before: str, after: str) -> Ready:
    draft = "" if before == after else f".{file.name}.helpbot-{edit.id}-{edit.tries}"
    return Ready(entry, file.name, draft, "", before, after)


def _same(a: FaqEntry, b: FaqEntry) -> bool:
    return a.theme == b.theme and not changed(a, b)


def _free(wish: str, taken: dict[str, str]) -> str:
    number = 2
    while f"{wish}-{number}" in taken:
        number += 1
    return f"{wish}-{number}"


def _only_this(before: Faq, after: Faq, entry_id: str, expected: FaqEntry | None) -> bool:
    """Tell whether two states of the folder differ in one entry alone, and that one is as expected."""

    def others(faq: Faq) -> tuple[object, ...]:
        kept = [tuple(e for e in part if e.id != entry_id) for part in (faq.entries, faq.archived)]
        return (*kept, faq.redirects, faq.titles)

    if others(before) != others(after):
        return False
    if expected is None:
        return True
    now = next((e for e in (*after.entries, *after.archived) if e.id == entry_id), None)
    return now is not None and _same(now, expected)


def _write(draft: Path, raw: bytes, like: Path) -> None:
    with draft.open("wb") as file:
        file.write(raw)
        file.flush()
        os.fsync(file.fileno())
    shutil.copymode(like, draft)
    with suppress(OSError):  # another owner's file, and we are not root: it becomes ours
        facts = like.stat()
        os.chown(draft, facts.st_uid, facts.st_gid)
    _sync(draft.parent)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _remove_drafts(folder: Path, edit: FaqEdit) -> None:
    """Remove what earlier tries of this change left."""
    for path in folder.glob(f".*.helpbot-{edit.id}-*"):
        path.unlink(missing_ok=True)
